//! The tables, as numbered migrations of one statement each.
//!
//! Invariant: a migration that was released never changes; a new one is appended. Every primary key begins with
//! the realm, columns are TEXT, BIGINT, BOOLEAN, bytes or JSON, and times are epoch microseconds. Descriptors add
//! rows to the links table, never statements here.

use super::Dialect;

/// One step of the schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migration {
    /// Its number: 1 and up, without gaps.
    pub number: i64,
    /// One statement.
    pub sql: String,
}

/// All steps, oldest first.
#[must_use]
pub fn migrations(dialect: Dialect) -> Vec<Migration> {
    let (json, bytes, narrow, due, mode_due, answered) = match dialect {
        // A row without a body lives in its key's own tree; all buckets are one worker's on SQLite.
        Dialect::Sqlite => (
            "TEXT",
            "BLOB",
            " WITHOUT ROWID",
            "due_at",
            "live, due_at",
            ANSWERED_SQLITE,
        ),
        Dialect::Postgres => (
            "JSONB",
            "BYTEA",
            "",
            "bucket, due_at",
            "bucket, live, due_at",
            ANSWERED_POSTGRES,
        ),
    };
    STEPS
        .iter()
        .zip(1..)
        .map(|(step, number)| Migration {
            number,
            sql: step
                .replace("{json}", json)
                .replace("{bytes}", bytes)
                .replace("{narrow}", narrow)
                .replace("{due}", due)
                .replace("{mode_due}", mode_due)
                .replace("{answered}", answered),
        })
        .collect()
}

const STEPS: &[&str] = &[
    "CREATE TABLE meta (name TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL){narrow}",
    // root_kind and root_id are null on a root. links is the written form of the row's links.
    "CREATE TABLE records (realm TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, root_kind TEXT, root_id TEXT, \
     version BIGINT NOT NULL, schema BIGINT NOT NULL, market TEXT, owner TEXT, body {json} NOT NULL, \
     links TEXT NOT NULL, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL, PRIMARY KEY (realm, kind, id))",
    "CREATE INDEX records_of_root ON records (realm, root_kind, root_id) WHERE root_id IS NOT NULL",
    "CREATE INDEX records_in_order ON records (realm, kind, created_at, id)",
    // to_kind is empty for an indexed attribute; to_id is its value then.
    "CREATE TABLE links (realm TEXT NOT NULL, from_kind TEXT NOT NULL, name TEXT NOT NULL, to_id TEXT NOT NULL, \
     from_id TEXT NOT NULL, to_kind TEXT NOT NULL, PRIMARY KEY (realm, from_kind, name, to_id, from_id, to_kind)){narrow}",
    "CREATE TABLE counters (realm TEXT NOT NULL, name TEXT NOT NULL, value BIGINT NOT NULL, \
     PRIMARY KEY (realm, name)){narrow}",
    "CREATE TABLE claims (realm TEXT NOT NULL, kind TEXT NOT NULL, value TEXT NOT NULL, owner TEXT NOT NULL, \
     PRIMARY KEY (realm, kind, value)){narrow}",
    // request, context and outcome come back byte for byte: text, not JSONB.
    "CREATE TABLE operations (realm TEXT NOT NULL, id TEXT NOT NULL, order_id TEXT NOT NULL, kind TEXT NOT NULL, \
     status TEXT NOT NULL, request TEXT NOT NULL, context TEXT NOT NULL, outcome TEXT, attempts BIGINT NOT NULL, \
     created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL, PRIMARY KEY (realm, id))",
    "CREATE INDEX operations_of_order ON operations (realm, order_id)",
    "CREATE TABLE ledger (realm TEXT NOT NULL, id TEXT NOT NULL, order_id TEXT NOT NULL, kind TEXT NOT NULL, \
     amount BIGINT NOT NULL, currency TEXT NOT NULL, phase TEXT NOT NULL, discrepancy BOOLEAN NOT NULL, \
     at BIGINT NOT NULL, PRIMARY KEY (realm, id))",
    "CREATE INDEX ledger_of_order ON ledger (realm, order_id)",
    "CREATE TABLE outbox (realm TEXT NOT NULL, id TEXT NOT NULL, bucket BIGINT NOT NULL, topic TEXT NOT NULL, \
     payload TEXT NOT NULL, due_at BIGINT NOT NULL, attempts BIGINT NOT NULL, lease_until BIGINT NOT NULL, \
     PRIMARY KEY (realm, id))",
    "CREATE INDEX outbox_due ON outbox ({due})",
    "CREATE TABLE timers (realm TEXT NOT NULL, id TEXT NOT NULL, bucket BIGINT NOT NULL, kind TEXT NOT NULL, \
     subject TEXT NOT NULL, payload TEXT NOT NULL, due_at BIGINT NOT NULL, attempts BIGINT NOT NULL, \
     lease_until BIGINT NOT NULL, PRIMARY KEY (realm, id))",
    "CREATE INDEX timers_due ON timers ({due})",
    "CREATE INDEX timers_of_subject ON timers (realm, subject)",
    "CREATE TABLE idempotency (realm TEXT NOT NULL, key TEXT NOT NULL, fingerprint TEXT NOT NULL, reply {bytes}, \
     at BIGINT NOT NULL, PRIMARY KEY (realm, key))",
    "CREATE INDEX idempotency_by_time ON idempotency (at)",
    "CREATE TABLE commits (realm TEXT NOT NULL, id TEXT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (realm, id)){narrow}",
    "CREATE INDEX commits_by_time ON commits (at)",
    // Test and live mode have business clocks of their own, so due times of the two do not compare.
    "ALTER TABLE timers ADD COLUMN live BOOLEAN NOT NULL DEFAULT FALSE",
    "UPDATE timers SET live = TRUE WHERE realm LIKE '%.live'",
    "DROP INDEX timers_due",
    "CREATE INDEX timers_due_by_mode ON timers ({mode_due})",
    // detail comes back as it was written: text, not JSONB. kept_at is machine time.
    "CREATE TABLE calls (realm TEXT NOT NULL, order_id TEXT NOT NULL, at BIGINT NOT NULL, id TEXT NOT NULL, \
     spare BOOLEAN NOT NULL, detail TEXT NOT NULL, kept_at BIGINT NOT NULL, PRIMARY KEY (realm, order_id, id))",
    "CREATE INDEX calls_by_id ON calls (realm, id)",
    "CREATE INDEX calls_by_time ON calls (kept_at)",
    // Klarna's correlation ids, by the order whose operations made the calls.
    "CREATE TABLE correlations (realm TEXT NOT NULL, id TEXT NOT NULL, order_id TEXT NOT NULL, \
     PRIMARY KEY (realm, id, order_id)){narrow}",
    "INSERT INTO correlations (realm, id, order_id) SELECT DISTINCT o.realm, {answered} \
     ON CONFLICT DO NOTHING",
    // Few rows at any time, so that looking for them is free and writing all others too.
    "CREATE INDEX operations_for_a_person ON operations (realm, created_at, id) WHERE status = 'needs_person'",
];

/// Correlation id and order of every call in an operation's outcome.
const ANSWERED_SQLITE: &str = "json_extract(c.value, '$.correlation_id'), o.order_id \
     FROM operations o, json_each(o.outcome, '$.calls') c \
     WHERE json_extract(c.value, '$.correlation_id') IS NOT NULL";
const ANSWERED_POSTGRES: &str = "c.value->>'correlation_id', o.order_id FROM operations o, \
     jsonb_array_elements(CASE jsonb_typeof(CAST(o.outcome AS JSONB)->'calls') \
     WHEN 'array' THEN CAST(o.outcome AS JSONB)->'calls' ELSE CAST('[]' AS JSONB) END) AS c(value) \
     WHERE c.value->>'correlation_id' IS NOT NULL";
