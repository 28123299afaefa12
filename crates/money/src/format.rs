//! How an amount is written for people (`€10,00`) and as the `*_float` companion for JSON clients (`10.0`).
//!
//! Both are made from the integer's digits; nothing is computed in floating point.

use serde_json::Number;

use crate::{Currency, MinorUnits};

/// Where the sign of a currency stands and which separators its home uses.
struct Style {
    symbol: String,
    symbol_first: bool,
    decimal_mark: char,
    thousands: char,
}

impl Currency {
    /// The amount as people of that currency write it: `€1.234,50`, `$1,234.50`, `1 234,50 kr`, `-€5,00`.
    pub fn formatted(self, amount: MinorUnits) -> String {
        let style = style(self);
        let (whole, fraction) = digits(amount, self.exponent());
        let mut number = group(&whole, style.thousands);
        if !fraction.is_empty() {
            number.push(style.decimal_mark);
            number.push_str(&fraction);
        }
        let sign = if amount.is_negative() { "-" } else { "" };
        if style.symbol_first {
            format!("{sign}{}{number}", style.symbol)
        } else {
            format!("{sign}{number} {}", style.symbol)
        }
    }

    /// The amount in major units as a JSON number, `10.0` for 1000 cents. Written from digits, not calculated.
    pub fn float_number(self, amount: MinorUnits) -> Number {
        let (whole, fraction) = digits(amount, self.exponent());
        let sign = if amount.is_negative() { "-" } else { "" };
        let fraction = fraction.trim_end_matches('0');
        let text = format!(
            "{sign}{whole}.{}",
            if fraction.is_empty() { "0" } else { fraction }
        );
        text.parse()
            .expect("digits around one point are a JSON number")
    }
}

/// Digits before and after the decimal mark, without sign.
fn digits(amount: MinorUnits, exponent: u32) -> (String, String) {
    let magnitude = amount.0.unsigned_abs();
    let scale = 10u64.pow(exponent);
    if exponent == 0 {
        return (magnitude.to_string(), String::new());
    }
    let width = usize::try_from(exponent).unwrap_or(2);
    (
        (magnitude / scale).to_string(),
        format!("{:0width$}", magnitude % scale),
    )
}

fn group(whole: &str, separator: char) -> String {
    let mut grouped = String::with_capacity(whole.len() + whole.len() / 3);
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            grouped.push(separator);
        }
        grouped.push(digit);
    }
    grouped
}

fn style(currency: Currency) -> Style {
    let (symbol, symbol_first, decimal_mark, thousands) = match currency.code() {
        "EUR" => ("€", true, ',', '.'),
        "USD" | "CAD" | "AUD" | "NZD" | "MXN" => ("$", true, '.', ','),
        "GBP" => ("£", true, '.', ','),
        "CHF" => ("CHF", true, '.', ','),
        "SEK" => ("kr", false, ',', ' '),
        "NOK" => ("kr", false, ',', '.'),
        "DKK" => ("kr.", false, ',', '.'),
        "PLN" => ("zł", false, ',', ' '),
        "CZK" => ("Kč", false, ',', ' '),
        "HUF" => ("Ft", false, ',', ' '),
        "RON" => ("Lei", false, ',', '.'),
        _ => {
            return Style {
                symbol: currency.symbol(),
                symbol_first: true,
                decimal_mark: '.',
                thousands: ',',
            };
        }
    };
    Style {
        symbol: symbol.to_owned(),
        symbol_first,
        decimal_mark,
        thousands,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_for_people() {
        for (code, minor, text) in [
            ("EUR", 1000, "€10,00"),
            ("EUR", 123_456_789, "€1.234.567,89"),
            ("EUR", -5, "-€0,05"),
            ("USD", 123_450, "$1,234.50"),
            ("GBP", 0, "£0.00"),
            ("SEK", 123_450, "1 234,50 kr"),
            ("JPY", 1234, "¥1,234"),
        ] {
            assert_eq!(
                Currency::parse(code).unwrap().formatted(MinorUnits(minor)),
                text
            );
        }
    }

    #[test]
    fn float_companion() {
        for (code, minor, text) in [
            ("EUR", 1000, "10.0"),
            ("EUR", 1050, "10.5"),
            ("EUR", -1, "-0.01"),
            ("JPY", 7, "7.0"),
            ("KWD", 1234, "1.234"),
        ] {
            assert_eq!(
                Currency::parse(code)
                    .unwrap()
                    .float_number(MinorUnits(minor))
                    .to_string(),
                text
            );
        }
    }
}
