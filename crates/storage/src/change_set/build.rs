//! Filling a change set: one short call per part, so that a use case reads as the list of what it changes.

use serde_json::Value;

use super::{ChangeSet, ClaimKey, CounterChange, Guard, IdempotencyChange, Put};
use crate::ledger::{LedgerChange, LedgerEntry};
use crate::operation::Operation;
use crate::queue::{OutboxMessage, QueueChange, Timer};
use crate::record::{Key, Record};

impl ChangeSet {
    /// Relies on the root `key` still being at `version`.
    pub fn check(&mut self, key: Key, version: i64) -> &mut Self {
        self.checks.push((key, version));
        self
    }

    /// Writes `record` as it was read and changed: a root at its version (0 means new), a child by its root.
    pub fn put(&mut self, record: Record) -> &mut Self {
        let guard = guard(&record);
        self.puts.push(Put { record, guard });
        self
    }

    /// Writes a record whose key must be free.
    pub fn put_new(&mut self, record: Record) -> &mut Self {
        self.puts.push(Put {
            record,
            guard: Guard::New,
        });
        self
    }

    /// Writes the root `record`, which must be at `version`.
    pub fn put_at(&mut self, record: Record, version: i64) -> &mut Self {
        self.puts.push(Put {
            record,
            guard: Guard::At(version),
        });
        self
    }

    /// Deletes `record` as it was read; a root takes its children along.
    pub fn delete(&mut self, record: &Record) -> &mut Self {
        self.deletes.push((record.key.clone(), guard(record)));
        self
    }

    /// Holds `value` among its `kind` for `owner` alone.
    pub fn claim(
        &mut self,
        kind: impl Into<String>,
        value: impl Into<String>,
        owner: impl Into<String>,
    ) -> &mut Self {
        self.claims.push((ClaimKey::new(kind, value), owner.into()));
        self
    }

    /// Gives a claim up.
    pub fn release(
        &mut self,
        kind: impl Into<String>,
        value: impl Into<String>,
        owner: impl Into<String>,
    ) -> &mut Self {
        self.releases
            .push((ClaimKey::new(kind, value), owner.into()));
        self
    }

    /// Adds `delta` to a counter that stays within `bounds`.
    pub fn count(
        &mut self,
        name: impl Into<String>,
        delta: i64,
        bounds: std::ops::RangeInclusive<i64>,
    ) -> &mut Self {
        self.counters.push(CounterChange {
            name: name.into(),
            delta,
            min: *bounds.start(),
            max: *bounds.end(),
        });
        self
    }

    /// Inserts or replaces an operation.
    pub fn operation(&mut self, operation: Operation) -> &mut Self {
        self.operations.push(operation);
        self
    }

    /// Reserves an amount.
    pub fn reserve(&mut self, entry: LedgerEntry) -> &mut Self {
        self.ledger.push(LedgerChange::Reserve(entry));
        self
    }

    /// Posts a reserved amount.
    pub fn post(&mut self, id: impl Into<String>) -> &mut Self {
        self.ledger.push(LedgerChange::Post { id: id.into() });
        self
    }

    /// Voids a reserved amount.
    pub fn void(&mut self, id: impl Into<String>) -> &mut Self {
        self.ledger.push(LedgerChange::Void { id: id.into() });
        self
    }

    /// States a movement that happened.
    pub fn fact(&mut self, entry: LedgerEntry) -> &mut Self {
        self.ledger.push(LedgerChange::Fact(entry));
        self
    }

    /// Queues a message, due at `due_at` (machine time, µs).
    pub fn send(
        &mut self,
        id: impl Into<String>,
        topic: impl Into<String>,
        payload: Value,
        due_at: i64,
    ) -> &mut Self {
        self.queues.push(QueueChange::Send(OutboxMessage {
            id: id.into(),
            topic: topic.into(),
            payload,
            due_at,
            attempts: 0,
        }));
        self
    }

    /// Removes a delivered message.
    pub fn sent(&mut self, id: impl Into<String>) -> &mut Self {
        self.queues.push(QueueChange::Sent { id: id.into() });
        self
    }

    /// Sets or moves a timer.
    pub fn set_timer(&mut self, timer: Timer) -> &mut Self {
        self.queues.push(QueueChange::Set(timer));
        self
    }

    /// Removes a timer.
    pub fn cancel_timer(&mut self, id: impl Into<String>) -> &mut Self {
        self.queues.push(QueueChange::Cancel { id: id.into() });
        self
    }

    /// Takes an idempotency key into use at `at` (machine time, µs).
    pub fn begin(
        &mut self,
        key: impl Into<String>,
        fingerprint: impl Into<String>,
        at: i64,
    ) -> &mut Self {
        self.idempotency.push(IdempotencyChange::Begin {
            key: key.into(),
            fingerprint: fingerprint.into(),
            at,
        });
        self
    }

    /// Keeps the reply of an idempotency key, `at` (machine time, µs).
    pub fn complete(&mut self, key: impl Into<String>, reply: Vec<u8>, at: i64) -> &mut Self {
        self.idempotency.push(IdempotencyChange::Complete {
            key: key.into(),
            reply,
            at,
        });
        self
    }

    /// Frees an idempotency key.
    pub fn forget(&mut self, key: impl Into<String>) -> &mut Self {
        self.idempotency
            .push(IdempotencyChange::Forget { key: key.into() });
        self
    }
}

fn guard(record: &Record) -> Guard {
    match (record.is_root(), record.version) {
        (false, _) => Guard::ByRoot,
        (true, 0) => Guard::New,
        (true, version) => Guard::At(version),
    }
}
