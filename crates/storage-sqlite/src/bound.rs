//! Values of a built statement as SQLite takes them.
//!
//! Invariant: a list travels as one JSON array, so that a statement's text does not depend on how long it is.

use kassa_storage::sql::{SqlValue, Statement};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{ToSql, params_from_iter};

/// The statement's values as parameters.
pub(crate) fn bound(statement: &Statement) -> impl rusqlite::Params + '_ {
    params_from_iter(statement.values.iter().map(Bound))
}

struct Bound<'a>(&'a SqlValue);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self.0 {
            SqlValue::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            SqlValue::Integer(number) => ToSqlOutput::from(*number),
            SqlValue::Boolean(fact) => ToSqlOutput::from(*fact),
            SqlValue::Texts(texts) => ToSqlOutput::from(json_list(texts)?),
            SqlValue::Integers(numbers) => ToSqlOutput::from(json_list(numbers)?),
        })
    }
}

/// A list travels as one JSON array.
fn json_list(values: &impl serde::Serialize) -> rusqlite::Result<String> {
    serde_json::to_string(values)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
}
