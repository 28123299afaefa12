//! What the flow window sends: one entry per screen, with the checks of its fields.
//!
//! Invariant: an entry that fails names the field and the kind of mistake; the words for it are the browser's.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::journey::set_in_address;
use crate::world::invalid_fields;

type Errors = BTreeMap<&'static str, &'static str>;

/// One entry, named after its screen.
#[derive(Debug, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub(super) enum Entry {
    Phone { phone: String },
    Eid {},
    Code { code: String },
    Details(Box<Details>),
    Plan { way: String },
    Parts { parts: u8 },
    Card(Card),
    Challenge { outcome: String },
    Account(Account),
    Bank(BankLogin),
    StepUp { answer: String },
    Confirm {},
    OfferFast {},
    OfferFavourite {},
    Dismiss {},
    Back {},
}

/// What a new shopper tells about themselves.
#[derive(Debug, Deserialize)]
pub(super) struct Details {
    given_name: String,
    family_name: String,
    email: String,
    street_address: String,
    postal_code: String,
    city: String,
    date_of_birth: String,
    terms: bool,
}

impl Details {
    fn address(&self) -> [(&'static str, &str); 6] {
        [
            ("given_name", &self.given_name),
            ("family_name", &self.family_name),
            ("email", &self.email),
            ("street_address", &self.street_address),
            ("postal_code", &self.postal_code),
            ("city", &self.city),
        ]
    }

    /// The mistakes in it, by the same rules as the data of `authorize`.
    pub(super) fn check(&self) -> Result<(), Errors> {
        let mut errors = Errors::new();
        for (name, value) in self.address() {
            let probe = json!({"billing_address": {name: value.trim()}});
            let wrong = probe
                .as_object()
                .is_none_or(|probe| !invalid_fields(probe).is_empty());
            if value.trim().is_empty() {
                errors.insert(name, "required");
            } else if wrong {
                errors.insert(name, if name == "email" { "email" } else { "required" });
            }
        }
        if self
            .date_of_birth
            .trim()
            .parse::<jiff::civil::Date>()
            .is_err()
        {
            errors.insert("date_of_birth", "date");
        }
        if !self.terms {
            errors.insert("terms", "terms");
        }
        if errors.is_empty() {
            Ok(())
        } else {
            Err(errors)
        }
    }

    /// Puts it over what the shop knew.
    pub(super) fn write(&self, data: &mut Map<String, Value>) {
        for (name, value) in self.address() {
            set_in_address(data, name, value.trim());
        }
        let customer = data.entry("customer").or_insert_with(|| json!({}));
        if !customer.is_object() {
            *customer = json!({});
        }
        customer["date_of_birth"] = self.date_of_birth.trim().into();
    }
}

/// A card. Its number is checked and forgotten.
#[derive(Debug, Deserialize)]
pub(super) struct Card {
    number: String,
    expire: String,
    security: String,
}

impl Card {
    /// The digits of the number, or the mistakes.
    pub(super) fn check(&self) -> Result<String, Errors> {
        let number: String = self.number.chars().filter(char::is_ascii_digit).collect();
        let mut errors = Errors::new();
        if !(12..=19).contains(&number.len()) {
            errors.insert("number", "card");
        }
        if !is_month_and_year(self.expire.trim()) {
            errors.insert("expire", "expire");
        }
        let security = self.security.trim();
        if !(3..=4).contains(&security.len()) || !security.bytes().all(|byte| byte.is_ascii_digit())
        {
            errors.insert("security", "security");
        }
        if errors.is_empty() {
            Ok(number)
        } else {
            Err(errors)
        }
    }
}

/// What direct debit is taken from. It is checked for its form and forgotten.
#[derive(Debug, Deserialize)]
pub(super) struct Account {
    number: String,
}

impl Account {
    /// An IBAN has 15 to 34 letters and digits, a Swedish personal number 10 or 12 digits.
    pub(super) fn check(&self) -> Result<(), Errors> {
        let number: Vec<char> = self
            .number
            .chars()
            .filter(|character| !matches!(character, ' ' | '-'))
            .collect();
        let is_iban = (15..=34).contains(&number.len())
            && number.iter().all(char::is_ascii_alphanumeric)
            && number.iter().take(2).all(char::is_ascii_alphabetic);
        let is_personal =
            matches!(number.len(), 10 | 12) && number.iter().all(char::is_ascii_digit);
        if is_iban || is_personal {
            Ok(())
        } else {
            Err(Errors::from([("number", "account")]))
        }
    }
}

/// The test bank's page: it takes whatever is typed, as long as something is.
#[derive(Debug, Deserialize)]
pub(super) struct BankLogin {
    login: String,
    pin: String,
    tan: String,
}

impl BankLogin {
    pub(super) fn check(&self) -> Result<(), Errors> {
        let missing: Errors = [
            ("login", &self.login),
            ("pin", &self.pin),
            ("tan", &self.tan),
        ]
        .into_iter()
        .filter(|(_, typed)| typed.trim().is_empty())
        .map(|(name, _)| (name, "required"))
        .collect();
        if missing.is_empty() {
            Ok(())
        } else {
            Err(missing)
        }
    }
}

/// `12/28`, `12 / 28`, `1228` or `12/2028`. Whether it lies ahead is not asked: the sandbox's clock may stand anywhere.
fn is_month_and_year(text: &str) -> bool {
    let sound = text
        .chars()
        .all(|letter| letter.is_ascii_digit() || letter == '/' || letter == ' ');
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let month = digits.get(..2).and_then(|month| month.parse::<u8>().ok());
    sound && matches!(digits.len(), 4 | 6) && month.is_some_and(|month| (1..=12).contains(&month))
}
