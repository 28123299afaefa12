//! The words of an invitation to a page, in the language of its payment session.
//!
//! Invariant: every text holds the shop's name and the link; an unknown language speaks English.

/// Subject and text of an invitation.
pub(super) fn invitation(locale: &str, merchant: &str, link: &str) -> (String, String) {
    let language = locale.split('-').next().unwrap_or_default();
    let (subject, text) = match language.to_ascii_lowercase().as_str() {
        "de" => (
            "Ihre Zahlung an {shop}",
            "{shop} bittet um Ihre Zahlung: {link}",
        ),
        "fr" => (
            "Votre paiement à {shop}",
            "{shop} vous invite à payer : {link}",
        ),
        "it" => (
            "Il tuo pagamento a {shop}",
            "{shop} ti chiede di pagare: {link}",
        ),
        "sv" => ("Din betalning till {shop}", "{shop} ber dig betala: {link}"),
        _ => ("Your payment to {shop}", "{shop} asks you to pay: {link}"),
    };
    let filled = |template: &str| template.replace("{link}", link).replace("{shop}", merchant);
    (filled(subject), filled(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invitation_names_shop_and_link_in_the_sessions_language() {
        let (subject, text) = invitation("sv-SE", "Acme", "https://example.com/x");
        assert_eq!(subject, "Din betalning till Acme");
        assert_eq!(text, "Acme ber dig betala: https://example.com/x");
        let (subject, _) = invitation("nb-NO", "Acme", "https://example.com/x");
        assert_eq!(subject, "Your payment to Acme");
    }
}
