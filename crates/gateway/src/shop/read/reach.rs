//! How far one row leads to another: what a caller may reach by `include` and by the routes of relationships.
//!
//! Invariant: a row that a caller could not list or ask for by its id is not reached by a detour either, except what an
//! order that the caller sees consists of.

use std::collections::{BTreeMap, HashSet};

use kassa_storage::{Filter, Key, ListQuery, Page, Record, Test};
use serde_json::Value;

use super::include::ROWS;
use super::ride::of_an_order;
use super::{Reader, rows};
use crate::error::GatewayError;
use crate::shop::resources::registry;

impl Reader<'_> {
    /// Whether the caller may follow a relationship of type `from` to `record`, as far as the row tells.
    pub(super) fn follows(&self, from: &str, record: &Record) -> bool {
        self.includable(record) && self.may_lead(from, record)
    }

    /// The rows among `keys` that only a list can judge and that the caller could not list; none of what an order leads
    /// to, since that was sold.
    pub(super) async fn hidden(
        &mut self,
        from: &str,
        keys: impl Iterator<Item = &Key>,
    ) -> Result<HashSet<Key>, GatewayError> {
        let mut doubtful: BTreeMap<&'static str, HashSet<String>> = BTreeMap::new();
        if self.caller.is_integration() || of_an_order(from) {
            return Ok(HashSet::new());
        }
        for key in keys {
            if let (false, Some(kind)) = (rows::row_tells(&key.kind), registry().find(&key.kind)) {
                doubtful
                    .entry(kind.kind)
                    .or_default()
                    .insert(key.id.clone());
            }
        }
        let mut hidden = HashSet::new();
        for (kind, ids) in doubtful {
            let seen = self.listed(kind, &ids).await?;
            hidden.extend(ids.difference(&seen).map(|id| Key::new(kind, id.clone())));
        }
        Ok(hidden)
    }

    /// Those of `ids` that a list would show to the caller.
    pub(super) async fn listed(
        &mut self,
        kind: &'static str,
        ids: &HashSet<String>,
    ) -> Result<HashSet<String>, GatewayError> {
        let asked = ids.iter().cloned().map(Value::from).collect();
        let query = ListQuery {
            kinds: vec![kind],
            filter: Filter::All(vec![
                rows::field("id", Test::In(asked)),
                rows::list_filter(self.caller, &self.view, kind),
            ]),
            sort: Vec::new(),
            page: Page {
                offset: 0,
                limit: ROWS,
            },
        };
        let found = self.snapshot.list(&query).await?;
        Ok(found.into_iter().map(|record| record.key.id).collect())
    }

    /// Whether an address that nobody owns is for whoever knows its id, as a guest's is: those of merchants and stock
    /// locations are shown beside them and are nobody's to ask for or to change, and those in somebody's address book are
    /// that customer's.
    pub(super) async fn may_know_address(&mut self, id: &str) -> Result<bool, GatewayError> {
        let kinds = ["merchants", "stock_locations", "customer_addresses"];
        let found = self
            .snapshot
            .inverse(&kinds, "address", &[id.to_owned()], ROWS)
            .await?;
        Ok(found.iter().all(|row| {
            self.caller.customer_id.is_some()
                && row.text("customer_id") == self.caller.customer_id.as_deref()
        }))
    }
}
