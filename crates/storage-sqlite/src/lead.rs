//! Where a list or a count starts.
//!
//! Invariant: statistics are the same in every database, so that plans are; how many rows a condition meets is looked
//! up here for each query, and no further than needed.

use kassa_storage::sql::{self, Dialect, Lead};
use kassa_storage::{ListQuery, Registry, Scope, StoreError};
use rusqlite::Connection;

use crate::snapshot::number;

/// The condition that fewest rows meet, if those are fewer than `few`.
pub(crate) fn of(
    connection: &Connection,
    registry: &Registry,
    scope: &Scope,
    query: &ListQuery,
    few: u64,
) -> Result<Lead, StoreError> {
    let probes = sql::probes(Dialect::Sqlite, registry, scope, query, few)?;
    let mut fewest = None;
    for (condition, probe) in probes.iter().enumerate() {
        let rows = number(connection, probe)?;
        if fewest.is_none_or(|(_, least)| rows < least) {
            fewest = Some((condition, rows));
        }
        if rows == 0 {
            break;
        }
    }
    let few = i64::try_from(few).unwrap_or(i64::MAX);
    Ok(match fewest {
        None => Lead::Engine,
        Some((condition, rows)) if rows < few => Lead::Condition(condition),
        Some(_) => Lead::Order,
    })
}
