//! The versions of a row: found by what they tell of.

use kassa_storage::{Filter, Key, ListQuery, Page, Record, Sort, Test};
use serde_json::Value;

use super::computed::Targets;
use super::{Reader, rows};
use crate::error::GatewayError;

/// Versions that one request may bring in; beyond it the list of `versions` with a filter is the way.
const ROWS: u64 = 1_000;

impl Reader<'_> {
    /// The versions of `sources`, all of one type, oldest first.
    pub(super) async fn versions_of(
        &mut self,
        sources: &[&Record],
    ) -> Result<Targets, GatewayError> {
        let ids: Vec<Value> = sources
            .iter()
            .map(|source| source.key.id.clone().into())
            .collect();
        let kinds: Vec<Value> = sources
            .iter()
            .map(|source| source.key.kind.as_ref().into())
            .collect();
        let query = ListQuery {
            kinds: vec!["versions"],
            filter: Filter::All(vec![
                rows::field("resource_id", Test::In(ids)),
                rows::field("resource_type", Test::In(kinds)),
            ]),
            sort: vec![Sort {
                field: "created_at",
                descending: false,
            }],
            page: Page {
                offset: 0,
                limit: ROWS,
            },
        };
        let mut targets = Targets::new();
        for version in self.snapshot.list(&query).await? {
            let source = sources
                .iter()
                .find(|source| Some(source.key.id.as_str()) == version.text("resource_id"));
            if let Some(source) = source {
                let found: &mut Vec<Key> = targets.entry(source.key.clone()).or_default();
                found.push(version.key.clone());
            }
            self.fetched.insert(version.key.clone(), version);
        }
        Ok(targets)
    }
}
