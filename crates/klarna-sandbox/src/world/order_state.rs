//! Where an order stands, in the ten states that the rules tell apart.
//!
//! Invariant: derived from the order, never stored. `status` on the wire knows six values; `docs/klarna/order-management.md`
//! shows which states look alike there.

use super::order::{Ending, Fraud, Order};

/// Where an order stands, as far as the rules ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderState {
    /// Nothing captured, nothing in the way.
    Authorized,
    /// Nothing captured, the fraud check is open.
    Pending,
    /// Nothing captured, the fraud check refused; the merchant may still take the order over.
    Rejected,
    /// Partly captured, the rest can be captured.
    PartCaptured,
    /// Captured to the last unit.
    Captured,
    /// Partly captured, the rest given back.
    Released,
    /// Cancelled, by the merchant or by Klarna.
    Cancelled,
    /// Expired before anything was captured.
    Expired,
    /// Partly captured, the rest expired.
    PartExpired,
    /// Closed by Klarna.
    Closed,
}

impl OrderState {
    /// Every state, in the order of the table's columns.
    pub const ALL: [Self; 10] = [
        Self::Authorized,
        Self::Pending,
        Self::Rejected,
        Self::PartCaptured,
        Self::Captured,
        Self::Released,
        Self::Cancelled,
        Self::Expired,
        Self::PartExpired,
        Self::Closed,
    ];

    /// The state of an order whose time-driven changes are settled.
    #[must_use]
    pub fn of(order: &Order) -> Self {
        let untouched = order.captures.is_empty();
        match order.ending {
            Ending::Closed => Self::Closed,
            Ending::Cancelled => Self::Cancelled,
            Ending::Released => Self::Released,
            Ending::Expired if untouched => Self::Expired,
            Ending::Expired => Self::PartExpired,
            Ending::Open if order.is_fully_captured() => Self::Captured,
            Ending::Open if !untouched => Self::PartCaptured,
            Ending::Open => match order.fraud {
                Fraud::Accepted => Self::Authorized,
                Fraud::Pending { .. } => Self::Pending,
                Fraud::Rejected { .. } => Self::Rejected,
            },
        }
    }

    /// The name in the documentation's table.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Authorized => "authorized",
            Self::Pending => "pending",
            Self::Rejected => "rejected",
            Self::PartCaptured => "part captured",
            Self::Captured => "captured",
            Self::Released => "released",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::PartExpired => "rest expired",
            Self::Closed => "closed",
        }
    }
}
