//! Carts for tests, of this room and of those that prove its output against other rules.
//!
//! Not part of the product: hidden from the documentation and called by nothing that runs in production.

use crate::address::Address;

/// A complete address in a country.
pub fn address(id: &str, country_code: &str) -> Address {
    Address {
        id: id.into(),
        first_name: Some("Ada".into()),
        last_name: Some("Example".into()),
        line_1: Some("Main Street 1".into()),
        city: Some("Town".into()),
        zip_code: Some("10115".into()),
        state_code: matches!(country_code, "US" | "CA").then(|| "NY".into()),
        country_code: Some(country_code.into()),
        phone: Some("+49017614284340".into()),
        ..Address::default()
    }
}
