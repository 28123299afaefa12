//! Entries of the order's ledger, in the rules' words.
//!
//! Invariant: an entry's id is its operation's id, so that a second fold of the same outcome is a no-op.

use kassa_commerce::transaction::{LedgerMove, Movement};
use kassa_storage::ledger::{LedgerKind, LedgerPhase};
use kassa_storage::{LedgerChange, LedgerEntry, Realm};

use crate::gateway::Gateway;

/// Reserves the amount of an intent.
pub(crate) fn reserve(
    gateway: &Gateway,
    realm: &Realm,
    id: &str,
    order_id: &str,
    entry: &LedgerMove,
) -> LedgerChange {
    LedgerChange::Reserve(stored(
        gateway,
        realm,
        id,
        order_id,
        entry,
        LedgerPhase::Pending,
    ))
}

/// States what has happened already and cannot be refused.
pub(crate) fn fact(
    gateway: &Gateway,
    realm: &Realm,
    id: &str,
    order_id: &str,
    entry: &LedgerMove,
) -> LedgerChange {
    LedgerChange::Fact(stored(
        gateway,
        realm,
        id,
        order_id,
        entry,
        LedgerPhase::Posted,
    ))
}

/// The reserved amount moved.
pub(crate) fn post(id: &str) -> LedgerChange {
    LedgerChange::Post { id: id.to_owned() }
}

/// The reserved amount did not move.
pub(crate) fn void(id: &str) -> LedgerChange {
    LedgerChange::Void { id: id.to_owned() }
}

fn stored(
    gateway: &Gateway,
    realm: &Realm,
    id: &str,
    order_id: &str,
    entry: &LedgerMove,
    phase: LedgerPhase,
) -> LedgerEntry {
    LedgerEntry {
        id: id.to_owned(),
        order_id: order_id.to_owned(),
        kind: match entry.movement {
            Movement::Authorized => LedgerKind::Authorized,
            Movement::Captured => LedgerKind::Captured,
            Movement::Refunded => LedgerKind::Refunded,
            Movement::Released => LedgerKind::Released,
            Movement::Voided => LedgerKind::Voided,
        },
        amount: entry.amount.minor(),
        currency: entry.currency.code().to_owned(),
        phase,
        discrepancy: false,
        at: gateway.now_us(realm),
    }
}
