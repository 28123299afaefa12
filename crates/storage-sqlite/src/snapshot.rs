//! A snapshot: one read transaction on one connection.
//!
//! Invariant: the first read fixes the moment that all reads show. Reads by key run where they are called, they
//! take microseconds; lists and counts, which may take as long as their budget, run on a blocking thread.

use std::sync::Arc;

use async_trait::async_trait;
use kassa_storage::sql::{self, Dialect, Statement};
use kassa_storage::{
    Balances, Call, ClaimKey, Key, LedgerEntry, ListQuery, Operation, Record, Registry, Scope,
    Snapshot, StoreError, Timer,
};
use rusqlite::{Connection, OptionalExtension, ToSql, params};

use crate::bound::bound;
use crate::options::Options;
use crate::readers::{Reader, Readers};
use crate::rows::{self, store_error};
use crate::{calls, check, lead};

/// Steps of SQLite's machine between two looks at the clock: well under a millisecond.
const STEPS_PER_LOOK: i32 = 10_000;

const RECORD_COLUMNS: &str = sql::COLUMNS;

/// One consistent view for a scope.
#[derive(Debug)]
pub(crate) struct SqliteSnapshot {
    scope: Scope,
    registry: Registry,
    options: Arc<Options>,
    readers: Arc<Readers>,
    /// `None` before the first read and while a blocking thread has it.
    reader: Option<Reader>,
    /// Machine time of the first read, µs.
    started_at: Option<i64>,
}

/// A snapshot that lives longer than this, µs, holds up the checkpoint.
const HELD_MAX: i64 = 1_000_000;

impl Drop for SqliteSnapshot {
    fn drop(&mut self) {
        let Some(started_at) = self.started_at else {
            return;
        };
        let held_us = self.options.clock.now_us().saturating_sub(started_at);
        if held_us > HELD_MAX {
            tracing::warn!(held_us, "a snapshot was held for more than a second");
        }
    }
}

impl SqliteSnapshot {
    pub(crate) fn new(
        scope: Scope,
        registry: Registry,
        options: Arc<Options>,
        readers: Arc<Readers>,
    ) -> Self {
        Self {
            scope,
            registry,
            options,
            readers,
            reader: None,
            started_at: None,
        }
    }

    /// The reader, in its transaction.
    fn reader(&mut self) -> Result<&Reader, StoreError> {
        if self.started_at.is_none() {
            let reader = self.readers.take()?;
            let connection = reader.connection()?;
            connection
                .prepare_cached("BEGIN")
                .and_then(|mut statement| statement.execute([]))
                .map_err(store_error)?;
            self.started_at = Some(self.options.clock.now_us());
            self.reader = Some(reader);
        }
        self.reader
            .as_ref()
            .ok_or_else(|| StoreError::Unavailable("an earlier read was given up".to_owned()))
    }

    fn connection(&mut self) -> Result<&Connection, StoreError> {
        self.reader()?.connection()
    }

    /// Runs `read` on a blocking thread when there is a runtime, else in place.
    async fn apart<T: Send + 'static>(
        &mut self,
        read: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.reader()?;
        let Some(reader) = self.reader.take() else {
            return Err(StoreError::Unavailable("the reader is away".to_owned()));
        };
        let clock = Arc::clone(&self.options.clock);
        let limit = i64::try_from(self.options.query_time.as_micros()).unwrap_or(i64::MAX);
        let work = move || {
            let deadline = clock.now_us().saturating_add(limit);
            let result = reader.connection().and_then(|connection| {
                let late = move || clock.now_us() > deadline;
                connection
                    .progress_handler(STEPS_PER_LOOK, Some(late))
                    .map_err(store_error)?;
                let result = read(connection);
                connection
                    .progress_handler(0, None::<fn() -> bool>)
                    .map_err(store_error)?;
                result
            });
            (reader, result)
        };
        let (reader, result) = if tokio::runtime::Handle::try_current().is_ok() {
            tokio::task::spawn_blocking(work)
                .await
                .map_err(|error| StoreError::Unavailable(error.to_string()))?
        } else {
            work()
        };
        self.reader = Some(reader);
        result
    }

    fn one_record(&mut self, key: &Key) -> Result<Option<Record>, StoreError> {
        let scope = self.scope.clone();
        let connection = self.connection()?;
        let sql = format!(
            "SELECT {RECORD_COLUMNS} FROM records r WHERE r.realm = ?1 AND r.kind = ?2 AND r.id = ?3"
        );
        let mut statement = connection.prepare_cached(&sql).map_err(store_error)?;
        let mut found = statement
            .query(params![scope.realm.as_str(), key.kind, key.id])
            .map_err(store_error)?;
        match found.next().map_err(store_error)? {
            Some(row) => Ok(Some(rows::record(row)?).filter(|record| is_visible(&scope, record))),
            None => Ok(None),
        }
    }
}

/// What `Builder::push_visible` says in SQL, for rows read by key.
fn is_visible(scope: &Scope, record: &Record) -> bool {
    let passes = |limit: &Option<String>, value: &Option<String>| {
        limit.is_none() || value.is_none() || limit == value
    };
    passes(&scope.market, &record.market) && passes(&scope.owner, &record.owner)
}

#[async_trait]
impl Snapshot for SqliteSnapshot {
    async fn record(&mut self, key: &Key) -> Result<Option<Record>, StoreError> {
        self.one_record(key)
    }

    async fn records(&mut self, keys: &[Key]) -> Result<Vec<Record>, StoreError> {
        let mut records = Vec::with_capacity(keys.len());
        for key in keys {
            records.extend(self.one_record(key)?);
        }
        Ok(records)
    }

    async fn aggregate(&mut self, root: &Key) -> Result<Vec<Record>, StoreError> {
        let Some(record) = self.one_record(root)? else {
            return Ok(Vec::new());
        };
        let mut aggregate = vec![record];
        let scope = self.scope.clone();
        let connection = self.connection()?;
        let sql = format!(
            "SELECT {RECORD_COLUMNS} FROM records r WHERE r.realm = ?1 AND r.root_kind = ?2 AND r.root_id = ?3 \
             ORDER BY r.created_at, r.kind, r.id"
        );
        let mut statement = connection.prepare_cached(&sql).map_err(store_error)?;
        let mut found = statement
            .query(params![scope.realm.as_str(), root.kind, root.id])
            .map_err(store_error)?;
        while let Some(row) = found.next().map_err(store_error)? {
            let record = rows::record(row)?;
            if is_visible(&scope, &record) {
                aggregate.push(record);
            }
        }
        Ok(aggregate)
    }

    async fn list(&mut self, query: &ListQuery) -> Result<Vec<Record>, StoreError> {
        let (registry, scope, query) = (self.registry, self.scope.clone(), query.clone());
        let few = self.options.few_rows;
        self.apart(move |connection| {
            let lead = lead::of(connection, &registry, &scope, &query, few)?;
            let statement = sql::list(Dialect::Sqlite, &registry, &scope, &query, lead)?;
            select(connection, &statement)
        })
        .await
    }

    async fn count(&mut self, query: &ListQuery) -> Result<u64, StoreError> {
        let budget = self.options.count_rows;
        let (registry, scope, query) = (self.registry, self.scope.clone(), query.clone());
        let few = self.options.few_rows;
        let counted = self
            .apart(move |connection| {
                let lead = lead::of(connection, &registry, &scope, &query, few)?;
                let most = budget.saturating_add(1);
                let statement = sql::count(Dialect::Sqlite, &registry, &scope, &query, lead, most)?;
                number(connection, &statement)
            })
            .await?;
        match u64::try_from(counted) {
            Ok(counted) if counted <= budget => Ok(counted),
            _ => Err(StoreError::TooBroad),
        }
    }

    async fn inverse(
        &mut self,
        kinds: &[&str],
        via: &str,
        targets: &[String],
        limit: u64,
    ) -> Result<Vec<Record>, StoreError> {
        let statement = sql::inverse(
            Dialect::Sqlite,
            &self.registry,
            &self.scope,
            (kinds, via),
            targets,
            limit,
        )?;
        select(self.connection()?, &statement)
    }

    async fn counter(&mut self, name: &str) -> Result<i64, StoreError> {
        let realm = self.scope.realm.clone();
        check::counter_value(self.connection()?, realm.as_str(), name).map_err(store_error)
    }

    async fn counters(&mut self, names: &[String]) -> Result<Vec<i64>, StoreError> {
        let realm = self.scope.realm.clone();
        let connection = self.connection()?;
        let mut values = Vec::with_capacity(names.len());
        for name in names {
            let value = check::counter_value(connection, realm.as_str(), name);
            values.push(value.map_err(store_error)?);
        }
        Ok(values)
    }

    async fn claim(&mut self, claim: &ClaimKey) -> Result<Option<String>, StoreError> {
        let realm = self.scope.realm.clone();
        check::claim_owner(self.connection()?, realm.as_str(), claim).map_err(store_error)
    }

    async fn operation(&mut self, id: &str) -> Result<Option<Operation>, StoreError> {
        Ok(self.select_operations("id = ?2", &id)?.pop())
    }

    async fn operations(&mut self, order_id: &str) -> Result<Vec<Operation>, StoreError> {
        self.select_operations("order_id = ?2 ORDER BY created_at, id", &order_id)
    }

    async fn operations_for_a_person(&mut self, limit: u64) -> Result<Vec<Operation>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let waiting = "status = 'needs_person' ORDER BY created_at, id LIMIT ?2";
        self.select_operations(waiting, &limit)
    }

    async fn calls(&mut self, order_id: &str) -> Result<Vec<Call>, StoreError> {
        let realm = self.scope.realm.clone();
        calls::of_order(self.connection()?, &realm, order_id)
    }

    async fn orders_of_call(&mut self, id: &str) -> Result<Vec<String>, StoreError> {
        let realm = self.scope.realm.clone();
        calls::orders_of(self.connection()?, &realm, "calls", id)
    }

    async fn orders_of_correlation(&mut self, id: &str) -> Result<Vec<String>, StoreError> {
        let realm = self.scope.realm.clone();
        calls::orders_of(self.connection()?, &realm, "correlations", id)
    }

    async fn ledger(&mut self, order_id: &str) -> Result<Vec<LedgerEntry>, StoreError> {
        let realm = self.scope.realm.clone();
        check::ledger_entries(self.connection()?, realm.as_str(), order_id)
    }

    async fn balances(&mut self, order_id: &str) -> Result<Balances, StoreError> {
        let realm = self.scope.realm.clone();
        let entries = check::ledger_entries(self.connection()?, realm.as_str(), order_id)?;
        Ok(Balances::of(&entries))
    }

    async fn timers(&mut self, subject: &str) -> Result<Vec<Timer>, StoreError> {
        let realm = self.scope.realm.clone();
        let mut statement = self
            .connection()?
            .prepare_cached(
                "SELECT id, kind, subject, payload, due_at, attempts FROM timers \
                 WHERE realm = ?1 AND subject = ?2 ORDER BY due_at, id",
            )
            .map_err(store_error)?;
        let mut found = statement
            .query(params![realm.as_str(), subject])
            .map_err(store_error)?;
        let mut timers = Vec::new();
        while let Some(row) = found.next().map_err(store_error)? {
            timers.push(rows::timer(row, 0)?);
        }
        Ok(timers)
    }

    async fn idempotency(
        &mut self,
        key: &str,
    ) -> Result<Option<(String, Option<Vec<u8>>)>, StoreError> {
        let realm = self.scope.realm.clone();
        self.connection()?
            .prepare_cached(
                "SELECT fingerprint, reply FROM idempotency WHERE realm = ?1 AND key = ?2",
            )
            .and_then(|mut statement| {
                statement
                    .query_row(params![realm.as_str(), key], |row| {
                        Ok((row.get(0)?, row.get(1)?))
                    })
                    .optional()
            })
            .map_err(store_error)
    }
}

impl SqliteSnapshot {
    fn select_operations(
        &mut self,
        condition: &str,
        value: &dyn ToSql,
    ) -> Result<Vec<Operation>, StoreError> {
        let realm = self.scope.realm.clone();
        let sql = format!(
            "SELECT id, order_id, kind, status, request, context, outcome, attempts, created_at, updated_at \
             FROM operations WHERE realm = ?1 AND {condition}"
        );
        let mut statement = self
            .connection()?
            .prepare_cached(&sql)
            .map_err(store_error)?;
        let mut found = statement
            .query(params![realm.as_str(), value])
            .map_err(store_error)?;
        let mut operations = Vec::new();
        while let Some(row) = found.next().map_err(store_error)? {
            operations.push(rows::operation(row)?);
        }
        Ok(operations)
    }
}

/// The one number that a statement returns.
pub(crate) fn number(connection: &Connection, statement: &Statement) -> Result<i64, StoreError> {
    connection
        .prepare_cached(&statement.text)
        .and_then(|mut prepared| prepared.query_row(bound(statement), |row| row.get(0)))
        .map_err(store_error)
}

fn select(connection: &Connection, statement: &Statement) -> Result<Vec<Record>, StoreError> {
    let mut prepared = connection
        .prepare_cached(&statement.text)
        .map_err(store_error)?;
    let mut found = prepared.query(bound(statement)).map_err(store_error)?;
    let mut records = Vec::new();
    while let Some(row) = found.next().map_err(store_error)? {
        records.push(rows::record(row)?);
    }
    Ok(records)
}
