//! What hangs on an order beside its market: the coupon and the gift card of its codes, the bundles of its lines, and
//! the gift cards it buys.
//!
//! Invariant: balances and usages are counters, read in the snapshot that the decision is made on; the rows are noted
//! with their versions, so that placing can check that they still say the same.

use std::collections::HashMap;

use kassa_commerce::catalogue::{Catalogue, Coupon, GiftCard};
use kassa_commerce::reservation::{
    coupon_counter, coupon_customer_counter, gift_card_counter, gift_card_usage_counter,
    promotion_counter,
};
use kassa_money::MinorUnits;
use kassa_storage::{FieldPath, Filter, Key, ListQuery, Page, Record, Snapshot, Test};
use serde_json::Value;

use super::catalogue::{note, typed};
use super::unique;
use crate::error::GatewayError;

/// Fewest characters by which a gift card is found without its whole code. Source: commerce-api, section c.
const PREFIX: usize = 8;

/// Items of SKU lists that are read for the bundles of one order. Ours: far beyond `bundles_max_items_count`.
const ITEMS: u64 = 10_000;

/// The codes on an order, and whose order it is.
#[derive(Debug, Clone, Default)]
pub(crate) struct Codes {
    pub coupon: Option<String>,
    pub gift_card: Option<String>,
    pub customer_id: Option<String>,
}

/// Reads what the codes lead to, and how often promotions with a limit were used.
pub(crate) async fn add_codes(
    snapshot: &mut dyn Snapshot,
    catalogue: &mut Catalogue,
    versions: &mut HashMap<Key, i64>,
    codes: &Codes,
) -> Result<(), GatewayError> {
    catalogue.coupon = None;
    catalogue.gift_card = None;
    if let Some(code) = codes.coupon.as_deref().filter(|code| !code.is_empty()) {
        let claim = unique::claim("coupons", "code", code);
        if let Some(id) = snapshot.claim(&claim).await? {
            let record = snapshot.record(&Key::new("coupons", id)).await?;
            if let Some(record) = record {
                note(versions, std::slice::from_ref(&record));
                catalogue.coupon = Some(coupon(snapshot, &record, codes).await?);
            }
        }
    }
    if let Some(code) = codes.gift_card.as_deref().filter(|code| !code.is_empty()) {
        let setting = "gift_cards_exact_code_matching";
        let exact = catalogue.organization.extra.get(setting);
        let exact = exact.and_then(Value::as_bool).unwrap_or(false);
        if let Some(record) = find_gift_card(snapshot, code, exact).await? {
            note(versions, std::slice::from_ref(&record));
            catalogue.gift_card = Some(gift_card(snapshot, &record).await?);
        }
    }
    add_usages(snapshot, catalogue).await
}

async fn coupon(
    snapshot: &mut dyn Snapshot,
    record: &Record,
    codes: &Codes,
) -> Result<Coupon, GatewayError> {
    let mut coupon: Coupon = typed(record)?;
    let id = record.key.id.as_str();
    coupon.usage_count = snapshot.counter(&coupon_counter(id)).await?;
    if let Some(customer) = &codes.customer_id {
        let own = coupon_customer_counter(id, customer);
        coupon.customer_usage_count = snapshot.counter(&own).await?;
    }
    Ok(coupon)
}

/// A gift card with its counters.
pub(crate) async fn gift_card(
    snapshot: &mut dyn Snapshot,
    record: &Record,
) -> Result<GiftCard, GatewayError> {
    let mut card: GiftCard = typed(record)?;
    let id = record.key.id.as_str();
    card.balance_cents = MinorUnits(snapshot.counter(&gift_card_counter(id)).await?);
    if card.single_use {
        card.uses = snapshot.counter(&gift_card_usage_counter(id)).await?;
    }
    Ok(card)
}

/// The gift card of a code; of its first characters too, when they are enough and name one card only.
async fn find_gift_card(
    snapshot: &mut dyn Snapshot,
    code: &str,
    exact: bool,
) -> Result<Option<Record>, GatewayError> {
    let claim = unique::claim("gift_cards", "code", code);
    if let Some(id) = snapshot.claim(&claim).await? {
        return Ok(snapshot.record(&Key::new("gift_cards", id)).await?);
    }
    if exact || code.chars().count() < PREFIX {
        return Ok(None);
    }
    let path = FieldPath {
        through: Vec::new(),
        field: "code",
    };
    let query = ListQuery {
        kinds: vec!["gift_cards"],
        filter: Filter::Field(path, Test::Start(code.to_owned())),
        sort: Vec::new(),
        page: Page {
            offset: 0,
            limit: 2,
        },
    };
    let mut found = snapshot.list(&query).await?;
    Ok(match found.len() {
        1 => found.pop(),
        _ => None,
    })
}

/// How often each promotion with a limit was used.
async fn add_usages(
    snapshot: &mut dyn Snapshot,
    catalogue: &mut Catalogue,
) -> Result<(), GatewayError> {
    let limited: Vec<usize> = (0..catalogue.promotions.len())
        .filter(|index| catalogue.promotions[*index].total_usage_limit.is_some())
        .collect();
    if limited.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = limited
        .iter()
        .map(|index| promotion_counter(catalogue.promotions[*index].id.as_str()))
        .collect();
    let counts = snapshot.counters(&names).await?;
    for (index, count) in limited.into_iter().zip(counts) {
        catalogue.promotions[index].total_usage_count = count;
    }
    Ok(())
}

/// Adds bundles with the lists they sell; answers the ids of the SKUs inside.
pub(crate) async fn add_bundles(
    snapshot: &mut dyn Snapshot,
    catalogue: &mut Catalogue,
    versions: &mut HashMap<Key, i64>,
    bundle_ids: &[String],
) -> Result<Vec<String>, GatewayError> {
    if bundle_ids.is_empty() {
        return Ok(Vec::new());
    }
    let keys: Vec<Key> = bundle_ids
        .iter()
        .map(|id| Key::new("bundles", id.as_str()))
        .collect();
    let bundles = snapshot.records(&keys).await?;
    note(versions, &bundles);
    let lists: Vec<String> = bundles
        .iter()
        .filter_map(|bundle| bundle.text("sku_list_id"))
        .map(ToOwned::to_owned)
        .collect();
    let items = snapshot
        .inverse(&["sku_list_items"], "sku_list", &lists, ITEMS)
        .await?;
    note(versions, &items);
    for bundle in &bundles {
        catalogue.bundles.push(typed(bundle)?);
    }
    for item in &items {
        // A list that a promotion looks at, too, is there already.
        let known = catalogue.sku_list_items.iter();
        if !known.into_iter().any(|own| own.id.as_str() == item.key.id) {
            catalogue.sku_list_items.push(typed(item)?);
        }
    }
    Ok(items
        .iter()
        .filter_map(|item| item.text("sku_id"))
        .map(ToOwned::to_owned)
        .collect())
}

/// Adds the gift cards that an order buys; answers their rows.
pub(crate) async fn add_sold_cards(
    snapshot: &mut dyn Snapshot,
    catalogue: &mut Catalogue,
    card_ids: &[String],
) -> Result<Vec<Record>, GatewayError> {
    if card_ids.is_empty() {
        return Ok(Vec::new());
    }
    let keys: Vec<Key> = card_ids
        .iter()
        .map(|id| Key::new("gift_cards", id.as_str()))
        .collect();
    let records = snapshot.records(&keys).await?;
    for record in &records {
        catalogue
            .sold_gift_cards
            .push(gift_card(snapshot, record).await?);
    }
    Ok(records)
}
