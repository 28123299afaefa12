//! The public test shoppers: an e-mail address, a phone number or a national number chooses the outcome.
//!
//! Source: docs.klarna.com, sample customer data and sample payment data; both generations of addresses. The facts are
//! tables (`patterns`, `people`, `payment`), which the control API serves and `docs/klarna/test-shoppers.md` prints.
//! Invariant: the address decides first; numbers are asked only where it says nothing.

mod patterns;
mod payment;
mod people;
mod shown;

use serde_json::{Map, Value};

use super::dispute::DisputeReason;
use super::fields::{object, text};
use super::shopper::FraudCheck;

pub(crate) use patterns::Verdict;
pub use patterns::{Challenge, Meaning, PATTERNS, Pattern};
pub use payment::{ACCOUNTS, Account, BANK, CARDS, Card, WRONG_CODE, is_checked_by_bank};
pub use people::{Identity, SHOPPERS, Shoppers};
pub use shown::document;

/// What a test shopper leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Approved,
    Declined,
    Challenged(Challenge),
    Pending(FraudCheck),
}

/// The outcome that the given shopper data asks for in a market.
pub(crate) fn fate(data: &Map<String, Value>, country: &str) -> Fate {
    match fate_of_email(email_of(data), country) {
        Fate::Approved if has_denied_number(data) || has_rejected_name(data, country) => {
            Fate::Declined
        }
        fate => fate,
    }
}

/// Whether an address belongs to the shopper whom the pre-screen refuses, so that no form is shown.
#[must_use]
pub fn is_refused_at_load(email: &str) -> bool {
    // No country yet: the pre-screen is published for all.
    meanings(email, "").any(|(pattern, _)| pattern.meaning == Meaning::NotOffered)
}

/// Whether an address belongs to a shopper who has to sign up first.
#[must_use]
pub fn signs_up(email: &str) -> bool {
    meanings(email, "").any(|(pattern, _)| pattern.meaning == Meaning::SignsUp)
}

/// The reason for a decline that the address names.
#[must_use]
pub fn decline_reason(email: &str, country: &str) -> Option<&'static str> {
    meanings(email, country).find_map(|(pattern, _)| pattern.reason())
}

/// What the shopper will dispute.
pub(crate) fn dispute(email: &str, country: &str) -> Option<DisputeReason> {
    meanings(email, country).find_map(|(pattern, _)| match pattern.meaning {
        Meaning::Disputes(reason) => Some(reason),
        _ => None,
    })
}

/// The e-mail address in shopper data.
#[must_use]
pub fn email_of(data: &Map<String, Value>) -> &str {
    object(data, "billing_address")
        .and_then(|address| text(address, "email"))
        .unwrap_or_default()
}

/// Whether an address belongs to the shopper who is asked for a document at the counter. An invention of the sandbox.
pub(crate) fn shows_a_document(email: &str) -> bool {
    tags(email).any(|tag| tag == "manual_id_check")
}

fn fate_of_email(email: &str, country: &str) -> Fate {
    let mut fate = Fate::Approved;
    for (pattern, minutes) in meanings(email, country) {
        match (pattern.meaning, fate) {
            // `+denied+auth_otp_email`: the challenge is what saves the purchase.
            (Meaning::Challenged(challenge), _) => return Fate::Challenged(challenge),
            (Meaning::Declined | Meaning::NotOffered, _) => fate = Fate::Declined,
            (Meaning::Pending { accept }, Fate::Approved) => {
                fate = Fate::Pending(FraudCheck { minutes, accept });
            }
            _ => {}
        }
    }
    fate
}

/// The published tags of an address that mean something in a country, with their minutes.
fn meanings(email: &str, country: &str) -> impl Iterator<Item = (&'static Pattern, u16)> {
    tags(email).filter_map(move |tag| {
        PATTERNS
            .iter()
            .filter(|pattern| pattern.counts_in(country))
            .find_map(|pattern| Some((pattern, pattern.matches(tag)?)))
    })
}

/// The parts after the first `+` of the local part.
fn tags(email: &str) -> impl Iterator<Item = &str> {
    let local = email.split('@').next().unwrap_or_default();
    local.split('+').skip(1)
}

/// Phones, national numbers and registration numbers of the denied shoppers decline wherever they are given.
fn has_denied_number(data: &Map<String, Value>) -> bool {
    let phone = object(data, "billing_address").and_then(|address| text(address, "phone"));
    let customer = object(data, "customer");
    let of_customer = |name: &str| customer.and_then(|customer| text(customer, name));
    let national = of_customer("national_identification_number");
    let company = of_customer("organization_registration_id");
    SHOPPERS.iter().any(|row| {
        same(phone, Some(row.denied.phone), row.country)
            || same(
                national,
                row.denied.national_identification_number,
                row.country,
            )
            || same(company, row.denied_company, row.country)
    })
}

/// Equal letters and digits; the country before a Nordic number may be left out.
fn same(given: Option<&str>, published: Option<&str>, country: &str) -> bool {
    let plain = |text: &str| -> String {
        let text: String = text
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .map(|character| character.to_ascii_uppercase())
            .collect();
        text.strip_prefix(country).unwrap_or(&text).to_owned()
    };
    match (given.map(plain), published.map(plain)) {
        (Some(given), Some(published)) => given == published,
        _ => false,
    }
}

/// Swiss names with `test` in them are rejected. (A `+`, published beside it, is no sign of a name anywhere.)
fn has_rejected_name(data: &Map<String, Value>, country: &str) -> bool {
    let address = object(data, "billing_address");
    let holds_test = |name: &str| {
        address
            .and_then(|address| text(address, name))
            .is_some_and(|name| name.to_lowercase().contains("test"))
    };
    country == "CH" && (holds_test("given_name") || holds_test("family_name"))
}

#[cfg(test)]
mod tests;
