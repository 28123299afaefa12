//! The bodies of the Hosted Payment Page.
//!
//! Invariant: enumerations are taken in any letter case, because the guides write them in lower case where the
//! specification has upper case. An empty merchant URL counts as absent, as the guide says.

use super::super::fields::{Field, Kind};

/// The longest address that is taken.
const MAX_ADDRESS: usize = 2000;

const PLACE_ORDER_MODES: [&str; 3] = ["NONE", "PLACE_ORDER", "CAPTURE_ORDER"];

const CATEGORIES: [&str; 6] = [
    "DIRECT_DEBIT",
    "DIRECT_BANK_TRANSFER",
    "PAY_NOW",
    "PAY_LATER",
    "PAY_OVER_TIME",
    "KLARNA",
];

/// The specification's values, and `PAY` from the customization guide.
const PURCHASE_TYPES: [&str; 8] = [
    "BUY",
    "RENT",
    "BOOK",
    "SUBSCRIBE",
    "DOWNLOAD",
    "ORDER",
    "CONTINUE",
    "PAY",
];

const MERCHANT_URLS: &[Field] = &[
    Field::new("success", Kind::Shape(is_merchant_url)),
    Field::new("cancel", Kind::Shape(is_merchant_url)),
    Field::new("back", Kind::Shape(is_merchant_url)),
    Field::new("failure", Kind::Shape(is_merchant_url)),
    Field::new("error", Kind::Shape(is_merchant_url)),
    Field::new("status_update", Kind::Shape(is_merchant_url)),
];

const BACKGROUND_IMAGE: &[Field] = &[
    Field::new("url", Kind::Shape(is_web_address)),
    Field::integer("width", 0, i64::MAX),
];

/// `options`, of a creation or of a profile.
pub(crate) const HOSTED_PAGE_OPTIONS: &[Field] = &[
    Field::new("place_order_mode", Kind::Shape(is_place_order_mode)),
    Field::new("payment_method_category", Kind::Shape(is_category)),
    Field::new("payment_method_categories", Kind::TextList),
    Field::new("purchase_type", Kind::Shape(is_purchase_type)),
    Field::new(
        "background_images",
        Kind::List {
            min: 0,
            max: 100,
            item: BACKGROUND_IMAGE,
        },
    ),
    Field::new("logo_url", Kind::Shape(is_web_address)),
    Field::text("page_title", 255),
    Field::new("show_subtotal_detail", Kind::Shape(is_hide)),
    Field::new("payment_fallback", Kind::Boolean),
];

pub(crate) const CREATE_HOSTED_PAGE: &[Field] = &[
    Field::new("payment_session_url", Kind::Shape(is_web_address)).required(),
    Field::new("merchant_urls", Kind::Object(MERCHANT_URLS)),
    Field::new("options", Kind::Object(HOSTED_PAGE_OPTIONS)),
    Field::text("profile_id", 255),
];

const CONTACT: &[Field] = &[
    Field::text("email", 255),
    Field::text("phone", 255),
    Field::text("phone_country", 255),
    Field::text("access_id", 255),
];

pub(crate) const DISTRIBUTE_HOSTED_PAGE: &[Field] = &[
    Field::new("method", Kind::Shape(is_method)).required(),
    Field::new("contact_information", Kind::Object(CONTACT)).required(),
    Field::new("template", Kind::Shape(is_template)),
];

/// What staff says about a shopper's document. No public page has it; see `docs/klarna/decisions.md#manual-identification`.
pub(crate) const CHECK_IDENTIFICATION: &[Field] = &[
    Field::new("approved", Kind::Boolean).required(),
    Field::text("challenge", 255),
];

fn any_case(text: &str, values: &[&str]) -> bool {
    values.iter().any(|value| value.eq_ignore_ascii_case(text))
}

fn is_place_order_mode(text: &str) -> bool {
    any_case(text, &PLACE_ORDER_MODES)
}

/// Whether `text` names a category of payment methods.
pub(crate) fn is_category(text: &str) -> bool {
    any_case(text, &CATEGORIES)
}

fn is_purchase_type(text: &str) -> bool {
    any_case(text, &PURCHASE_TYPES)
}

fn is_hide(text: &str) -> bool {
    any_case(text, &["HIDE"])
}

fn is_method(text: &str) -> bool {
    any_case(text, &["sms", "email", "token"])
}

fn is_template(text: &str) -> bool {
    any_case(text, &["INSTORE_PURCHASE"])
}

fn is_merchant_url(text: &str) -> bool {
    text.is_empty() || is_web_address(text)
}

/// An absolute `http` or `https` address in ASCII without user and password. Placeholders may stand in it.
fn is_web_address(text: &str) -> bool {
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    let host = rest.and_then(|rest| rest.split(['/', '?', '#']).next());
    let sound_host = host.is_some_and(|host| {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
        !host.is_empty() && host.bytes().all(allowed)
    });
    sound_host
        && text.len() <= MAX_ADDRESS
        && text
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`|".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_web_addresses_are_taken() {
        for sound in [
            "https://example.com/success?sid={{session_id}}&token={{authorization_token}}",
            "http://127.0.0.1:8090/x",
            "http://[::1]:8090",
            "https://example.com",
        ] {
            assert!(is_web_address(sound), "{sound}");
        }
        for wrong in [
            "",
            "example.com",
            "javascript:alert(1)",
            "https://",
            "https:///path",
            "https://user:password@example.com/",
            "https://example.com/a b",
            "https://example.com/\"><script>",
            "app://return",
        ] {
            assert!(!is_web_address(wrong), "{wrong}");
        }
        let long = format!("https://example.com/{}", "x".repeat(MAX_ADDRESS));
        assert!(!is_web_address(&long));
    }
}
