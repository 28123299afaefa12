//! Amounts and instants as people read and type them.
//!
//! Invariant: amounts are read and written digit by digit; nothing passes through a floating-point number.

use jiff::Timestamp;
use kassa_money::Currency;
use serde_json::Value;

/// `1234.50 SEK`. An unknown currency has two decimals.
pub(super) fn amount(minor: i64, currency: &str) -> String {
    format!("{} {currency}", decimal(minor, currency))
}

/// `1234.50`: what [`minor`] reads.
pub(super) fn decimal(minor: i64, currency: &str) -> String {
    let digits = exponent(currency);
    let sign = if minor < 0 { "-" } else { "" };
    let text = minor.unsigned_abs().to_string();
    if digits == 0 {
        return format!("{sign}{text}");
    }
    let padded = format!("{text:0>width$}", width = digits + 1);
    let (whole, fraction) = padded.split_at(padded.len() - digits);
    format!("{sign}{whole}.{fraction}")
}

/// An amount that somebody typed, in minor units: `1234.5`, `1234,50` or `1234`, never with more decimals than the
/// currency has.
pub(super) fn minor(text: &str, currency: &str) -> Result<i64, String> {
    let wrong = || {
        format!(
            "“{text}” is no amount in {currency}: write digits and at most {} decimals, such as {}",
            exponent(currency),
            decimal(12345, currency)
        )
    };
    let digits = exponent(currency);
    let typed = text.trim();
    let (whole, fraction) = typed.split_once(['.', ',']).unwrap_or((typed, ""));
    let sound = !whole.is_empty()
        && fraction.len() <= digits
        && whole
            .bytes()
            .chain(fraction.bytes())
            .all(|byte| byte.is_ascii_digit());
    if !sound {
        return Err(wrong());
    }
    format!("{whole}{fraction:0<digits$}")
        .parse()
        .map_err(|_| wrong())
}

fn exponent(currency: &str) -> usize {
    let exponent = Currency::parse(currency).map_or(2, Currency::exponent);
    usize::try_from(exponent).unwrap_or(2)
}

/// `2026-03-02 09:30:00 UTC`.
pub(super) fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// The text of a member, or nothing.
pub(super) fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A document as it is read by people.
pub(super) fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_with_the_decimals_of_their_currency() {
        for (minor, currency, text) in [
            (24_400, "SEK", "244.00 SEK"),
            (5, "EUR", "0.05 EUR"),
            (-5, "EUR", "-0.05 EUR"),
            (1234, "JPY", "1234 JPY"),
            (1234, "KWD", "1.234 KWD"),
            (i64::MIN, "EUR", "-92233720368547758.08 EUR"),
        ] {
            assert_eq!(amount(minor, currency), text);
        }
    }

    #[test]
    fn what_is_typed_is_read_exactly_or_refused() {
        for (text, currency, minor_units) in [
            ("244.00", "SEK", 24_400),
            (" 244 ", "SEK", 24_400),
            ("0,5", "EUR", 50),
            ("1234", "JPY", 1234),
        ] {
            assert_eq!(minor(text, currency), Ok(minor_units));
        }
        for text in [
            "",
            ".",
            "-1",
            "1.234",
            "1e3",
            "1 000",
            "99999999999999999999",
            "1.2.3",
        ] {
            assert!(minor(text, "EUR").is_err(), "{text}");
        }
        assert!(minor("1.5", "JPY").is_err());
    }
}
