//! The SKUs behind lists: item by item in their order, or every one whose code matches the pattern.
//!
//! Invariant: bundles, promotions and rules that name a list have its SKUs and no others.

use std::collections::HashMap;

use kassa_storage::{Filter, Key, ListQuery, Page, Record};
use regex::Regex;

use super::Reader;
use super::computed::Targets;
use crate::error::GatewayError;

/// Rows that one relationship may bring in.
const ROWS: u64 = 5_000;

impl Reader<'_> {
    /// The SKUs of lists, of bundles, and of promotions that are for a list of SKUs.
    pub(super) async fn skus_of(&mut self, sources: &[&Record]) -> Result<Targets, GatewayError> {
        let list_of = |source: &Record| {
            let own = (source.key.kind == "sku_lists").then(|| source.key.id.clone());
            own.or_else(|| source.text("sku_list_id").map(ToOwned::to_owned))
        };
        let keys: Vec<Key> = sources
            .iter()
            .filter_map(|source| list_of(source))
            .map(|id| Key::new("sku_lists", id))
            .collect();
        let lists = self.snapshot.records(&keys).await?;
        let mut skus: HashMap<String, Vec<Key>> = HashMap::new();
        for list in &lists {
            let found = match pattern(list) {
                Some(pattern) => self.skus_by_code(&pattern).await?,
                None => self.skus_by_item(&list.key.id).await?,
            };
            skus.insert(list.key.id.clone(), found);
        }
        Ok(sources
            .iter()
            .filter_map(|source| {
                let found = skus.get(&list_of(source)?)?;
                Some((source.key.clone(), found.clone()))
            })
            .collect())
    }

    async fn skus_by_item(&mut self, list: &str) -> Result<Vec<Key>, GatewayError> {
        let list = [list.to_owned()];
        let mut items = self
            .snapshot
            .inverse(&["sku_list_items"], "sku_list", &list, ROWS)
            .await?;
        items.sort_by_key(|item| item.integer("position"));
        let ids = items.iter().filter_map(|item| item.text("sku_id"));
        Ok(ids.map(|id| Key::new("skus", id)).collect())
    }

    async fn skus_by_code(&mut self, pattern: &Regex) -> Result<Vec<Key>, GatewayError> {
        let query = ListQuery {
            kinds: vec!["skus"],
            filter: Filter::Everything,
            sort: Vec::new(),
            page: Page {
                offset: 0,
                limit: ROWS,
            },
        };
        let skus = self.snapshot.list(&query).await?;
        let fits = |sku: &&Record| sku.text("code").is_some_and(|code| pattern.is_match(code));
        Ok(skus
            .iter()
            .filter(fits)
            .map(|sku| sku.key.clone())
            .collect())
    }

    /// The lists that SKUs are on, item by item.
    pub(super) async fn lists_of_skus(
        &mut self,
        sources: &[&Record],
    ) -> Result<Targets, GatewayError> {
        let ids: Vec<String> = sources.iter().map(|sku| sku.key.id.clone()).collect();
        let items = self
            .snapshot
            .inverse(&["sku_list_items"], "sku", &ids, ROWS)
            .await?;
        let mut targets = Targets::new();
        for item in &items {
            if let (Some(sku), Some(list)) = (item.text("sku_id"), item.text("sku_list_id")) {
                let lists = targets.entry(Key::new("skus", sku)).or_default();
                lists.push(Key::new("sku_lists", list));
            }
        }
        Ok(targets)
    }
}

/// The pattern of a list that takes its SKUs by their codes.
fn pattern(list: &Record) -> Option<Regex> {
    let by_hand = list.body.get("manual").and_then(serde_json::Value::as_bool);
    if by_hand.unwrap_or(true) {
        return None;
    }
    Regex::new(list.text("sku_code_regex")?).ok()
}
