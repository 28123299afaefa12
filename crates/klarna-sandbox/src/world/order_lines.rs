//! The arithmetic that Klarna checks on a cart, line by line and over the whole.
//!
//! Invariant: no division and no fraction anywhere; every comparison is an exact one between 128-bit products of
//! 64-bit inputs. `validation` refuses by these functions and `doctor` explains by them. The rules and their sources are
//! listed in `docs/klarna/payments.md#order-lines`.

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

/// A figure that contradicts the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WrongFigure {
    /// `total_amount` of a line.
    LineTotal(usize),
    /// `total_tax_amount` of a line.
    LineTax(usize),
    /// `order_amount`.
    OrderAmount,
    /// `order_tax_amount`.
    OrderTax,
}

impl WrongFigure {
    /// Where it stands.
    pub(crate) fn path(self) -> String {
        match self {
            Self::LineTotal(index) => format!("order_lines[{index}].total_amount"),
            Self::LineTax(index) => format!("order_lines[{index}].total_tax_amount"),
            Self::OrderAmount => "order_amount".to_owned(),
            Self::OrderTax => "order_tax_amount".to_owned(),
        }
    }
}

/// The lines that do not add up: first totals, then taxes, line by line.
pub(crate) fn wrong_lines(body: &Map<String, Value>) -> Vec<WrongFigure> {
    let mut wrong = Vec::new();
    for (index, line) in lines(body).map(LineFigures::of).enumerate() {
        if line.total != line.right_total() {
            wrong.push(WrongFigure::LineTotal(index));
        } else if !tax_is_right(line.total, line.tax_rate, line.tax) {
            wrong.push(WrongFigure::LineTax(index));
        }
    }
    wrong
}

/// The sums that do not match the lines.
pub(crate) fn wrong_sums(body: &Map<String, Value>, tolerance: TaxTolerance) -> Vec<WrongFigure> {
    let mut wrong = Vec::new();
    let cart = CartFigures::of(body, tolerance);
    if cart.amount != cart.right_amount {
        wrong.push(WrongFigure::OrderAmount);
    }
    if let Some(tax) = cart.tax
        && (tax - cart.right_tax).abs() > cart.tax_tolerance
    {
        wrong.push(WrongFigure::OrderTax);
    }
    wrong
}

/// The figures of a line. Absent ones count as nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LineFigures {
    pub(crate) quantity: i128,
    pub(crate) unit_price: i128,
    pub(crate) discount: i128,
    pub(crate) total: i128,
    /// Hundredths of a per cent.
    pub(crate) tax_rate: i128,
    pub(crate) tax: i128,
}

impl LineFigures {
    pub(crate) fn of(line: &Map<String, Value>) -> Self {
        Self {
            quantity: number(line, "quantity"),
            unit_price: number(line, "unit_price"),
            discount: number(line, "total_discount_amount"),
            total: number(line, "total_amount"),
            tax_rate: number(line, "tax_rate"),
            tax: number(line, "total_tax_amount"),
        }
    }

    /// `total_amount = quantity * unit_price - total_discount_amount`, exactly.
    pub(crate) fn right_total(&self) -> i128 {
        self.quantity * self.unit_price - self.discount
    }
}

/// Whether a tax lies within one minor unit of `total - total * 10000 / (10000 + tax_rate)`, multiplied out so that
/// nothing is rounded.
pub(crate) fn tax_is_right(total: i128, tax_rate: i128, tax: i128) -> bool {
    let base = 10_000 + tax_rate;
    (tax * base - total * tax_rate).abs() <= base
}

/// The figures of a cart beside what its lines give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CartFigures {
    pub(crate) amount: i128,
    pub(crate) right_amount: i128,
    pub(crate) tax: Option<i128>,
    pub(crate) right_tax: i128,
    /// How far the tax may be off.
    pub(crate) tax_tolerance: i128,
}

impl CartFigures {
    pub(crate) fn of(body: &Map<String, Value>, tolerance: TaxTolerance) -> Self {
        Self {
            amount: number(body, "order_amount"),
            right_amount: lines(body).map(|line| number(line, "total_amount")).sum(),
            tax: integer(body, "order_tax_amount").map(i128::from),
            right_tax: lines(body).map(line_tax).sum(),
            tax_tolerance: match tolerance {
                TaxTolerance::Lines => lines(body).count() as i128,
                TaxTolerance::Quantities => lines(body).map(|line| number(line, "quantity")).sum(),
            },
        }
    }
}

/// A `sales_tax` line is itself tax, in the American way; any other line carries its tax inside.
pub(crate) fn line_tax(line: &Map<String, Value>) -> i128 {
    if text(line, "type") == Some("sales_tax") {
        number(line, "total_amount")
    } else {
        number(line, "total_tax_amount")
    }
}

pub(crate) fn lines(body: &Map<String, Value>) -> impl Iterator<Item = &Map<String, Value>> {
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
