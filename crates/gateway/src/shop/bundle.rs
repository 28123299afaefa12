//! Bundles: several SKUs under one code and one price.
//!
//! Invariant: what a bundle says of its SKUs (how many, whether any ships or is tracked) follows its list of SKUs.

use kassa_storage::{Guard, Key, Put, Record, Snapshot};
use serde_json::Value;

use super::configuration::{Change, refuse};
use super::payment_method::inherit_currency;
use super::validate::blank;
use crate::error::{GatewayError, Violation};
use crate::shop::read::Reader;

/// Items of a list that a bundle looks at; the organization's limit is far below.
const ITEMS: u64 = 1_000;

/// Items of a bundle where the organization says nothing. Source: commerce-api, section c, `organizations`.
const MOST_ITEMS: i64 = 10;

/// One SKU of a bundle, so many times.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Content {
    pub sku_id: String,
    pub quantity: i64,
}

/// Completes and judges a bundle.
pub(crate) async fn complete(
    change: &mut Change<'_>,
    reader: &mut Reader<'_>,
) -> Result<(), GatewayError> {
    inherit_currency(change, reader).await?;
    let list = change.text("sku_list_id").unwrap_or_default().to_owned();
    let contents = contents(reader.snapshot.as_mut(), &list).await?;
    judge_size(change, reader, contents.len()).await?;
    let facts = facts(reader.snapshot.as_mut(), &contents).await?;
    for (name, value) in facts {
        change.set_field(name, value);
    }
    for (trigger, from, into) in [
        (
            "_compute_price_amount",
            "amount_cents",
            "price_amount_cents",
        ),
        (
            "_compute_compare_at_amount",
            "compare_at_amount_cents",
            "compare_at_amount_cents",
        ),
    ] {
        if change.triggered(trigger) {
            let sum = sum(change, reader, &contents, trigger, from).await?;
            change.set_field(into, sum);
        }
    }
    if change.body.get("price_amount_cents").is_none() {
        return Err(GatewayError::violation(blank("price_amount_cents")));
    }
    Ok(())
}

/// What a list of SKUs holds.
pub(crate) async fn contents(
    snapshot: &mut dyn Snapshot,
    list: &str,
) -> Result<Vec<Content>, GatewayError> {
    let list = [list.to_owned()];
    let items = snapshot
        .inverse(&["sku_list_items"], "sku_list", &list, ITEMS)
        .await?;
    Ok(items.iter().filter_map(content).collect())
}

/// What an item of a list stands for.
pub(crate) fn content(item: &Record) -> Option<Content> {
    Some(Content {
        sku_id: item.text("sku_id")?.to_owned(),
        quantity: item.integer("quantity").unwrap_or(1),
    })
}

/// The bundles of a list, as they are when the list holds `contents`.
pub(crate) async fn following(
    snapshot: &mut dyn Snapshot,
    list: &str,
    contents: &[Content],
    now_us: i64,
) -> Result<Vec<Put>, GatewayError> {
    let bundles = snapshot
        .inverse(&["bundles"], "sku_list", &[list.to_owned()], ITEMS)
        .await?;
    if bundles.is_empty() {
        return Ok(Vec::new());
    }
    let facts = facts(snapshot, contents).await?;
    let puts = bundles.into_iter().map(|bundle| {
        let guard = Guard::At(bundle.version);
        let mut record = Record {
            updated_at: now_us,
            ..bundle
        };
        for (name, value) in &facts {
            record.body.insert((*name).to_owned(), value.clone());
        }
        Put { record, guard }
    });
    Ok(puts.collect())
}

/// What a bundle of these SKUs says of them.
async fn facts(
    snapshot: &mut dyn Snapshot,
    contents: &[Content],
) -> Result<[(&'static str, Value); 3], GatewayError> {
    let keys: Vec<Key> = contents
        .iter()
        .map(|content| Key::new("skus", content.sku_id.as_str()))
        .collect();
    let skus = snapshot.records(&keys).await?;
    let all = |name: &str| {
        let says = |sku: &Record| sku.body.get(name).and_then(Value::as_bool).unwrap_or(false);
        !skus.is_empty() && skus.iter().all(says)
    };
    let count = contents
        .iter()
        .fold(0_i64, |sum, content| sum.saturating_add(content.quantity));
    Ok([
        ("skus_count", count.into()),
        ("do_not_ship", all("do_not_ship").into()),
        ("do_not_track", all("do_not_track").into()),
    ])
}

/// Refuses a list with more SKUs than a bundle may hold.
///
/// # Errors
/// 422 on `sku_list`.
pub(crate) async fn judge_size(
    change: &Change<'_>,
    reader: &mut Reader<'_>,
    items: usize,
) -> Result<(), GatewayError> {
    let key = Key::new("organizations", change.caller.realm.organization());
    let organization = reader.snapshot.record(&key).await?;
    let most = organization
        .and_then(|row| row.integer("bundles_max_items_count"))
        .unwrap_or(MOST_ITEMS);
    if i64::try_from(items).is_ok_and(|items| items <= most) {
        return Ok(());
    }
    let message = format!("holds {items} SKUs; a bundle holds at most {most}");
    Err(GatewayError::violation(Violation::relationship(
        "sku_list", "too_long", message,
    )))
}

/// The amount of the bundle's SKUs together, in the price list of its market.
async fn sum(
    change: &Change<'_>,
    reader: &mut Reader<'_>,
    contents: &[Content],
    trigger: &str,
    field: &str,
) -> Result<i64, GatewayError> {
    let market = Key::new("markets", change.text("market_id").unwrap_or_default());
    let market = reader.snapshot.record(&market).await?;
    let Some(list) = market
        .as_ref()
        .and_then(|market| market.text("price_list_id"))
    else {
        return Err(refuse(
            trigger,
            "invalid",
            "needs a market with a price list",
        ));
    };
    let skus: Vec<String> = contents
        .iter()
        .map(|content| content.sku_id.clone())
        .collect();
    let prices = reader
        .snapshot
        .inverse(&["prices"], "sku", &skus, ITEMS)
        .await?;
    let mut sum = 0_i64;
    for content in contents {
        let price = prices.iter().find(|price| {
            price.text("sku_id") == Some(content.sku_id.as_str())
                && price.text("price_list_id") == Some(list)
        });
        // Without a price to compare with, the price.
        let amount = price.and_then(|price| {
            let amount = price.integer(field);
            amount.or_else(|| price.integer("amount_cents"))
        });
        let line = amount.and_then(|amount| amount.checked_mul(content.quantity));
        let Some(next) = line.and_then(|line| sum.checked_add(line)) else {
            let message = format!("the SKU {} has no price in the market", content.sku_id);
            return Err(refuse(trigger, "invalid", &message));
        };
        sum = next;
    }
    Ok(sum)
}
