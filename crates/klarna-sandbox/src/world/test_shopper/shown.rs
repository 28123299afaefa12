//! The tables as one document: what `GET /sandbox/v1/test-shoppers` serves and the portal shows.
//!
//! Invariant: nothing is said here that the tables do not say.

use serde_json::{Map, Value, json};

use super::{ACCOUNTS, BANK, CARDS, Identity, Meaning, PATTERNS, Pattern, SHOPPERS, Shoppers};
use super::{WRONG_CODE, people};

/// Every published shopper, tag, card, account and code.
#[must_use]
pub fn document() -> Value {
    json!({
        "one_time_code": {"accepted": "any six digits", "refused": WRONG_CODE},
        "patterns": PATTERNS.iter().map(pattern).collect::<Vec<_>>(),
        "countries": SHOPPERS.iter().map(country).collect::<Vec<_>>(),
        "cards": CARDS,
        "card_security_code": "123",
        "card_expiry": "12/28 or any other month ahead",
        "accounts": ACCOUNTS,
        "bank": BANK,
    })
}

fn pattern(pattern: &Pattern) -> Value {
    json!({
        "tag": format!("+{}", pattern.tag),
        "outcome": pattern.outcome(),
        "markets": pattern.markets,
    })
}

fn country(shoppers: &Shoppers) -> Value {
    json!({
        "country": shoppers.country,
        "approved": person(shoppers, &shoppers.approved, ""),
        "denied": person(shoppers, &shoppers.denied, "+denied"),
        "approved_company": shoppers.approved_company,
        "denied_company": shoppers.denied_company,
    })
}

fn person(row: &Shoppers, identity: &Identity, tags: &str) -> Value {
    json!({
        "emails": row.addresses_with(tags),
        "billing_address": row.billing_address(identity, tags),
        "customer": row.customer(identity),
    })
}

impl Pattern {
    /// The outcome in words.
    #[must_use]
    pub fn outcome(&self) -> String {
        match (self.meaning, self.reason()) {
            (Meaning::Declined, None) => "declined".to_owned(),
            (Meaning::Declined, Some(reason)) => format!("declined: {reason}"),
            (Meaning::NotOffered, _) => "not offered: the form is not shown".to_owned(),
            (Meaning::SignsUp, _) => "signs up, then approved".to_owned(),
            (Meaning::Challenged(challenge), _) => {
                format!("challenge {}, then approved", challenge.name())
            }
            (Meaning::Pending { accept: true }, _) => {
                "pending, accepted after NN minutes".to_owned()
            }
            (Meaning::Pending { accept: false }, _) => {
                "pending, rejected after NN minutes".to_owned()
            }
            (Meaning::Disputes(super::DisputeReason::HighRiskOrder), _) => {
                "approved, the order is disputed: high_risk_order".to_owned()
            }
            (Meaning::Disputes(_), _) => {
                let reason = self.tag.strip_prefix("disputed-").unwrap_or_default();
                format!("approved, every capture is disputed: {reason}")
            }
        }
    }
}

impl people::Shoppers {
    /// The billing address of one of the two, in the fields of the API.
    #[must_use]
    pub fn billing_address(&self, identity: &Identity, tags: &str) -> Map<String, Value> {
        let [email, _] = self.addresses_with(tags);
        let mut address = Map::new();
        for (name, value) in [
            ("given_name", self.given_name),
            ("family_name", self.family_name),
            ("email", &email),
            ("street_address", self.street_address),
            ("postal_code", self.postal_code),
            ("city", self.city),
            ("region", self.region.unwrap_or_default()),
            ("country", self.country),
            ("phone", identity.phone),
        ] {
            if !value.is_empty() {
                address.insert(name.to_owned(), value.into());
            }
        }
        address
    }

    /// The customer of one of the two, in the fields of the API.
    #[must_use]
    pub fn customer(&self, identity: &Identity) -> Map<String, Value> {
        let mut customer = Map::new();
        customer.insert("date_of_birth".to_owned(), identity.date_of_birth.into());
        if let Some(number) = identity.national_identification_number {
            customer.insert("national_identification_number".to_owned(), number.into());
        }
        customer
    }
}
