//! The published test cards, accounts and banks, and the one-time codes.
//!
//! Source: docs.klarna.com, sample payment data (two generations name different debit cards) and sample customer data.

use serde::Serialize;

/// The one-time code that is always wrong; any other six digits are right.
pub const WRONG_CODE: &str = "999999";

/// A test card. Any expiry date ahead and any security code will do; the published ones are `12/28` and `123`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Card {
    /// Digits only.
    pub number: &'static str,
    /// `credit` or `debit`, or `3-D Secure` for the one that the bank checks first.
    pub kind: &'static str,
    /// Whether the bank asks the shopper first.
    pub checked_by_bank: bool,
}

/// The cards.
pub const CARDS: [Card; 3] = [
    Card {
        number: "4111111111111111",
        kind: "credit",
        checked_by_bank: false,
    },
    Card {
        number: "4012888888881881",
        kind: "debit",
        checked_by_bank: false,
    },
    Card {
        number: "4687388888888881",
        kind: "3-D Secure",
        checked_by_bank: true,
    },
];

/// An account that a market's direct debit is tested with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Account {
    /// ISO 3166 alpha-2, upper case.
    pub country: &'static str,
    /// `iban` or `national_identification_number`.
    pub kind: &'static str,
    /// As it is typed, without spaces.
    pub number: &'static str,
}

/// The direct-debit accounts.
pub const ACCOUNTS: [Account; 2] = [
    Account {
        country: "DE",
        kind: "iban",
        number: "DE11520513735120710131",
    },
    Account {
        country: "SE",
        kind: "national_identification_number",
        number: "19770111-6050",
    },
];

/// The bank to look for when a bank transfer is tested; it takes any login, PIN and TAN.
pub const BANK: &str = "Demo Bank";

/// Whether the bank of a card asks the shopper first.
#[must_use]
pub fn is_checked_by_bank(number: &str) -> bool {
    CARDS
        .iter()
        .any(|card| card.checked_by_bank && card.number == number)
}
