//! Bundles as rows: what their price is worked out from when nobody says it.

use kassa_storage::Key;
use serde_json::Value;

use super::configuration::{Change, refuse};
use super::payment_method::inherit_currency;
use crate::error::GatewayError;
use crate::shop::read::Reader;

/// Items and prices that are read for one bundle. Ours: far beyond `bundles_max_items_count`.
const ROWS: u64 = 10_000;

/// Completes and judges a bundle.
pub(crate) async fn complete(
    change: &mut Change<'_>,
    reader: &mut Reader<'_>,
) -> Result<(), GatewayError> {
    inherit_currency(change, reader).await?;
    for (trigger, field, price) in [
        (
            "_compute_price_amount",
            "price_amount_cents",
            "amount_cents",
        ),
        (
            "_compute_compare_at_amount",
            "compare_at_amount_cents",
            "compare_at_amount_cents",
        ),
    ] {
        if change.triggered(trigger) {
            let sum = sum(change, reader, trigger, price).await?;
            change.set_field(field, sum);
        }
    }
    Ok(())
}

/// What the SKUs cost together in the price list of the bundle's market; without a price to compare with, the price.
async fn sum(
    change: &Change<'_>,
    reader: &mut Reader<'_>,
    trigger: &str,
    field: &str,
) -> Result<i64, GatewayError> {
    let market = change.text("market_id").map(|id| Key::new("markets", id));
    let market = match market {
        Some(key) => reader.snapshot.record(&key).await?,
        None => None,
    };
    let Some(market) = market else {
        return Err(refuse(trigger, "invalid", "needs a bundle of one market"));
    };
    let list = [change.text("sku_list_id").unwrap_or_default().to_owned()];
    let snapshot = &mut reader.snapshot;
    let items = snapshot
        .inverse(&["sku_list_items"], "sku_list", &list, ROWS)
        .await?;
    let skus: Vec<String> = items
        .iter()
        .filter_map(|item| item.text("sku_id"))
        .map(ToOwned::to_owned)
        .collect();
    let mut prices = snapshot.inverse(&["prices"], "sku", &skus, ROWS).await?;
    prices.retain(|price| price.text("price_list_id") == market.text("price_list_id"));
    let mut sum = 0_i64;
    for item in &items {
        let price = prices
            .iter()
            .find(|price| price.text("sku_id") == item.text("sku_id"));
        let amount = price.and_then(|price| {
            let amount = price.body.get(field).and_then(Value::as_i64);
            amount.or_else(|| price.integer("amount_cents"))
        });
        let Some(amount) = amount else {
            let code = item.text("sku_code").unwrap_or_default();
            let message = format!("{code} has no price in the market");
            return Err(refuse(trigger, "invalid", &message));
        };
        let quantity = item.integer("quantity").unwrap_or(1);
        sum = sum.saturating_add(amount.saturating_mul(quantity));
    }
    Ok(sum)
}
