//! What became of a coupon or a gift card between the shopper's last look and the placing.

use kassa_money::MinorUnits;
use thiserror::Error;

/// Why a code pays less than the shopper saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Lost {
    /// Others were quicker: every use, or all the money, is gone.
    #[error("is used up")]
    UsedUp,
    /// Others were quicker: less money is left than this order counted on.
    #[error("has only {0} left")]
    Left(MinorUnits),
    /// Its time is over.
    #[error("has expired")]
    Expired,
    /// It was switched off, deleted or tied to something else.
    #[error("does not hold any more")]
    Gone,
}

impl Lost {
    /// The machine word for `meta.error`.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::UsedUp | Self::Left(_) => "used_up",
            Self::Expired => "expired",
            Self::Gone => "invalid",
        }
    }
}
