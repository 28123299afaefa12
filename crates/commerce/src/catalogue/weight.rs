//! Weights, exact: decimal text times a unit, compared as integers.

use serde::{Deserialize, Serialize};
use serde_json::Number;

/// A weight as written in configuration; its unit stands beside it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Weight(pub Number);

/// Units of weight.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnitOfWeight {
    /// Grams.
    #[default]
    Gr,
    /// Ounces.
    Oz,
    /// Pounds.
    Lb,
}

impl UnitOfWeight {
    /// Nanograms in one unit; both customary units are defined exactly in grams.
    fn nanograms(self) -> i128 {
        match self {
            Self::Gr => 1_000_000_000,
            Self::Oz => 28_349_523_125,
            Self::Lb => 453_592_370_000,
        }
    }
}

impl Weight {
    /// The weight as an integer: nanograms times 10⁶, so that six decimals of any unit are exact.
    ///
    /// Weights are compared and summed in this unit only. `None` for text that is no decimal of a sensible size.
    pub fn scaled(&self, unit: UnitOfWeight) -> Option<i128> {
        millionths(&self.0.to_string())?.checked_mul(unit.nanograms())
    }
}

/// Decimal text in millionths; further decimals are cut off.
fn millionths(text: &str) -> Option<i128> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let unscaled: i128 = format!("{whole}{fraction}").parse().ok()?;
    let shift = 6 + exponent - i32::try_from(fraction.len()).ok()?;
    let scale = 10i128.checked_pow(shift.unsigned_abs())?;
    if shift >= 0 {
        unscaled.checked_mul(scale)
    } else {
        Some(unscaled / scale)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weight(text: &str) -> Weight {
        Weight(text.parse().unwrap())
    }

    #[test]
    fn units_compare_exactly() {
        assert_eq!(
            weight("16").scaled(UnitOfWeight::Oz),
            weight("1.0").scaled(UnitOfWeight::Lb)
        );
        assert_eq!(
            weight("453.59237").scaled(UnitOfWeight::Gr),
            weight("1").scaled(UnitOfWeight::Lb)
        );
        assert!(weight("0.5").scaled(UnitOfWeight::Gr) < weight("1e0").scaled(UnitOfWeight::Gr));
    }
}
