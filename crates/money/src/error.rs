//! What can go wrong with money. Each variant is a fact about the operands, not a sentence for a shopper.

use thiserror::Error;

/// Why an operation on money has no result.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MoneyError {
    /// The result does not fit 64 bits of minor units.
    #[error("amount is out of range")]
    Overflow,
    /// A division by zero, or by a negative divisor where only positive ones make sense.
    #[error("divisor must be positive")]
    Divisor,
    /// Two amounts of different currencies met.
    #[error("currencies differ: {left} and {right}")]
    OtherCurrency {
        /// Currency code of the left operand.
        left: &'static str,
        /// Currency code of the right operand.
        right: &'static str,
    },
    /// Not an ISO 4217 code.
    #[error("unknown currency `{code}`")]
    UnknownCurrency {
        /// The text that was offered as a code.
        code: String,
    },
    /// Not a decimal fraction, or outside what a rate may be.
    #[error("invalid rate `{text}`")]
    InvalidRate {
        /// The text that was offered as a rate.
        text: String,
    },
    /// Nothing to distribute over: no weights, or all of them zero.
    #[error("nothing to distribute over")]
    NoWeights,
}
