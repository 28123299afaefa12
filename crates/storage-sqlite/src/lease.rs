//! Leasing timers and messages.
//!
//! Invariant: while a lease holds, no other worker gets the row. Leases need no fsync of their own: after a power
//! cut a lost lease only means that the row is handled once more, which handlers must bear anyway.

use kassa_storage::store::Lease;
use kassa_storage::{OutboxMessage, Realm, StoreError, Timer};
use rusqlite::{Connection, Row, ToSql, params};

use crate::rows;

/// Leases timers; each counts one attempt more, the answer shows the attempts before.
pub(crate) fn timers(
    connection: &Connection,
    lease: &Lease,
) -> Result<Vec<(Realm, Timer)>, StoreError> {
    let sql = "UPDATE timers SET lease_until = ?3, attempts = attempts + 1 WHERE (realm, id) IN \
               (SELECT realm, id FROM timers WHERE lease_until <= ?2 \
               AND ((live = FALSE AND due_at <= ?1) OR (live = TRUE AND due_at <= ?6)) \
               AND (?4 = '' OR bucket IN (SELECT value FROM json_each(?4))) ORDER BY due_at, realm, id LIMIT ?5) \
               RETURNING realm, id, kind, subject, payload, due_at, attempts - 1";
    let (buckets, limit) = selection(lease);
    let values = params![
        lease.now,
        lease.machine_now,
        lease.lease_until,
        buckets,
        limit,
        lease.live_now
    ];
    let mut leased = take(connection, sql, values, |row| rows::timer(row, 1))?;
    leased.sort_by(|(_, one), (_, other)| (one.due_at, &one.id).cmp(&(other.due_at, &other.id)));
    Ok(leased)
}

/// Leases messages likewise.
pub(crate) fn outbox(
    connection: &Connection,
    lease: &Lease,
) -> Result<Vec<(Realm, OutboxMessage)>, StoreError> {
    let sql = "UPDATE outbox SET lease_until = ?3, attempts = attempts + 1 WHERE (realm, id) IN \
               (SELECT realm, id FROM outbox WHERE due_at <= ?1 AND lease_until <= ?2 \
               AND (?4 = '' OR bucket IN (SELECT value FROM json_each(?4))) ORDER BY due_at, realm, id LIMIT ?5) \
               RETURNING realm, id, topic, payload, due_at, attempts - 1";
    let (buckets, limit) = selection(lease);
    let values = params![
        lease.now,
        lease.machine_now,
        lease.lease_until,
        buckets,
        limit
    ];
    let mut leased = take(connection, sql, values, |row| rows::message(row, 1))?;
    leased.sort_by(|(_, one), (_, other)| (one.due_at, &one.id).cmp(&(other.due_at, &other.id)));
    Ok(leased)
}

/// Buckets and limit as the statements take them. An empty text stands for all buckets: then `json_each` is never
/// called on it.
fn selection(lease: &Lease) -> (String, i64) {
    let buckets = if lease.buckets.is_empty() {
        String::new()
    } else {
        format!("{:?}", lease.buckets)
    };
    (buckets, i64::try_from(lease.limit).unwrap_or(i64::MAX))
}

fn take<T>(
    connection: &Connection,
    sql: &str,
    values: &[&dyn ToSql],
    read: impl Fn(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Vec<(Realm, T)>, StoreError> {
    let mut statement = connection.prepare_cached(sql).map_err(rows::store_error)?;
    let mut found = statement.query(values).map_err(rows::store_error)?;
    let mut leased = Vec::new();
    while let Some(row) = found.next().map_err(rows::store_error)? {
        let realm = Realm::from_stored(row.get(0).map_err(rows::store_error)?);
        match read(row) {
            Ok(work) => leased.push((realm, work)),
            // One unreadable row must not keep the rest from being handled; its lease keeps it quiet for a while.
            Err(error) => tracing::error!(%error, realm = realm.as_str(), "a due row is skipped"),
        }
    }
    Ok(leased)
}
