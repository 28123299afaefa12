//! The forms of short strings: country, currency, locale, colour, date.
//!
//! Invariant: form only; whether a country is a market is asked elsewhere.

pub(super) fn is_country(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_alphabetic())
}

pub(super) fn is_currency(text: &str) -> bool {
    text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_alphabetic())
}

pub(super) fn is_locale(text: &str) -> bool {
    text.split('-').all(is_country)
}

pub(super) fn is_color(text: &str) -> bool {
    text.len() == 7
        && text.starts_with('#')
        && text[1..].bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// An address that opens an app: its own scheme, never a web page's.
pub(super) fn is_app_url(text: &str) -> bool {
    let scheme = text.split(':').next().unwrap_or_default();
    let web = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    text.is_empty() || (text.chars().count() <= 2000 && text.contains(':') && !web)
}

pub(super) fn is_date(text: &str) -> bool {
    text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok()
}

pub(super) fn is_last_four_ssn(text: &str) -> bool {
    matches!(text.len(), 4 | 9) && text.bytes().all(|byte| byte.is_ascii_digit())
}

pub(super) fn is_subscription(text: &str) -> bool {
    text.eq_ignore_ascii_case("SUBSCRIPTION")
}
