//! Where a statement starts, for an engine that plans with fixed statistics and cannot know.
//!
//! Invariant: a lead changes the order of work, never what is found. SQLite is told which condition few rows meet, as
//! counted a moment ago ([`probes`]), or that none is; PostgreSQL gathers statistics and is told nothing.

use crate::descriptor::{Registry, RelationshipSource};
use crate::query::{Filter, ListQuery};
use crate::record::Scope;
use crate::store::StoreError;

use super::condition::{equal_texts, field, index_texts, is_equality, is_indexed, stored_to_one};
use super::value::FieldType;
use super::{Builder, Dialect, SqlValue, Statement, plain_name};

/// Where a statement starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lead {
    /// Wherever the engine wants to.
    Engine,
    /// At the rows that the condition of this number meets, of those that [`probes`] counts; the others are checked row
    /// by row.
    Condition(usize),
    /// At the rows in the order asked for: all conditions are checked row by row, until the page is full.
    Order,
}

/// A condition that the links table answers, or narrows down.
pub(super) struct Linked {
    /// Name of the link.
    name: &'static str,
    /// What its target may be.
    targets: Vec<String>,
    /// Whether a record has one such link at most, and the link says all.
    decides: bool,
}

/// Statements that count the rows which each condition on the links table meets, no further than `enough`.
///
/// # Errors
/// [`StoreError::UnknownField`] when the query names what no descriptor has.
pub fn probes(
    dialect: Dialect,
    registry: &Registry,
    scope: &Scope,
    query: &ListQuery,
    enough: u64,
) -> Result<Vec<Statement>, StoreError> {
    let mut statements = Vec::new();
    for condition in conditions(&query.filter) {
        let mut sql = Builder::new(dialect, registry, scope);
        let Some(linked) = sql.linked(&query.kinds, condition) else {
            continue;
        };
        sql.push("SELECT COUNT(*) FROM (SELECT 1 FROM links l WHERE ");
        sql.push_link("l", &query.kinds, &linked)?;
        sql.push(" LIMIT ");
        sql.bind(SqlValue::Integer(i64::try_from(enough).unwrap_or(i64::MAX)));
        sql.push(") counted");
        statements.push(sql.finish());
    }
    Ok(statements)
}

/// What must all hold, nested conjunctions laid open.
fn conditions(filter: &Filter) -> Vec<&Filter> {
    match filter {
        Filter::Everything => Vec::new(),
        Filter::All(parts) => parts.iter().flat_map(conditions).collect(),
        other => vec![other],
    }
}

impl Builder<'_> {
    /// ` AND <condition>` for each, with the one that leads left to the engine and the others checked row by row.
    pub(super) fn push_led(
        &mut self,
        alias: &str,
        kinds: &[&str],
        filter: &Filter,
        lead: Lead,
    ) -> Result<(), StoreError> {
        if lead == Lead::Engine {
            return self.push_filter(alias, kinds, filter);
        }
        let mut number = 0;
        for condition in conditions(filter) {
            if self.linked(kinds, condition).is_some() {
                self.checked = lead != Lead::Condition(number);
                number += 1;
            }
            self.push_filter(alias, kinds, condition)?;
            self.checked = false;
        }
        Ok(())
    }

    /// Counts in the links table alone, when that answers everything; `false` when it does not.
    pub(super) fn push_count_of_links(
        &mut self,
        query: &ListQuery,
        lead: Lead,
    ) -> Result<bool, StoreError> {
        let scoped = self.scope.market.is_some() || self.scope.owner.is_some();
        let mut all = Vec::new();
        for condition in conditions(&query.filter) {
            match self.linked(&query.kinds, condition) {
                Some(linked) if linked.decides => all.push(linked),
                _ => return Ok(false),
            }
        }
        let first = match lead {
            Lead::Engine => return Ok(false),
            Lead::Condition(number) => number,
            Lead::Order => 0,
        };
        if scoped || query.kinds.len() != 1 || first >= all.len() {
            return Ok(false);
        }
        let first = all.remove(first);
        self.push("SELECT 1 FROM links f WHERE ");
        self.push_link("f", &query.kinds, &first)?;
        for other in all {
            self.push(" AND 0 < (SELECT COUNT(*) FROM links l WHERE ");
            self.push_link("l", &query.kinds, &other)?;
            self.push(" AND l.from_id = f.from_id)");
        }
        Ok(true)
    }

    /// The condition as a link, if it is one.
    pub(super) fn linked(&self, kinds: &[&str], condition: &Filter) -> Option<Linked> {
        let Filter::Field(path, test) = condition else {
            return None;
        };
        if !is_equality(test) {
            return None;
        }
        let ids = || equal_texts(FieldType::Text, test).collect();
        match path.through.as_slice() {
            [] => match stored_to_one(self, kinds, path.field) {
                Some(relationship) => Some(Linked {
                    name: relationship.name,
                    targets: ids(),
                    decides: true,
                }),
                None if is_indexed(self, kinds, path.field) => {
                    let (_, ty) = field(self, "r", kinds, path.field).ok()?;
                    Some(Linked {
                        name: path.field,
                        targets: index_texts(ty, test),
                        decides: false,
                    })
                }
                None => None,
            },
            [only] if path.field == "id" && only.source == RelationshipSource::Stored => {
                Some(Linked {
                    name: only.name,
                    targets: ids(),
                    decides: !only.many,
                })
            }
            _ => None,
        }
    }

    fn push_link(
        &mut self,
        alias: &str,
        kinds: &[&str],
        linked: &Linked,
    ) -> Result<(), StoreError> {
        self.push(&format!("{alias}.realm = "));
        self.bind_text(self.scope.realm.as_str());
        let name = plain_name(linked.name)?;
        self.push(&format!(" AND {alias}.name = '{name}' AND "));
        self.push_kinds(&format!("{alias}.from_kind"), kinds)?;
        self.push(" AND ");
        let target = format!("{alias}.to_id");
        if let [only] = linked.targets.as_slice() {
            self.push(&format!("{target} = "));
            self.bind_text(only);
        } else {
            self.push_in_list(&target, SqlValue::Texts(linked.targets.clone()));
        }
        Ok(())
    }
}
