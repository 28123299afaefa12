//! The arithmetic that Klarna checks on a cart, line by line and over the whole.
//!
//! Invariant: no division and no fraction anywhere; every comparison is an exact one between 128-bit products of
//! 64-bit inputs. The rules and their sources are listed in `docs/klarna/payments.md#order-lines`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::fields::{integer, list, text};

/// How far `order_tax_amount` may be from the sum of the line taxes; Klarna says "items quantity".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaxTolerance {
    /// One minor unit for each order line: the narrower reading.
    #[default]
    Lines,
    /// One minor unit for each item, the sum of the quantities.
    Quantities,
}

/// The paths of the lines that do not add up: first totals, then taxes, line by line.
pub(crate) fn wrong_lines(body: &Map<String, Value>) -> Vec<String> {
    let mut wrong = Vec::new();
    for (index, line) in lines(body).enumerate() {
        if !total_matches(line) {
            wrong.push(format!("order_lines[{index}].total_amount"));
        } else if !tax_matches(line) {
            wrong.push(format!("order_lines[{index}].total_tax_amount"));
        }
    }
    wrong
}

/// The paths of the sums that do not match the lines.
pub(crate) fn wrong_sums(body: &Map<String, Value>, tolerance: TaxTolerance) -> Vec<String> {
    let mut wrong = Vec::new();
    let total: i128 = lines(body).map(|line| number(line, "total_amount")).sum();
    if total != number(body, "order_amount") {
        wrong.push("order_amount".to_owned());
    }
    if let Some(order_tax) = integer(body, "order_tax_amount") {
        let taxes: i128 = lines(body).map(line_tax).sum();
        let allowed: i128 = match tolerance {
            TaxTolerance::Lines => lines(body).count() as i128,
            TaxTolerance::Quantities => lines(body).map(|line| number(line, "quantity")).sum(),
        };
        if (i128::from(order_tax) - taxes).abs() > allowed {
            wrong.push("order_tax_amount".to_owned());
        }
    }
    wrong
}

/// `total_amount = quantity * unit_price - total_discount_amount`, exactly.
fn total_matches(line: &Map<String, Value>) -> bool {
    number(line, "total_amount")
        == number(line, "quantity") * number(line, "unit_price")
            - number(line, "total_discount_amount")
}

/// `total_tax_amount` lies within one minor unit of `total_amount - total_amount * 10000 / (10000 + tax_rate)`,
/// multiplied out so that nothing is rounded.
fn tax_matches(line: &Map<String, Value>) -> bool {
    let rate = number(line, "tax_rate");
    let base = 10_000 + rate;
    let claimed = number(line, "total_tax_amount") * base;
    let exact = number(line, "total_amount") * rate;
    (claimed - exact).abs() <= base
}

/// A `sales_tax` line is itself tax, in the American way; any other line carries its tax inside.
fn line_tax(line: &Map<String, Value>) -> i128 {
    if text(line, "type") == Some("sales_tax") {
        number(line, "total_amount")
    } else {
        number(line, "total_tax_amount")
    }
}

fn lines(body: &Map<String, Value>) -> impl Iterator<Item = &Map<String, Value>> {
    list(body, "order_lines")
        .iter()
        .filter_map(Value::as_object)
}

/// Absent amounts count as nothing.
fn number(object: &Map<String, Value>, name: &str) -> i128 {
    i128::from(integer(object, name).unwrap_or(0))
}

#[cfg(test)]
#[path = "order_lines/tests.rs"]
mod tests;
