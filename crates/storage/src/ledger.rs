//! The double-entry ledger of an order, in two phases.
//!
//! Invariant, counting pending and posted entries alike: `captured <= authorized`, `refunded <= captured`,
//! `released + voided + captured <= authorized`, debits equal credits. An intent *reserves* and may be refused; its
//! outcome *posts* or *voids*. A *fact* that Klarna reports is never refused: what breaks an invariant is posted
//! with its discrepancy flag set, which raises an alarm.

mod rule;
#[cfg(test)]
mod tests;

pub use rule::{Account, LedgerEffect, LedgerRefusal, apply, trial_balance};

use serde::{Deserialize, Serialize};

/// What an entry moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LedgerKind {
    /// Klarna guarantees the amount (may be negative when an order is reduced).
    Authorized,
    /// The shop claims it.
    Captured,
    /// The shop gives it back.
    Refunded,
    /// The rest of an authorization is given up after a capture.
    Released,
    /// An authorization is given up before any capture, or expires.
    Voided,
}

/// Where an entry stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LedgerPhase {
    /// Reserved by an intent whose outcome is not known yet.
    Pending,
    /// It happened.
    Posted,
    /// It did not happen.
    Voided,
}

/// One movement: debits one account of the order and credits another by `amount`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerEntry {
    /// Unique within the realm; the operation's id where one caused it.
    pub id: String,
    /// The order.
    pub order_id: String,
    /// What it moves.
    pub kind: LedgerKind,
    /// Minor units.
    pub amount: i64,
    /// ISO 4217.
    pub currency: String,
    /// Where it stands.
    pub phase: LedgerPhase,
    /// Set on a fact that broke an invariant.
    pub discrepancy: bool,
    /// Business time, microseconds.
    pub at: i64,
}

/// A change to the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LedgerChange {
    /// Adds a pending entry; refused when it would break an invariant.
    Reserve(LedgerEntry),
    /// The pending entry happened. Posting a posted entry is a no-op.
    Post {
        /// The entry.
        id: String,
    },
    /// The pending entry did not happen. Voiding a voided entry is a no-op.
    Void {
        /// The entry.
        id: String,
    },
    /// A posted entry that cannot be refused; an entry with this id already there makes it a no-op.
    Fact(LedgerEntry),
}

/// Sums of an order's pending and posted entries, minor units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Balances {
    /// Guaranteed by Klarna.
    pub authorized: i64,
    /// Claimed.
    pub captured: i64,
    /// Given back.
    pub refunded: i64,
    /// Rest given up after a capture.
    pub released: i64,
    /// Given up before a capture.
    pub voided: i64,
}
