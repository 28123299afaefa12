//! The one unit of writing.
//!
//! Invariant: a change set is applied whole or not at all, and applying it twice under the same id changes
//! nothing the second time.

mod build;
mod validate;

use crate::ledger::LedgerChange;
use crate::operation::Operation;
use crate::queue::QueueChange;
use crate::record::{Key, Realm, Record};

/// Everything one decision writes, within one realm.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangeSet {
    /// Chosen by the writer (time-ordered); looked up after an unknown outcome.
    pub id: String,
    /// Organization and mode.
    pub realm: Realm,
    /// Roots that the decision relied on but does not write, with the version it saw.
    pub checks: Vec<(Key, i64)>,
    /// Records to write.
    pub puts: Vec<Put>,
    /// Records to delete; a root with the version seen (its children go with it), a child with its root put in the
    /// same set.
    pub deletes: Vec<(Key, Guard)>,
    /// Values to hold uniquely; held already by the same owner is fine.
    pub claims: Vec<(ClaimKey, String)>,
    /// Claims to give up, before `claims` are taken; one that another owner holds stays.
    pub releases: Vec<(ClaimKey, String)>,
    /// Bounded additions to counters.
    pub counters: Vec<CounterChange>,
    /// Operation records to insert or replace, by id; the request of the first write stays.
    pub operations: Vec<Operation>,
    /// Ledger entries to reserve, post, void, or state as facts.
    pub ledger: Vec<LedgerChange>,
    /// Outbox messages and timers.
    pub queues: Vec<QueueChange>,
    /// Idempotency records.
    pub idempotency: Vec<IdempotencyChange>,
}

impl ChangeSet {
    /// An empty set.
    #[must_use]
    pub fn new(id: String, realm: Realm) -> Self {
        Self {
            id,
            realm,
            checks: Vec::new(),
            puts: Vec::new(),
            deletes: Vec::new(),
            claims: Vec::new(),
            releases: Vec::new(),
            counters: Vec::new(),
            operations: Vec::new(),
            ledger: Vec::new(),
            queues: Vec::new(),
            idempotency: Vec::new(),
        }
    }
}

/// What must hold for a record to be written or deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// No record with this key exists.
    New,
    /// The root exists at this version; it becomes one higher.
    At(i64),
    /// The record is a child: its root, put or deleted in the same set, is the guard.
    ByRoot,
}

/// One record to write.
#[derive(Debug, Clone, PartialEq)]
pub struct Put {
    /// The record as it shall be; its `version` field is ignored.
    pub record: Record,
    /// What must hold.
    pub guard: Guard,
}

/// A value that only one owner may hold, e.g. (`authorization_token`, the token).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClaimKey {
    /// What kind of value.
    pub kind: String,
    /// The value.
    pub value: String,
}

impl ClaimKey {
    /// The claim on `value` among its `kind`.
    #[must_use]
    pub fn new(kind: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            kind: kind.into(),
            value: value.into(),
        }
    }
}

/// A bounded addition: refused when the result would leave `min..=max`. A missing counter counts as 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CounterChange {
    /// The counter's name, e.g. `stock:<stock item id>`.
    pub name: String,
    /// What is added.
    pub delta: i64,
    /// Lowest allowed result.
    pub min: i64,
    /// Highest allowed result.
    pub max: i64,
}

/// A step in the life of an idempotency key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdempotencyChange {
    /// The key is in use. Refused when it is known already; the refusal carries what is known, so that the caller
    /// repeats the reply, waits, or rejects another request under the same key.
    Begin {
        /// The caller's key, prefixed by what it scopes to.
        key: String,
        /// Digest of the request.
        fingerprint: String,
        /// Machine time, microseconds.
        at: i64,
    },
    /// The reply to repeat for this key; the first one stays.
    Complete {
        /// The caller's key.
        key: String,
        /// Status and body to repeat, as the caller encodes them.
        reply: Vec<u8>,
        /// Machine time, microseconds.
        at: i64,
    },
    /// The key is free again (the effect is known not to have happened).
    Forget {
        /// The caller's key.
        key: String,
    },
}
