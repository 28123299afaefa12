//! The store: a writer thread and a pool of readers behind the contract.
//!
//! Invariant: a commit that answered is visible to every snapshot opened afterwards, because the answer follows
//! COMMIT and a snapshot's transaction begins later.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use kassa_storage::store::Lease;
use kassa_storage::{
    Call, ChangeSet, Commit, NextDue, OutboxMessage, Realm, Registry, Scope, Snapshot, Store,
    StoreError, Timer,
};
use rusqlite::{OptionalExtension, params};

use crate::batch::{Answer, Batcher, Work};
use crate::check::is_committed;
use crate::migrate::OpenError;
use crate::options::Options;
use crate::prepared::Prepared;
use crate::readers::Readers;
use crate::rows::store_error;
use crate::snapshot::SqliteSnapshot;
use crate::writer::Writer;

/// A store in one SQLite file. Dropping it writes what is queued and closes the file.
#[derive(Debug)]
pub struct SqliteStore {
    // Readers go first, so that the writer's connection is the last to close and folds the log in.
    readers: Arc<Readers>,
    writer: Writer,
    registry: Registry,
    options: Arc<Options>,
}

impl SqliteStore {
    /// Opens the database at `path`, creating and migrating it where needed, and starts its writer thread.
    ///
    /// # Errors
    /// [`OpenError`] when the file cannot be used or a newer program wrote it.
    pub fn open(
        path: impl AsRef<Path>,
        options: Options,
        registry: Registry,
    ) -> Result<Self, OpenError> {
        let path = path.as_ref();
        let batcher = Batcher::open(path, &options, registry)?;
        let writer = Writer::start(batcher, &options)?;
        Ok(Self {
            readers: Arc::new(Readers::new(path.to_owned())),
            writer,
            registry,
            options: Arc::new(options),
        })
    }

    async fn work(&self, work: Work) -> Option<Answer> {
        self.writer.send(work)?.await.ok()
    }
}

/// The writer thread has ended.
fn closed() -> StoreError {
    StoreError::Unavailable("the writer has ended".to_owned())
}

#[async_trait]
impl Store for SqliteStore {
    async fn snapshot(&self, scope: &Scope) -> Result<Box<dyn Snapshot>, StoreError> {
        Ok(Box::new(SqliteSnapshot::new(
            scope.clone(),
            self.registry,
            Arc::clone(&self.options),
            Arc::clone(&self.readers),
        )))
    }

    async fn commit(&self, set: ChangeSet) -> Commit {
        let prepared = match Prepared::new(set, &self.registry) {
            Ok(prepared) => prepared,
            Err(refusal) => return Commit::Refused(refusal),
        };
        let Some(answer) = self.writer.send(Work::Set(Box::new(prepared))) else {
            return Commit::Unavailable("the writer has ended".to_owned());
        };
        match answer.await {
            Ok(Answer::Commit(commit)) => commit,
            _ => Commit::Unknown,
        }
    }

    async fn committed(&self, realm: &Realm, id: &str) -> Result<bool, StoreError> {
        let reader = self.readers.take()?;
        is_committed(reader.connection()?, realm.as_str(), id).map_err(store_error)
    }

    async fn realms(&self) -> Result<Vec<Realm>, StoreError> {
        let reader = self.readers.take()?;
        // One step of the index for each realm, instead of a walk over every row.
        let mut statement = reader
            .connection()?
            .prepare_cached("SELECT realm FROM records WHERE realm > ?1 ORDER BY realm LIMIT 1")
            .map_err(store_error)?;
        let mut realms: Vec<Realm> = Vec::new();
        loop {
            let after = realms.last().map_or("", Realm::as_str);
            let next = statement
                .query_row([after], |row| row.get(0))
                .optional()
                .map_err(store_error)?;
            match next {
                Some(name) => realms.push(Realm::from_stored(name)),
                None => return Ok(realms),
            }
        }
    }

    async fn lease_timers(&self, lease: Lease) -> Result<Vec<(Realm, Timer)>, StoreError> {
        match self.work(Work::LeaseTimers(lease)).await {
            Some(Answer::Timers(timers)) => timers,
            _ => Err(closed()),
        }
    }

    async fn lease_outbox(&self, lease: Lease) -> Result<Vec<(Realm, OutboxMessage)>, StoreError> {
        match self.work(Work::LeaseOutbox(lease)).await {
            Some(Answer::Outbox(messages)) => messages,
            _ => Err(closed()),
        }
    }

    async fn next_due(&self) -> Result<NextDue, StoreError> {
        let reader = self.readers.take()?;
        let connection = reader.connection()?;
        let now = self.options.clock.now_us();
        let earliest = |rows: &str| {
            connection
                .prepare_cached(&format!(
                    "SELECT due_at FROM {rows} lease_until <= ?1 ORDER BY due_at LIMIT 1"
                ))
                .and_then(|mut statement| {
                    statement
                        .query_row(params![now], |row| row.get(0))
                        .optional()
                })
                .map_err(store_error)
        };
        Ok(NextDue {
            test_timer: earliest("timers WHERE live = FALSE AND")?,
            live_timer: earliest("timers WHERE live = TRUE AND")?,
            message: earliest("outbox WHERE")?,
        })
    }

    async fn keep_calls(&self, calls: Vec<Call>) -> Result<(), StoreError> {
        match self.work(Work::Calls(calls)).await {
            Some(Answer::Calls(kept)) => kept,
            _ => Err(closed()),
        }
    }

    fn flushes(&self) -> u64 {
        self.writer.flushes()
    }
}
