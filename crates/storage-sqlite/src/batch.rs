//! Applying a batch: one transaction, one fsync, one answer for each piece of work.
//!
//! Invariant: an answer is true only once [`Batcher::run`] has returned, because it may rest on another set of the
//! same batch. Each set checks first and writes last, so a refusal leaves no trace. The loop that feeds batches is
//! the writer thread's; a simulator calls [`Batcher::apply_batch`] directly.

use std::cell::Cell;
use std::path::Path;
use std::time::Duration;

use kassa_storage::store::Lease;
use kassa_storage::{
    Call, CallLimits, ChangeSet, Commit, OutboxMessage, Realm, Registry, StoreError, Timer,
};
use rusqlite::{Connection, ErrorCode, params};

use crate::calls;
use crate::check::{Stop, check};
use crate::connection::{self, CHECKPOINT_PAGES, RESTART_PAGES};
use crate::lease;
use crate::migrate::{OpenError, migrate};
use crate::options::{Options, Synchronous};
use crate::prepared::Prepared;
use crate::write::write;

/// A COMMIT failed: what the disk holds is unknown, so the process must end and recover by opening again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a COMMIT failed: {0}")]
pub struct CommitFailed(pub String);

/// One piece of work for the writer.
#[derive(Debug)]
pub(crate) enum Work {
    Set(Box<Prepared>),
    LeaseTimers(Lease),
    LeaseOutbox(Lease),
    Calls(Vec<Call>),
}

/// Roughly what one call writes.
const CALL_BYTES: usize = 512;

impl Work {
    /// Roughly the bytes it will write.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Set(prepared) => prepared.bytes,
            Self::LeaseTimers(_) | Self::LeaseOutbox(_) => 0,
            Self::Calls(calls) => calls.len() * CALL_BYTES,
        }
    }
}

/// The answer to one piece of work.
#[derive(Debug)]
pub(crate) enum Answer {
    Commit(Commit),
    Timers(Result<Vec<(Realm, Timer)>, StoreError>),
    Outbox(Result<Vec<(Realm, OutboxMessage)>, StoreError>),
    Calls(Result<(), StoreError>),
}

/// The connection that writes, and its bookkeeping.
#[derive(Debug)]
pub struct Batcher {
    connection: Connection,
    registry: Registry,
    synchronous: Synchronous,
    commits_kept: Duration,
    idempotency_kept: Duration,
    calls: CallLimits,
    /// Machine time of the next look for rows to prune, µs.
    prune_at: i64,
    /// Pages of the log at which the next checkpoint is tried.
    checkpoint_at: u32,
    flushes: u64,
    /// Whether the next COMMIT will fsync.
    durable: bool,
}

/// Pruning looks this often, µs of machine time, and deletes so many rows of a table at once.
const PRUNE_EVERY: i64 = 30_000_000;
const PRUNE_ROWS: i64 = 512;

thread_local! {
    /// Pages in the log of the connection that this thread writes with: SQLite's hook takes a plain function.
    static LOG_PAGES: Cell<u32> = const { Cell::new(0) };
}

impl Batcher {
    /// Opens the database at `path`, creating and migrating it where needed.
    ///
    /// # Errors
    /// [`OpenError`] when the file cannot be used or a newer program wrote it.
    pub fn open(path: &Path, options: &Options, registry: Registry) -> Result<Self, OpenError> {
        let mut connection = connection::open_writer(path, options.synchronous)?;
        migrate(&mut connection, &registry)?;
        connection.wal_hook(Some(|_, pages| {
            LOG_PAGES.set(u32::try_from(pages).unwrap_or(u32::MAX));
            Ok(())
        }));
        Ok(Self {
            connection,
            registry,
            synchronous: options.synchronous,
            commits_kept: options.commits_kept,
            idempotency_kept: options.idempotency_kept,
            calls: options.calls,
            prune_at: 0,
            checkpoint_at: CHECKPOINT_PAGES,
            flushes: 0,
            durable: true,
        })
    }

    /// Applies `sets` in order in one transaction, at machine time `now` (µs), and answers each.
    ///
    /// # Errors
    /// [`CommitFailed`] when the COMMIT itself failed.
    pub fn apply_batch(
        &mut self,
        sets: &[ChangeSet],
        now: i64,
    ) -> Result<Vec<Commit>, CommitFailed> {
        let mut answers: Vec<Option<Commit>> = Vec::with_capacity(sets.len());
        let mut work = Vec::with_capacity(sets.len());
        for set in sets {
            match Prepared::new(set.clone(), &self.registry) {
                Ok(prepared) => {
                    work.push(Work::Set(Box::new(prepared)));
                    answers.push(None);
                }
                Err(refusal) => answers.push(Some(Commit::Refused(refusal))),
            }
        }
        let mut done = self.run(&work, now)?.into_iter();
        let answers = answers.into_iter().map(|known| {
            known.unwrap_or_else(|| match done.next() {
                Some(Answer::Commit(commit)) => commit,
                _ => Commit::Unknown,
            })
        });
        Ok(answers.collect())
    }

    /// Fsyncs so far: one for each COMMIT that wrote something, two for each checkpoint.
    #[must_use]
    pub fn flushes(&self) -> u64 {
        self.flushes
    }

    /// Runs a batch. When SQLite fails in the middle, everything is rolled back and each piece runs alone, so that
    /// one impossible set cannot take its neighbours along.
    pub(crate) fn run(&mut self, work: &[Work], now: i64) -> Result<Vec<Answer>, CommitFailed> {
        match self.run_together(work, now)? {
            Ok(answers) => Ok(answers),
            Err(reason) if work.len() == 1 => Ok(vec![unavailable(&work[0], &reason)]),
            Err(_) => {
                let mut answers = Vec::with_capacity(work.len());
                for one in work.chunks(1) {
                    match self.run_together(one, now)? {
                        Ok(answer) => answers.extend(answer),
                        Err(reason) => answers.push(unavailable(&one[0], &reason)),
                    }
                }
                Ok(answers)
            }
        }
    }

    /// One transaction. The inner error means: nothing was applied.
    fn run_together(
        &mut self,
        work: &[Work],
        now: i64,
    ) -> Result<Result<Vec<Answer>, String>, CommitFailed> {
        let durable = work.iter().any(|work| matches!(work, Work::Set(_)));
        if let Err(error) = self.set_durability(durable) {
            return Ok(Err(error.to_string()));
        }
        let outcome = self.transaction(work, now);
        let (answers, wrote) = match outcome {
            Ok(done) => done,
            Err(reason) => {
                self.roll_back();
                return Ok(Err(reason));
            }
        };
        if let Err(error) = self.execute("COMMIT") {
            return self.failed_commit(&error).map(Err);
        }
        if wrote && durable && self.synchronous == Synchronous::Full {
            self.flushes += 1;
        }
        Ok(Ok(answers))
    }

    /// A full disk shows before the frame that would have made the transaction valid, so it can be rolled back.
    /// After any other failure nobody knows what the disk holds.
    fn failed_commit(&self, error: &rusqlite::Error) -> Result<String, CommitFailed> {
        if error.sqlite_error_code() == Some(ErrorCode::DiskFull) {
            self.roll_back();
            if self.connection.is_autocommit() {
                return Ok(error.to_string());
            }
        }
        Err(CommitFailed(error.to_string()))
    }

    /// BEGIN and everything up to COMMIT; tells whether anything was written.
    fn transaction(&mut self, work: &[Work], now: i64) -> Result<(Vec<Answer>, bool), String> {
        let text = |error: rusqlite::Error| error.to_string();
        self.execute("BEGIN IMMEDIATE").map_err(text)?;
        let before = self.connection.total_changes();
        let mut answers = Vec::with_capacity(work.len());
        for one in work {
            answers.push(match one {
                Work::Set(prepared) => Answer::Commit(self.apply(prepared, now)?),
                Work::LeaseTimers(lease) => Answer::Timers(lease::timers(&self.connection, lease)),
                Work::LeaseOutbox(lease) => Answer::Outbox(lease::outbox(&self.connection, lease)),
                Work::Calls(calls) => {
                    calls::keep(&self.connection, calls, self.calls, now).map_err(text)?;
                    Answer::Calls(Ok(()))
                }
            });
        }
        if now >= self.prune_at {
            self.prune(now).map_err(text)?;
        }
        Ok((answers, self.connection.total_changes() != before))
    }

    fn apply(&self, prepared: &Prepared, now: i64) -> Result<Commit, String> {
        let plan = match check(&self.connection, prepared) {
            Ok(plan) => plan,
            Err(Stop::Answer(commit)) => return Ok(commit),
            Err(Stop::Sqlite(error)) => return Err(error.to_string()),
            Err(Stop::Store(error)) => return Err(error.to_string()),
        };
        write(&self.connection, prepared, &plan, now).map_err(|error| error.to_string())?;
        Ok(Commit::Committed)
    }

    /// Makes every COMMIT fail.
    #[cfg(test)]
    pub(crate) fn break_commits(&self) {
        let broken = self.connection.commit_hook(Some(|| true));
        broken.expect("the hook can be set");
    }

    /// Deletes a few rows that are too old; looks again with the next batch while there are more.
    fn prune(&mut self, now: i64) -> rusqlite::Result<()> {
        let before = |kept: Duration| {
            now.saturating_sub(i64::try_from(kept.as_micros()).unwrap_or(i64::MAX))
        };
        let commits = self
            .connection
            .prepare_cached(
                "DELETE FROM commits WHERE (realm, id) IN \
                 (SELECT realm, id FROM commits WHERE at < ?1 ORDER BY at LIMIT ?2)",
            )?
            .execute(params![before(self.commits_kept), PRUNE_ROWS])?;
        let keys = self
            .connection
            .prepare_cached(
                "DELETE FROM idempotency WHERE rowid IN \
                 (SELECT rowid FROM idempotency WHERE at < ?1 ORDER BY at LIMIT ?2)",
            )?
            .execute(params![before(self.idempotency_kept), PRUNE_ROWS])?;
        let full = usize::try_from(PRUNE_ROWS).unwrap_or(usize::MAX);
        let calls = calls::prune(&self.connection, self.calls, now, PRUNE_ROWS)?;
        if commits < full && keys < full && calls < full {
            self.prune_at = now.saturating_add(PRUNE_EVERY);
        }
        Ok(())
    }

    /// Copies the log into the database once it is long enough. Called after the answers are out.
    pub(crate) fn checkpoint_if_due(&mut self) {
        let pages = LOG_PAGES.get();
        if pages < self.checkpoint_at {
            if pages < CHECKPOINT_PAGES {
                self.checkpoint_at = CHECKPOINT_PAGES;
            }
            return;
        }
        let mode = if pages < RESTART_PAGES {
            "PASSIVE"
        } else {
            "RESTART"
        };
        let done = self
            .connection
            .prepare_cached(&format!("PRAGMA wal_checkpoint({mode})"))
            .and_then(|mut statement| {
                statement.query_row([], |row| Ok((row.get::<_, i64>(1)?, row.get::<_, i64>(2)?)))
            });
        match done {
            Ok((log, copied)) => tracing::debug!(log, copied, mode, "checkpoint"),
            Err(error) => tracing::warn!(%error, mode, "a checkpoint failed; the next one follows"),
        }
        if self.synchronous == Synchronous::Full {
            self.flushes += 2;
        }
        // A quarter further: while readers hold the log, trying at each commit would only cost.
        self.checkpoint_at = pages.saturating_add(CHECKPOINT_PAGES / 4);
    }

    /// Leases and calls alone are not worth an fsync; the level can only change between transactions.
    fn set_durability(&mut self, durable: bool) -> rusqlite::Result<()> {
        if self.synchronous == Synchronous::Full && self.durable != durable {
            self.execute(if durable {
                "PRAGMA synchronous = FULL"
            } else {
                "PRAGMA synchronous = NORMAL"
            })?;
            self.durable = durable;
        }
        Ok(())
    }

    fn execute(&self, sql: &str) -> rusqlite::Result<()> {
        self.connection.prepare_cached(sql)?.execute([]).map(drop)
    }

    /// Ends a transaction that failed; SQLite may have ended it already.
    fn roll_back(&self) {
        if !self.connection.is_autocommit()
            && let Err(error) = self.execute("ROLLBACK")
        {
            tracing::error!(%error, "a transaction cannot be rolled back");
        }
    }
}

/// The answer to work that SQLite could not do.
fn unavailable(work: &Work, reason: &str) -> Answer {
    let error = || StoreError::Unavailable(reason.to_owned());
    match work {
        Work::Set(_) => Answer::Commit(Commit::Unavailable(reason.to_owned())),
        Work::LeaseTimers(_) => Answer::Timers(Err(error())),
        Work::LeaseOutbox(_) => Answer::Outbox(Err(error())),
        Work::Calls(_) => Answer::Calls(Err(error())),
    }
}
