//! What may exist only once, as claims.
//!
//! Invariant: a claim is held by the id of its row, so the row itself can be written again and nobody else can take
//! the value.

use kassa_storage::{ClaimKey, Descriptor, Key, Refusal};
use serde_json::{Map, Value};

use crate::error::{GatewayError, Violation};

/// Attributes and pairs of relationships that are unique within a type. Source: commerce-api, section c.
const UNIQUE: &[(&str, &[&str])] = &[
    ("bundles", &["code"]),
    ("coupon_codes_promotion_rules", &["promotion_id"]),
    ("coupons", &["code"]),
    ("customer_addresses", &["customer_id", "address_id"]),
    ("customer_groups", &["code"]),
    ("customers", &["email"]),
    (
        "delivery_lead_times",
        &["stock_location_id", "shipping_method_id"],
    ),
    ("gift_cards", &["code"]),
    (
        "inventory_stock_locations",
        &["inventory_model_id", "stock_location_id"],
    ),
    ("markets", &["code"]),
    ("order_amount_promotion_rules", &["promotion_id"]),
    ("packages", &["code"]),
    ("price_lists", &["code"]),
    ("prices", &["price_list_id", "sku_id"]),
    ("shipping_categories", &["code"]),
    ("sku_list_items", &["sku_list_id", "sku_id"]),
    ("sku_list_promotion_rules", &["promotion_id"]),
    ("sku_lists", &["slug"]),
    ("skus", &["code"]),
    ("stock_items", &["stock_location_id", "sku_id"]),
    ("stock_locations", &["code"]),
    ("stores", &["code"]),
    ("tax_categories", &["tax_calculator_id", "sku_id"]),
];

/// The claims of a row, each with the row's id as its owner.
pub(crate) fn claims(
    descriptor: &Descriptor,
    key: &Key,
    body: &Map<String, Value>,
) -> Vec<(ClaimKey, String)> {
    let mut claims = Vec::new();
    for (kind, fields) in UNIQUE.iter().filter(|(kind, _)| *kind == descriptor.kind) {
        let values: Vec<&str> = fields
            .iter()
            .filter_map(|field| body.get(*field).and_then(Value::as_str))
            .filter(|value| !value.is_empty())
            .collect();
        if values.len() == fields.len() {
            let claim = ClaimKey::new(format!("{kind}.{}", fields.join("+")), values.join("/"));
            claims.push((claim, key.id.clone()));
        }
    }
    claims
}

/// The claim on one attribute's value.
pub(crate) fn claim(kind: &str, field: &str, value: &str) -> ClaimKey {
    ClaimKey::new(format!("{kind}.{field}"), value)
}

/// What a taken value means to the caller.
pub(crate) fn refused(refusal: &Refusal) -> Option<GatewayError> {
    let Refusal::Taken { claim, .. } = refusal else {
        return None;
    };
    let (_, fields) = claim.kind.split_once('.')?;
    let last = fields.rsplit('+').next()?;
    let message = "has already been taken";
    let violation = match last.strip_suffix("_id") {
        Some(relationship) => Violation::relationship(relationship, "taken", message),
        None => Violation::attribute(last, "taken", message).with_value(claim.value.clone().into()),
    };
    Some(GatewayError::violation(violation))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::shop::resources::registry;

    #[test]
    fn codes_and_pairs_are_claimed() {
        let skus = registry().find("skus").unwrap();
        let body = json!({"code": "ANNA"});
        let found = claims(skus, &Key::new("skus", "id"), body.as_object().unwrap());
        assert_eq!(
            found,
            [(ClaimKey::new("skus.code", "ANNA"), "id".to_owned())]
        );
        let prices = registry().find("prices").unwrap();
        let body = json!({"price_list_id": "list", "sku_id": "sku"});
        let found = claims(prices, &Key::new("prices", "id"), body.as_object().unwrap());
        assert_eq!(
            found[0].0,
            ClaimKey::new("prices.price_list_id+sku_id", "list/sku")
        );
        assert!(claims(prices, &Key::new("prices", "id"), &Map::new()).is_empty());
    }

    #[test]
    fn every_rule_names_a_served_type() {
        for (kind, _) in UNIQUE {
            assert!(registry().find(kind).is_some(), "{kind}");
        }
    }
}
