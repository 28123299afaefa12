//! Values as people read them.
//!
//! Invariant: amounts are written from integers in their currency; a value that cannot be read is shown as it is.

use jiff::Timestamp;
use kassa_money::{Currency, MinorUnits};
use kassa_storage::Record;
use serde_json::Value;

/// An amount in its currency: `€10,00`.
pub(crate) fn money(minor: i64, currency: &str) -> String {
    match Currency::parse(currency) {
        Ok(currency) => currency.formatted(MinorUnits::new(minor)),
        Err(_) => format!("{minor} {currency}"),
    }
}

/// An amount of a record in the record's own currency; empty when there is none.
pub(crate) fn amount(record: &Record, field: &str) -> String {
    match (record.integer(field), record.text("currency_code")) {
        (Some(minor), Some(currency)) => money(minor, currency),
        (Some(minor), None) => minor.to_string(),
        (None, _) => String::new(),
    }
}

/// A moment of storage: `2018-01-01 12:00:00.000 UTC`.
pub(crate) fn moment(us: i64) -> String {
    Timestamp::from_microsecond(us).map_or_else(
        |_| us.to_string(),
        |moment| moment.strftime("%Y-%m-%d %H:%M:%S.%3f UTC").to_string(),
    )
}

/// A field of a record as text; empty when absent.
pub(crate) fn text(record: &Record, field: &str) -> String {
    record.body.get(field).map_or_else(String::new, value)
}

/// JSON on one line, text without its quotes.
pub(crate) fn value(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// JSON over several lines, for reading.
pub(crate) fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

/// Enough of a secret to recognise it by.
pub(crate) fn shortened(secret: &str) -> String {
    let head: String = secret.chars().take(8).collect();
    if head.is_empty() {
        head
    } else {
        format!("{head}…")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_for_people() {
        assert_eq!(money(1000, "EUR"), "€10,00");
        assert_eq!(money(7, "???"), "7 ???");
        assert_eq!(moment(1_514_808_000_000_000), "2018-01-01 12:00:00.000 UTC");
        assert_eq!(shortened("0b1d9815-165e"), "0b1d9815…");
        assert_eq!(shortened(""), "");
    }
}
