//! The storage contract: read a snapshot, decide, commit one [`ChangeSet`].
//!
//! There is no interactive write transaction. A use case reads from a [`Snapshot`], decides without I/O, and hands
//! one [`ChangeSet`] to [`Store::commit`], which applies all of it or nothing. Resources are described by
//! [`Descriptor`]s and live in two generic tables; this room knows descriptors, never nouns.
//!
//! Absent on purpose: business rules, clocks, ids (all come in as values), and any way to hold a lock.

pub mod call;
pub mod change_set;
#[cfg(feature = "conformance")]
#[expect(
    clippy::unwrap_used,
    reason = "a case that cannot read its store has failed"
)]
pub mod conformance;
pub mod descriptor;
#[cfg(any(test, feature = "conformance"))]
mod fixtures;
pub mod ledger;
pub mod links;
pub mod operation;
pub mod query;
pub mod queue;
pub mod record;
pub mod sql;
pub mod store;

pub use call::{Call, CallLimits};
pub use change_set::{ChangeSet, ClaimKey, CounterChange, Guard, IdempotencyChange, Put};
pub use descriptor::{
    Attribute, Crossing, Descriptor, Registry, Relationship, RelationshipSource, Trigger,
};
pub use ledger::{Balances, LedgerChange, LedgerEntry};
pub use operation::{Operation, OperationStatus};
pub use query::{FieldPath, Filter, ListQuery, Page, Sort, Test};
pub use queue::{OutboxMessage, QueueChange, Timer};
pub use record::{Key, Link, Realm, Record, Scope};
pub use store::{Commit, ConflictOn, Lease, NextDue, Refusal, Snapshot, Store, StoreError};
