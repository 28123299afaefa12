//! Proofs that order lines satisfy Klarna's arithmetic. The builder of a request runs them on its own output.
//!
//! The rules are those of the Payments API: `total = quantity × unit − discount` exactly; the line tax within one minor
//! unit of the rate; the order amount the exact sum. The order tax has a tolerance that is passed in.

use thiserror::Error;

use crate::{MinorUnits, MoneyError, TaxRate};

/// The figures of one order line, as Klarna checks them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineFigures {
    /// How many; never negative.
    pub quantity: i64,
    /// Price of one, tax included (US: excluded). Negative on discount and gift-card lines.
    pub unit_price: MinorUnits,
    /// Taken off the line; never negative.
    pub total_discount_amount: MinorUnits,
    /// What the line costs.
    pub total_amount: MinorUnits,
    /// Rate in hundredths of a per cent.
    pub tax_rate: TaxRate,
    /// Tax inside `total_amount`.
    pub total_tax_amount: MinorUnits,
}

/// Which figure contradicts the others.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ProofError {
    /// A quantity or a discount below zero.
    #[error("quantity and discount must not be negative")]
    Negative,
    /// `total_amount` is not `quantity × unit_price − total_discount_amount`.
    #[error("line total is {actual}, figures give {expected}")]
    LineTotal {
        /// What the other figures give.
        expected: MinorUnits,
        /// What the line says.
        actual: MinorUnits,
    },
    /// `total_tax_amount` is more than one minor unit away from what the rate gives.
    #[error("line tax {actual} is more than 1 away from its rate (nearest {nearest})")]
    LineTax {
        /// The rate applied and rounded.
        nearest: MinorUnits,
        /// What the line says.
        actual: MinorUnits,
    },
    /// `order_amount` is not the sum of the lines.
    #[error("order amount is {actual}, lines sum to {expected}")]
    OrderAmount {
        /// Sum over the lines.
        expected: MinorUnits,
        /// What the order says.
        actual: MinorUnits,
    },
    /// `order_tax_amount` is further from the sum of line taxes than the tolerance.
    #[error("order tax is {actual}, lines sum to {expected}")]
    OrderTax {
        /// Sum over the lines.
        expected: MinorUnits,
        /// What the order says.
        actual: MinorUnits,
    },
    /// The figures are too large to be money.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

/// Proves `total_amount = quantity × unit_price − total_discount_amount`, to the minor unit.
pub fn prove_line_total(line: &LineFigures) -> Result<(), ProofError> {
    if line.quantity < 0 || line.total_discount_amount.is_negative() {
        return Err(ProofError::Negative);
    }
    let product = i128::from(line.unit_price.0) * i128::from(line.quantity);
    let expected = MinorUnits::from_i128(product - i128::from(line.total_discount_amount.0))?;
    if expected == line.total_amount {
        Ok(())
    } else {
        Err(ProofError::LineTotal {
            expected,
            actual: line.total_amount,
        })
    }
}

/// Proves that `total_tax_amount` is within one minor unit of the tax inside `total_amount`.
pub fn prove_line_tax(line: &LineFigures) -> Result<(), ProofError> {
    // |tax × (10000 + rate) − total × rate| ≤ 10000 + rate is the ±1 rule multiplied out, so that nothing is divided.
    let rate = i128::from(line.tax_rate.hundredths_of_percent());
    let whole = 10_000 + rate;
    let distance =
        i128::from(line.total_tax_amount.0) * whole - i128::from(line.total_amount.0) * rate;
    if distance.abs() <= whole {
        return Ok(());
    }
    Err(ProofError::LineTax {
        nearest: line.tax_rate.tax_of_gross(line.total_amount)?,
        actual: line.total_tax_amount,
    })
}

/// Proves that `order_amount` is the exact sum of the line totals.
pub fn prove_order_amount(
    order_amount: MinorUnits,
    totals: impl IntoIterator<Item = MinorUnits>,
) -> Result<(), ProofError> {
    let expected = MinorUnits::checked_sum(totals)?;
    if expected == order_amount {
        Ok(())
    } else {
        Err(ProofError::OrderAmount {
            expected,
            actual: order_amount,
        })
    }
}

/// Proves that `order_tax_amount` is within `tolerance` minor units of the sum of the line taxes.
///
/// In US mode pass the totals of the `sales_tax` lines as the taxes.
pub fn prove_order_tax(
    order_tax_amount: MinorUnits,
    taxes: impl IntoIterator<Item = MinorUnits>,
    tolerance: u64,
) -> Result<(), ProofError> {
    let expected = MinorUnits::checked_sum(taxes)?;
    if order_tax_amount.0.abs_diff(expected.0) <= tolerance {
        return Ok(());
    }
    Err(ProofError::OrderTax {
        expected,
        actual: order_tax_amount,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn line(total: i64, rate: i64, tax: i64) -> LineFigures {
        LineFigures {
            quantity: 1,
            unit_price: MinorUnits(total),
            total_discount_amount: MinorUnits(0),
            total_amount: MinorUnits(total),
            tax_rate: TaxRate::new(rate).unwrap(),
            total_tax_amount: MinorUnits(tax),
        }
    }

    #[test]
    fn line_tax_accepts_one_minor_unit_and_refuses_two() {
        for (total, rate, tax) in [
            (59_500, 2000, 9917),
            (2900, 2000, 483),
            (25_000, 2500, 5000),
            (-1000, 2500, -200),
            (-300, 1000, -27),
            (9500, 2500, 1900),
            (9999, 2500, 2000),
            (9880, 2506, 1980),
            (9900, 1900, 1581),
            (6000, 2500, 1200),
        ] {
            assert_eq!(
                prove_line_tax(&line(total, rate, tax)),
                Ok(()),
                "{total} at {rate}"
            );
            for off in [-2, 2] {
                let wrong = prove_line_tax(&line(total, rate, tax + off));
                assert!(
                    matches!(wrong, Err(ProofError::LineTax { .. })),
                    "{total} at {rate} off {off}"
                );
            }
        }
        // Whole taxes have room for exactly one unit on both sides.
        for off in [-1, 1] {
            assert_eq!(prove_line_tax(&line(25_000, 2500, 5000 + off)), Ok(()));
        }
    }

    #[test]
    fn the_rejected_line_of_a_public_report_is_rejected() {
        assert!(prove_line_tax(&line(495, 700, 41)).is_err());
        assert!(prove_line_tax(&line(495, 700, 32)).is_ok());
    }

    #[test]
    fn line_total_is_exact() {
        let mut discounted = line(25_000, 2500, 5000);
        discounted.unit_price = MinorUnits(30_000);
        discounted.total_discount_amount = MinorUnits(5000);
        assert_eq!(prove_line_total(&discounted), Ok(()));
        discounted.total_amount = MinorUnits(25_001);
        assert!(matches!(
            prove_line_total(&discounted),
            Err(ProofError::LineTotal { .. })
        ));
        discounted.total_discount_amount = MinorUnits(-1);
        assert_eq!(prove_line_total(&discounted), Err(ProofError::Negative));
    }

    #[test]
    fn order_sums() {
        let totals = [MinorUnits(1000), MinorUnits(-200)];
        assert_eq!(prove_order_amount(MinorUnits(800), totals), Ok(()));
        assert!(prove_order_amount(MinorUnits(801), totals).is_err());
        assert_eq!(prove_order_tax(MinorUnits(802), totals, 2), Ok(()));
        assert!(prove_order_tax(MinorUnits(803), totals, 2).is_err());
    }

    proptest! {
        #[test]
        fn rounded_tax_always_passes(total in -200_000_000i64..=200_000_000, rate in 0i64..=10_000) {
            let tax = TaxRate::new(rate).unwrap().tax_of_gross(MinorUnits(total)).unwrap();
            prop_assert_eq!(prove_line_tax(&line(total, rate, tax.0)), Ok(()));
        }
    }
}
