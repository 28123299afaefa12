//! Likely causes of what is wrong with a cart: a stable code and a sentence.
//!
//! Invariant: the codes are listed in `docs/klarna/sandbox.md#the-line-item-doctor`, and each has a test that plants
//! its mistake.

use serde::Serialize;

/// A likely cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// Stable, for programs.
    pub code: &'static str,
    /// What probably happened and what to do, for people.
    pub says: String,
}

impl Cause {
    pub(super) fn new(code: &'static str, says: impl Into<String>) -> Self {
        Self {
            code,
            says: says.into(),
        }
    }

    /// When nothing more special fits.
    pub(super) fn off_by(difference: i128) -> Self {
        let direction = if difference > 0 {
            "too large"
        } else {
            "too small"
        };
        let distance = difference.abs();
        Self::new("off_by", format!("{distance} minor units {direction}"))
    }

    pub(super) fn us_tax_on_line() -> Self {
        Self::new(
            "us_tax_on_line",
            "prices in the US are without tax: lines carry no tax, and the tax is a line of type sales_tax",
        )
    }
}
