//! The public test shoppers: an e-mail address or a phone number chooses the outcome.
//!
//! Source: docs.klarna.com, sample customer data. Both generations of addresses are known; step-up shoppers are
//! declined, because the sandbox has no challenge to pass. See `docs/klarna/sandbox.md#test-shoppers`.

use serde_json::{Map, Value};

use super::fields;
use super::shopper::FraudCheck;

/// What a test shopper leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Approved,
    Declined,
    Pending(FraudCheck),
}

/// Phones of the denied shoppers, digits only.
const DENIED_PHONES: [&str; 26] = [
    "4306762600745",
    "61473763254",
    "32485212123",
    "15197308624",
    "41758680001",
    "420771623691",
    "49017610927312",
    "4552555348",
    "34682425101",
    "358401234568",
    "33687984322",
    "447355505530",
    "306945553625",
    "36705553575",
    "353855351401",
    "393312232389",
    "525593747740",
    "31632167678",
    "4740123457",
    "642993007712",
    "48795223325",
    "351915593837",
    "40707127444",
    "46701740620",
    "421905123457",
    "13106354386",
];

/// The outcome that the given shopper data asks for in a market.
pub(crate) fn fate(data: &Map<String, Value>, country: &str) -> Fate {
    let address = fields::object(data, "billing_address");
    let email = address
        .and_then(|address| fields::text(address, "email"))
        .unwrap_or_default();
    let phone = address
        .and_then(|address| fields::text(address, "phone"))
        .unwrap_or_default();
    match fate_of_email(email, country) {
        Fate::Approved if is_denied_phone(phone) => Fate::Declined,
        fate => fate,
    }
}

/// Whether an address belongs to the shopper whom the pre-screen refuses, so that no form is shown.
#[must_use]
pub fn is_refused_at_load(email: &str) -> bool {
    tags(email).any(|tag| tag == "red")
}

fn fate_of_email(email: &str, country: &str) -> Fate {
    for tag in tags(email) {
        if tag == "denied" || tag == "red" || tag.starts_with("reject_reason_") {
            return Fate::Declined;
        }
        // Pending exists in the United States and the United Kingdom only.
        if matches!(country, "US" | "GB")
            && let Some(check) = pending(tag)
        {
            return Fate::Pending(check);
        }
    }
    Fate::Approved
}

/// `pend-accept-05`: two digits of minutes.
fn pending(tag: &str) -> Option<FraudCheck> {
    let rest = tag.strip_prefix("pend-")?;
    let (decision, minutes) = rest.split_once('-')?;
    let accept = match decision {
        "accept" => true,
        "reject" => false,
        _ => return None,
    };
    let minutes = minutes.parse().ok().filter(|minutes| *minutes <= 99)?;
    Some(FraudCheck { minutes, accept })
}

/// The parts after the first `+` of the local part.
fn tags(email: &str) -> impl Iterator<Item = &str> {
    let local = email.split('@').next().unwrap_or_default();
    local.split('+').skip(1)
}

fn is_denied_phone(phone: &str) -> bool {
    let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
    DENIED_PHONES.contains(&digits.as_str())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fate_for(email: &str, country: &str) -> Fate {
        let data = json!({"billing_address": {"email": email}});
        fate(data.as_object().unwrap(), country)
    }

    #[test]
    fn the_email_address_chooses_the_outcome() {
        for (email, expected) in [
            ("customer@email.de", Fate::Approved),
            ("customer+de@klarna.com", Fate::Approved),
            ("customer+new_user@email.de", Fate::Approved),
            ("customer+denied@email.de", Fate::Declined),
            ("customer+de+denied@klarna.com", Fate::Declined),
            ("customer+reject_reason_other@email.us", Fate::Declined),
            ("customer+denied+auth_id_scan@email.de", Fate::Declined),
            ("customer+disputed-return@email.de", Fate::Approved),
            ("someone+red@example.com", Fate::Declined),
        ] {
            assert_eq!(fate_for(email, "DE"), expected, "{email}");
        }
    }

    #[test]
    fn pending_shoppers_exist_in_the_us_and_the_uk_only() {
        let accept = FraudCheck {
            minutes: 5,
            accept: true,
        };
        assert_eq!(
            fate_for("customer+pend-accept-05@email.us", "US"),
            Fate::Pending(accept)
        );
        let reject = FraudCheck {
            minutes: 90,
            accept: false,
        };
        assert_eq!(
            fate_for("customer+pend-reject-90@email.uk", "GB"),
            Fate::Pending(reject)
        );
        assert_eq!(
            fate_for("customer+pend-accept-05@email.de", "DE"),
            Fate::Approved
        );
    }

    #[test]
    fn a_denied_phone_declines() {
        let data = json!({"billing_address": {"phone": "+46 70 174 06 20"}});
        assert_eq!(fate(data.as_object().unwrap(), "SE"), Fate::Declined);
        let data = json!({"billing_address": {"phone": "+393282243727"}});
        assert_eq!(fate(data.as_object().unwrap(), "IT"), Fate::Approved);
    }
}
