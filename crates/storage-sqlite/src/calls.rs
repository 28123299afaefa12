//! Calls kept for people, and Klarna's correlation ids.
//!
//! Invariant: bounded by order, in all and by age, checked where rows are added; nothing here is worth an fsync.

use kassa_storage::call::correlation_ids;
use kassa_storage::{Call, CallLimits, Operation, Realm, StoreError};
use rusqlite::{Connection, params};

use crate::rows::{self, store_error};

/// Keeps `calls`, at machine time `now` (µs), and gives up what their orders have too many of.
pub(crate) fn keep(
    connection: &Connection,
    calls: &[Call],
    limits: CallLimits,
    now: i64,
) -> rusqlite::Result<()> {
    for call in calls {
        connection
            .prepare_cached(
                "INSERT INTO calls (realm, order_id, at, id, spare, detail, kept_at) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING",
            )?
            .execute(params![
                call.realm.as_str(),
                call.order_id,
                call.at,
                call.id,
                call.spare,
                call.detail.to_string(),
                now,
            ])?;
    }
    let mut orders: Vec<(&Realm, &str)> = calls
        .iter()
        .map(|call| (&call.realm, call.order_id.as_str()))
        .collect();
    orders.sort_unstable();
    orders.dedup();
    for (realm, order_id) in orders {
        thin(connection, realm, order_id, limits)?;
    }
    Ok(())
}

/// Deletes what an order has beyond its limit: spare calls first, then the oldest.
fn thin(
    connection: &Connection,
    realm: &Realm,
    order_id: &str,
    limits: CallLimits,
) -> rusqlite::Result<()> {
    let count: i64 = connection
        .prepare_cached("SELECT COUNT(*) FROM calls WHERE realm = ?1 AND order_id = ?2")?
        .query_row(params![realm.as_str(), order_id], |row| row.get(0))?;
    let limit = i64::try_from(limits.of_order).unwrap_or(i64::MAX);
    if count <= limit {
        return Ok(());
    }
    connection
        .prepare_cached(
            "DELETE FROM calls WHERE rowid IN (SELECT rowid FROM calls WHERE realm = ?1 AND order_id = ?2 \
             ORDER BY spare DESC, at, rowid LIMIT ?3)",
        )?
        .execute(params![realm.as_str(), order_id, count - limit])?;
    Ok(())
}

/// Deletes up to `most` of the oldest calls that are too old or too many; returns how many.
pub(crate) fn prune(
    connection: &Connection,
    limits: CallLimits,
    now: i64,
    most: i64,
) -> rusqlite::Result<usize> {
    // Rows are numbered as they come, so the span of the numbers bounds their count without counting.
    connection
        .prepare_cached(
            "DELETE FROM calls WHERE rowid IN (SELECT number FROM \
             (SELECT rowid AS number, kept_at FROM calls ORDER BY kept_at, rowid LIMIT ?3) \
             WHERE kept_at < ?1 OR number <= (SELECT MAX(rowid) FROM calls) - ?2)",
        )?
        .execute(params![
            now.saturating_sub(limits.age_us),
            i64::try_from(limits.in_all).unwrap_or(i64::MAX),
            most,
        ])
}

/// The calls about an order, oldest first.
pub(crate) fn of_order(
    connection: &Connection,
    realm: &Realm,
    order_id: &str,
) -> Result<Vec<Call>, StoreError> {
    let mut statement = connection
        .prepare_cached(
            "SELECT id, order_id, at, spare, detail FROM calls WHERE realm = ?1 AND order_id = ?2 ORDER BY at, rowid",
        )
        .map_err(store_error)?;
    let mut found = statement
        .query(params![realm.as_str(), order_id])
        .map_err(store_error)?;
    let mut calls = Vec::new();
    while let Some(row) = found.next().map_err(store_error)? {
        calls.push(rows::call(row, realm)?);
    }
    Ok(calls)
}

/// Writes the correlation ids of `operation`; known ones stay.
pub(crate) fn write_correlations(
    connection: &Connection,
    realm: &str,
    operation: &Operation,
) -> rusqlite::Result<()> {
    for id in correlation_ids(operation) {
        connection
            .prepare_cached(
                "INSERT INTO correlations (realm, id, order_id) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
            )?
            .execute(params![realm, id, operation.order_id])?;
    }
    Ok(())
}

/// Ids of the orders that `table` (`calls` or `correlations`) has under `id`.
pub(crate) fn orders_of(
    connection: &Connection,
    realm: &Realm,
    table: &'static str,
    id: &str,
) -> Result<Vec<String>, StoreError> {
    connection
        .prepare_cached(&format!(
            "SELECT order_id FROM {table} WHERE realm = ?1 AND id = ?2 ORDER BY order_id"
        ))
        .and_then(|mut statement| {
            let found = statement.query_map(params![realm.as_str(), id], |row| row.get(0))?;
            found.collect()
        })
        .map_err(store_error)
}
