//! The statements that read many records: list, count, inverse.
//!
//! Invariant: every list has a total order, so a page never depends on the engine's mood.

use crate::query::ListQuery;
use crate::record::Scope;
use crate::store::StoreError;

use super::condition::field;
use super::{Builder, Dialect, Lead, SqlValue, Statement};
use crate::descriptor::Registry;

/// The columns that these statements return, in order.
pub const COLUMNS: &str = "r.kind, r.id, r.root_kind, r.root_id, r.version, r.schema, r.market, r.owner, \
                           r.body, r.created_at, r.updated_at";

/// A page of records, read from `lead` on.
///
/// # Errors
/// [`StoreError::UnknownField`] when the query names what no descriptor has.
pub fn list(
    dialect: Dialect,
    registry: &Registry,
    scope: &Scope,
    query: &ListQuery,
    lead: Lead,
) -> Result<Statement, StoreError> {
    let mut sql = Builder::new(dialect, registry, scope);
    sql.push("SELECT ");
    sql.push(COLUMNS);
    sql.push(" FROM records r WHERE ");
    sql.push_visible("r", &query.kinds)?;
    sql.push_led("r", &query.kinds, &query.filter, lead)?;
    sql.push(" ORDER BY ");
    for sort in &query.sort {
        let (expression, _) = field(&sql, "r", &query.kinds, sort.field)?;
        sql.push(&expression);
        // Absent values count as smallest on both engines; SQLite does so by itself.
        sql.push(match (dialect, sort.descending) {
            (Dialect::Sqlite, false) => ", ",
            (Dialect::Sqlite, true) => " DESC, ",
            (Dialect::Postgres, false) => " NULLS FIRST, ",
            (Dialect::Postgres, true) => " DESC NULLS LAST, ",
        });
    }
    sql.push("r.created_at, r.id LIMIT ");
    sql.bind(bounded(query.page.limit));
    sql.push(" OFFSET ");
    sql.bind(bounded(query.page.offset));
    Ok(sql.finish())
}

/// How many records the filter selects, counted from `lead` on and no further than `budget`.
///
/// # Errors
/// [`StoreError::UnknownField`] when the query names what no descriptor has.
pub fn count(
    dialect: Dialect,
    registry: &Registry,
    scope: &Scope,
    query: &ListQuery,
    lead: Lead,
    budget: u64,
) -> Result<Statement, StoreError> {
    let mut sql = Builder::new(dialect, registry, scope);
    sql.push("SELECT COUNT(*) FROM (");
    if !sql.push_count_of_links(query, lead)? {
        sql.push("SELECT 1 FROM records r WHERE ");
        sql.push_visible("r", &query.kinds)?;
        sql.push_led("r", &query.kinds, &query.filter, lead)?;
    }
    sql.push(" LIMIT ");
    sql.bind(bounded(budget));
    sql.push(") counted");
    Ok(sql.finish())
}

/// Records of `kinds` whose stored relationship `via` points to one of `targets`, oldest first.
///
/// # Errors
/// [`StoreError::UnknownField`] for a type or relationship that is no plain name.
pub fn inverse(
    dialect: Dialect,
    registry: &Registry,
    scope: &Scope,
    (kinds, via): (&[&str], &str),
    targets: &[String],
    limit: u64,
) -> Result<Statement, StoreError> {
    let mut sql = Builder::new(dialect, registry, scope);
    sql.push("SELECT ");
    sql.push(COLUMNS);
    sql.push(" FROM records r WHERE ");
    sql.push_visible("r", kinds)?;
    sql.push(" AND ");
    sql.push_link_sources("r", kinds, via)?;
    sql.push_in_list("l.to_id", SqlValue::Texts(targets.to_vec()));
    sql.push(") ORDER BY r.created_at, r.id LIMIT ");
    sql.bind(bounded(limit));
    Ok(sql.finish())
}

fn bounded(number: u64) -> SqlValue {
    SqlValue::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}
