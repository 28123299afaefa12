//! SQL for both engines, built from descriptors.
//!
//! Invariant: only names found in a descriptor become SQL text and every value is bound, as `$1`, `$2`, ... in the
//! order of the text (SQLite numbers `$n` by first appearance). Every statement is limited to one realm, and to
//! the market and owner of its scope, subqueries included.

mod attribute;
mod comparison;
mod condition;
mod contains;
mod lead;
mod schema;
mod select;
#[cfg(test)]
mod tests;
mod value;

pub use lead::{Lead, probes};
pub use schema::{Migration, migrations};
pub use select::{COLUMNS, count, inverse, list};
pub use value::SqlValue;

use std::fmt::Write as _;

use crate::descriptor::Registry;
use crate::record::Scope;
use crate::store::StoreError;

/// The engine that a statement is written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// SQLite 3.45 or later; bodies are JSON text.
    Sqlite,
    /// PostgreSQL 15 or later, collation C; bodies are JSONB.
    Postgres,
}

/// A statement and the values of its placeholders, in order.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// The text, with `$1`, `$2`, ...
    pub text: String,
    /// The values.
    pub values: Vec<SqlValue>,
}

/// A statement in the making.
struct Builder<'a> {
    dialect: Dialect,
    registry: &'a Registry,
    scope: &'a Scope,
    text: String,
    values: Vec<SqlValue>,
    aliases: usize,
    /// Whether the next condition on links is checked row by row: see [`Lead`].
    checked: bool,
}

impl<'a> Builder<'a> {
    fn new(dialect: Dialect, registry: &'a Registry, scope: &'a Scope) -> Self {
        Self {
            dialect,
            registry,
            scope,
            text: String::with_capacity(512),
            values: Vec::new(),
            aliases: 0,
            checked: false,
        }
    }

    fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Binds `value` where the text stands.
    fn bind(&mut self, value: SqlValue) {
        self.values.push(value);
        write!(self.text, "${}", self.values.len()).expect("a string takes any text");
    }

    fn bind_text(&mut self, value: &str) {
        self.bind(SqlValue::Text(value.to_owned()));
    }

    /// A fresh table alias with this letter.
    fn alias(&mut self, letter: char) -> String {
        self.aliases += 1;
        format!("{letter}{}", self.aliases)
    }

    /// `<alias>.realm = $n AND <alias>.kind ...` and the scope's market and owner.
    fn push_visible(&mut self, alias: &str, kinds: &[&str]) -> Result<(), StoreError> {
        self.push(alias);
        self.push(".realm = ");
        self.bind_text(self.scope.realm.as_str());
        self.push(" AND ");
        self.push_kinds(&format!("{alias}.kind"), kinds)?;
        let scope = self.scope;
        for (column, value) in [("market", &scope.market), ("owner", &scope.owner)] {
            if let Some(value) = value {
                self.push(&format!(" AND ({alias}.{column} = "));
                self.bind_text(value);
                self.push(&format!(" OR {alias}.{column} IS NULL)"));
            }
        }
        Ok(())
    }

    /// Types are written as literals: they are few, and the planner sees how many there are.
    fn push_kinds(&mut self, column: &str, kinds: &[&str]) -> Result<(), StoreError> {
        for kind in kinds {
            plain_name(kind)?;
        }
        match kinds {
            [] => self.push("1 = 0"),
            [kind] => self.push(&format!("{column} = '{kind}'")),
            _ => self.push(&format!("{column} IN ('{}')", kinds.join("', '"))),
        }
        Ok(())
    }

    /// `<expression> IN (<values>)` with one placeholder, so that the text does not depend on how many there are.
    fn push_in_list(&mut self, expression: &str, values: SqlValue) {
        match self.dialect {
            Dialect::Sqlite => {
                self.push(&format!("{expression} IN (SELECT value FROM json_each("));
                self.bind(values);
                self.push("))");
            }
            Dialect::Postgres => {
                self.push(&format!("{expression} = ANY("));
                self.bind(values);
                self.push(")");
            }
        }
    }

    fn finish(self) -> Statement {
        Statement {
            text: self.text,
            values: self.values,
        }
    }
}

/// Passes a name that may stand in SQL text: descriptor names are lower-case words joined by underscores.
fn plain_name(name: &str) -> Result<&str, StoreError> {
    let plain = !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if plain {
        Ok(name)
    } else {
        Err(StoreError::UnknownField(name.to_owned()))
    }
}
