//! The promotions of a market with their rules, and the SKU lists that they look at.
//!
//! Invariant: a promotion whose rule cannot be read is not read without it.

use kassa_commerce::catalogue::{Catalogue, Promotion};
use kassa_commerce::line_item::ItemType;
use kassa_storage::{Filter, Key, Record};
use serde::de::DeserializeOwned;

use super::{Rows, note, typed};
use crate::error::GatewayError;

/// The kinds of promotion that are computed, with the type of their lines.
const PROMOTIONS: &[(&str, ItemType)] = &[
    (
        "percentage_discount_promotions",
        ItemType::PercentageDiscountPromotions,
    ),
    ("fixed_amount_promotions", ItemType::FixedAmountPromotions),
    ("free_shipping_promotions", ItemType::FreeShippingPromotions),
];

/// Reads them into `catalogue`.
pub(super) async fn read(
    reader: &mut Rows<'_>,
    catalogue: &mut Catalogue,
    own: Filter,
) -> Result<(), GatewayError> {
    for (kind, promotion_type) in PROMOTIONS {
        let found: Vec<Promotion> = reader.list(kind, own.clone()).await?;
        let found = found.into_iter().map(|promotion| Promotion {
            promotion_type: *promotion_type,
            ..promotion
        });
        catalogue.promotions.extend(found);
    }
    let ids = catalogue.promotions.iter();
    let ids: Vec<String> = ids.map(|own| own.id.as_str().to_owned()).collect();
    for kind in [
        "order_amount_promotion_rules",
        "sku_list_promotion_rules",
        "coupon_codes_promotion_rules",
    ] {
        for rule in reader.records_of(kind, "promotion", &ids).await? {
            let of = rule.text("promotion_id").unwrap_or_default();
            let promotions = catalogue.promotions.iter_mut();
            for promotion in promotions.filter(|own| own.id.as_str() == of) {
                put(promotion, &rule)?;
            }
        }
    }
    lists(reader, catalogue).await
}

/// Puts a rule in its place.
fn put(promotion: &mut Promotion, rule: &Record) -> Result<(), GatewayError> {
    match rule.key.kind.as_ref() {
        "order_amount_promotion_rules" => promotion.order_amount = Some(plain(rule)?),
        "sku_list_promotion_rules" => promotion.required_skus = Some(plain(rule)?),
        _ => promotion.coupon_rule_id = Some(rule.key.id.clone()),
    }
    Ok(())
}

fn plain<T: DeserializeOwned>(rule: &Record) -> Result<T, GatewayError> {
    let read = serde_json::from_value(rule.body.clone().into());
    read.map_err(|error| GatewayError::Internal(format!("{:?} cannot be read: {error}", rule.key)))
}

async fn lists(reader: &mut Rows<'_>, catalogue: &mut Catalogue) -> Result<(), GatewayError> {
    let named = catalogue.promotions.iter().flat_map(|promotion| {
        let required = promotion.required_skus.as_ref();
        let required = required.and_then(|rule| rule.sku_list_id.as_ref());
        promotion.sku_list_id.iter().chain(required)
    });
    let mut ids: Vec<String> = named.map(|id| id.as_str().to_owned()).collect();
    ids.sort_unstable();
    ids.dedup();
    let keys: Vec<Key> = ids
        .iter()
        .map(|id| Key::new("sku_lists", id.as_str()))
        .collect();
    let records = reader.snapshot.records(&keys).await?;
    note(reader.versions, &records);
    for record in &records {
        catalogue.sku_lists.push(typed(record)?);
    }
    catalogue.sku_list_items = reader
        .inverse_of("sku_list_items", "sku_list", &ids)
        .await?;
    Ok(())
}
