//! The two traits a driver implements.
//!
//! Invariant: a snapshot shows one moment of one realm; a commit that answered [`Commit::Committed`] is durable
//! and visible to every snapshot opened after it.

use async_trait::async_trait;

use crate::call::Call;
use crate::change_set::{ChangeSet, ClaimKey};
use crate::ledger::{Balances, LedgerEntry};
use crate::operation::Operation;
use crate::query::ListQuery;
use crate::queue::{OutboxMessage, Timer};
use crate::record::{Key, Realm, Record, Scope};

/// A database.
#[async_trait]
pub trait Store: Send + Sync + std::fmt::Debug {
    /// Opens a read transaction that sees everything answered before this call; its first read fixes the moment
    /// that all of its reads show. Drop it within a second.
    async fn snapshot(&self, scope: &Scope) -> Result<Box<dyn Snapshot>, StoreError>;

    /// Applies one change set, durably, or says why not.
    async fn commit(&self, set: ChangeSet) -> Commit;

    /// Whether the change set with this id was applied: asked after [`Commit::Unknown`].
    async fn committed(&self, realm: &Realm, id: &str) -> Result<bool, StoreError>;

    /// Realms that own data.
    async fn realms(&self) -> Result<Vec<Realm>, StoreError>;

    /// Leases up to `limit` timers whose lease is free at `machine_now`, until `lease_until` (machine time, µs), over
    /// all realms: those of test realms due at `now`, those of live realms due at `live_now` (business time, µs).
    async fn lease_timers(&self, lease: Lease) -> Result<Vec<(Realm, Timer)>, StoreError>;

    /// Leases up to `limit` outbox messages due at `now` (machine time, µs) likewise.
    async fn lease_outbox(&self, lease: Lease) -> Result<Vec<(Realm, OutboxMessage)>, StoreError>;

    /// When the earliest timers and the earliest message are due; those under a lease that still holds are left
    /// out.
    async fn next_due(&self) -> Result<NextDue, StoreError>;

    /// Keeps `calls` for people to look at, within the driver's [`CallLimits`](crate::CallLimits). Visible once
    /// answered, but not made durable for their own sake: a power cut may take the latest.
    async fn keep_calls(&self, calls: Vec<Call>) -> Result<(), StoreError>;

    /// A number that tells the durability work done so far (fsyncs on SQLite, commits on PostgreSQL).
    fn flushes(&self) -> u64;
}

/// What a worker asks for when it takes work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// Only these buckets; empty means all.
    pub buckets: Vec<i64>,
    /// Due at or before this time, microseconds.
    pub now: i64,
    /// The same for timers of live realms, whose business clock nobody moves; messages do not look at it.
    pub live_now: i64,
    /// Machine time that decides whether an old lease has run out, microseconds.
    pub machine_now: i64,
    /// Machine time until which the lease holds, microseconds.
    pub lease_until: i64,
    /// At most this many.
    pub limit: u64,
}

/// When work is due next, microseconds; `None` where nothing waits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NextDue {
    /// The earliest timer of a test realm, in test mode's business time.
    pub test_timer: Option<i64>,
    /// The earliest timer of a live realm, in live mode's business time.
    pub live_timer: Option<i64>,
    /// The earliest message, in machine time.
    pub message: Option<i64>,
}

/// One consistent view.
#[async_trait]
pub trait Snapshot: Send {
    /// One record, if the scope may see it.
    async fn record(&mut self, key: &Key) -> Result<Option<Record>, StoreError>;

    /// Several records, in the order asked; missing and invisible ones are left out.
    async fn records(&mut self, keys: &[Key]) -> Result<Vec<Record>, StoreError>;

    /// A root with all its children, root first; empty when the root is missing or invisible.
    async fn aggregate(&mut self, root: &Key) -> Result<Vec<Record>, StoreError>;

    /// A page of records.
    async fn list(&mut self, query: &ListQuery) -> Result<Vec<Record>, StoreError>;

    /// How many records the query's filter selects; `Err(TooBroad)` beyond the budget.
    async fn count(&mut self, query: &ListQuery) -> Result<u64, StoreError>;

    /// Records of `kinds` whose stored relationship `via` points to one of `targets` (ids): at most `limit`,
    /// ordered by `created_at, id`.
    async fn inverse(
        &mut self,
        kinds: &[&str],
        via: &str,
        targets: &[String],
        limit: u64,
    ) -> Result<Vec<Record>, StoreError>;

    /// A counter's value; 0 when it does not exist.
    async fn counter(&mut self, name: &str) -> Result<i64, StoreError>;

    /// Several counters' values, in the order asked.
    async fn counters(&mut self, names: &[String]) -> Result<Vec<i64>, StoreError>;

    /// Who holds a claim.
    async fn claim(&mut self, claim: &ClaimKey) -> Result<Option<String>, StoreError>;

    /// One operation.
    async fn operation(&mut self, id: &str) -> Result<Option<Operation>, StoreError>;

    /// The operations of an order, oldest first.
    async fn operations(&mut self, order_id: &str) -> Result<Vec<Operation>, StoreError>;

    /// Operations that wait for a person, oldest first: at most `limit`.
    async fn operations_for_a_person(&mut self, limit: u64) -> Result<Vec<Operation>, StoreError>;

    /// The kept calls about an order, oldest first; those of one moment as they were kept.
    async fn calls(&mut self, order_id: &str) -> Result<Vec<Call>, StoreError>;

    /// Ids of the orders that the kept call `id` was about.
    async fn orders_of_call(&mut self, id: &str) -> Result<Vec<String>, StoreError>;

    /// Ids of the orders whose operations made, or have ever made, a call that Klarna answered under this
    /// correlation id.
    async fn orders_of_correlation(&mut self, id: &str) -> Result<Vec<String>, StoreError>;

    /// The ledger of an order, oldest first.
    async fn ledger(&mut self, order_id: &str) -> Result<Vec<LedgerEntry>, StoreError>;

    /// The sums of an order's ledger.
    async fn balances(&mut self, order_id: &str) -> Result<Balances, StoreError>;

    /// The timers about a subject.
    async fn timers(&mut self, subject: &str) -> Result<Vec<Timer>, StoreError>;

    /// Fingerprint, and the reply once there is one, of an idempotency key.
    async fn idempotency(
        &mut self,
        key: &str,
    ) -> Result<Option<(String, Option<Vec<u8>>)>, StoreError>;
}

/// What became of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Commit {
    /// Applied and durable.
    Committed,
    /// Something the decision relied on has changed: read again and decide again.
    Conflict(ConflictOn),
    /// A bound, the ledger or a claim says no: deciding again on the same data will not help.
    Refused(Refusal),
    /// Nothing was applied; the store cannot take writes now.
    Unavailable(String),
    /// It may or may not have been applied: look the id up, then resend.
    Unknown,
}

/// What a conflict was about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConflictOn {
    /// A root has another version, or exists though it should be new, or is gone.
    Record(Key),
}

/// Why a commit was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// A counter would have left its bounds.
    Bound {
        /// The counter.
        counter: String,
        /// Its value now.
        value: i64,
    },
    /// A claim is held by another owner.
    Taken {
        /// The claim.
        claim: ClaimKey,
        /// Who holds it.
        owner: String,
    },
    /// A ledger invariant would break.
    Ledger(String),
    /// An idempotency key is in use.
    IdempotencyKey {
        /// The key.
        key: String,
        /// Fingerprint it was first used with.
        fingerprint: String,
        /// The reply to repeat, once there is one.
        reply: Option<Vec<u8>>,
    },
    /// The set itself is wrong (a child without its root): a programming error, refused before any write.
    Malformed(String),
}

/// Why a read failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be used.
    #[error("the database cannot be read: {0}")]
    Unavailable(String),
    /// A filter without an index met its row or time budget.
    #[error("the query would read too many rows")]
    TooBroad,
    /// A query names a field or relationship that no descriptor has: a programming error.
    #[error("no descriptor has the field {0}")]
    UnknownField(String),
    /// A stored row cannot be understood.
    #[error("a stored row of {table} cannot be read: {reason}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// What is wrong.
        reason: String,
    },
}
