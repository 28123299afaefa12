//! The document that each resource type takes, to make a record or to change one.
//!
//! Invariant: every type of the registry that can be written has a function here, which a test holds; its seeds come from
//! its descriptor, so a new attribute is in them by itself.

use axum::body::Body;
use http::Method;
use kassa_gateway::shop::resources::registry;
use kassa_storage::Descriptor;
use kassa_storage::descriptor::AttributeType;
use serde_json::{Map, Value, json};

use super::house::{House, with};
use super::template::one;
use crate::answer::Answer;
use crate::{input, signal};

/// Declares a function for each type of resource.
macro_rules! documents {
    ($($kind:ident)*) => {
        crate::parser::parsers! {$(
            $kind concat!("documents for /api/", stringify!($kind)) =>
                |data| written(stringify!($kind), data), seeds(stringify!($kind));
        )*}
    };
}

documents! {
    addresses adjustments authorizations bundles captures coupon_codes_promotion_rules coupons customer_addresses
    customer_groups customer_password_resets customer_payment_sources customers delivery_lead_times events
    external_gateways external_payments fixed_amount_promotions free_shipping_promotions gift_cards inventory_models
    inventory_stock_locations klarna_gateways klarna_payments line_item_options line_items manual_gateways
    manual_tax_calculators markets merchants order_amount_promotion_rules order_copies order_subscription_items
    order_subscriptions orders packages parcels payment_methods payment_options percentage_discount_promotions
    price_frequency_tiers price_lists price_volume_tiers prices recurring_order_copies refunds shipments
    shipping_categories shipping_methods shipping_weight_tiers shipping_zones sku_list_items
    sku_list_promotion_rules sku_lists sku_options skus stock_items stock_line_items stock_locations
    stock_reservations stock_transfers stores subscription_models tax_categories tax_rules voids webhooks
    wire_transfers
}

/// Sends a document as the integration and as the sales channel: with an id it changes that record, else it makes one.
fn written(kind: &str, data: &[u8]) {
    let descriptor = registry().find(kind).expect("a type of the registry");
    with(async |house| {
        let (method, path) = place(house, descriptor, data);
        for whom in ["integration", "guest"] {
            let request = house.request(method.clone(), &path);
            let mut request = request
                .body(Body::from(data.to_vec()))
                .expect("a path of encoded segments");
            house.sign(&mut request, whom);
            let answer = house.send(kind, request).await;
            is_json_api(&answer);
        }
    });
}

/// Where a document belongs.
fn place(house: &House, descriptor: &Descriptor, data: &[u8]) -> (Method, String) {
    let kind = descriptor.kind;
    let document: Value = serde_json::from_slice(data).unwrap_or_default();
    match document.pointer("/data/id").and_then(Value::as_str) {
        Some(id) => {
            let id = input::value(id.as_bytes());
            (Method::PATCH, format!("/api/{kind}/{id}"))
        }
        None if descriptor.verbs.create => (Method::POST, format!("/api/{kind}")),
        None => (Method::PATCH, format!("/api/{kind}/{}", house.name(kind))),
    }
}

/// A document or errors, each in the form that clients of the API read.
pub(super) fn is_json_api(answer: &Answer) {
    if answer.status == 204 {
        return;
    }
    let document = answer.document();
    if answer.status < 300 {
        signal::saw(("data", document["data"].is_array()));
        assert!(
            document.get("data").is_some(),
            "a success without data: {document}"
        );
        return;
    }
    let errors = document["errors"].as_array().map_or(&[][..], Vec::as_slice);
    assert!(
        !errors.is_empty(),
        "status {} without errors: {document}",
        answer.status
    );
    for error in errors {
        for member in ["title", "detail", "code", "status"] {
            let told = error[member].as_str().is_some_and(|text| !text.is_empty());
            assert!(
                told || error[member].is_u64(),
                "an error without {member}: {error}"
            );
        }
        let status = error["status"].to_string();
        assert_eq!(
            status.trim_matches('"'),
            answer.status.to_string(),
            "{error}"
        );
        signal::saw((error["code"].to_string(), error["source"].to_string()));
    }
}

/// Documents by the descriptor: everything that a create takes, everything that an update takes, each trigger.
fn seeds(kind: &str) -> Vec<Vec<u8>> {
    let descriptor = registry().find(kind).expect("a type of the registry");
    with(async |house| {
        let id = house.name(kind);
        let mut seeds = Vec::new();
        if descriptor.verbs.create {
            let relationships = relationships(house, descriptor, false);
            let data = json!({"type": kind, "attributes": attributes(descriptor, false), "relationships": relationships});
            seeds.push(json!({"data": data}));
            let needed = needed(house, descriptor);
            seeds.push(
                json!({"data": {"type": kind, "attributes": needed.0, "relationships": needed.1}}),
            );
        }
        let change = |attributes: Value, relationships: Map<String, Value>| json!({"data": {"type": kind, "id": id, "attributes": attributes, "relationships": relationships}});
        let all = attributes(descriptor, true);
        seeds.push(change(all.into(), relationships(house, descriptor, true)));
        for trigger in descriptor.triggers {
            let attributes = json!({trigger.name: sample(trigger.name, trigger.ty)});
            seeds.push(change(attributes, Map::new()));
        }
        input::documents(seeds)
    })
}

/// What a create must carry, and no more.
fn needed(house: &House, descriptor: &Descriptor) -> (Map<String, Value>, Map<String, Value>) {
    let required = |name: &str| {
        let attribute = descriptor.attribute(name);
        attribute
            .is_some_and(|attribute| attribute.required != kassa_storage::descriptor::Required::No)
    };
    let mut attributes = attributes(descriptor, false);
    attributes.retain(|name, _| required(name));
    let mut related = relationships(house, descriptor, false);
    related.retain(|name, _| {
        let relationship = descriptor.relationship(name);
        relationship.is_some_and(|relationship| relationship.required)
    });
    (attributes, related)
}

fn attributes(descriptor: &Descriptor, update: bool) -> Map<String, Value> {
    descriptor
        .attributes
        .iter()
        .filter(|attribute| {
            if update {
                attribute.update
            } else {
                attribute.create
            }
        })
        .map(|attribute| {
            let value = match attribute.values.first() {
                Some(word) => json!(word),
                None => sample(attribute.name, attribute.ty),
            };
            (attribute.name.to_owned(), value)
        })
        .collect()
}

fn relationships(house: &House, descriptor: &Descriptor, update: bool) -> Map<String, Value> {
    descriptor
        .relationships
        .iter()
        .filter(|relationship| {
            if update {
                relationship.update
            } else {
                relationship.create
            }
        })
        .filter_map(|relationship| {
            let known = |kind: &&&str| !house.name(kind).is_empty();
            let kind = relationship.to.iter().find(known)?;
            let target = one(kind, house.name(kind));
            let linkage = match relationship.many {
                true => json!({"data": [target["data"]]}),
                false => target,
            };
            Some((relationship.name.to_owned(), linkage))
        })
        .collect()
}

/// A value of the type that suits the name.
fn sample(name: &str, ty: AttributeType) -> Value {
    match ty {
        AttributeType::Integer => json!(1),
        AttributeType::Float => json!(0.5),
        AttributeType::Boolean => json!(true),
        AttributeType::Datetime => json!("2026-03-02T09:00:00Z"),
        AttributeType::Object => json!({"a": {"b": [1, "c"]}}),
        AttributeType::Array => json!([]),
        AttributeType::String => match name {
            "country_code" => json!("DE"),
            "currency_code" => json!("EUR"),
            "language_code" => json!("de"),
            _ if name.contains("email") => json!("customer@example.com"),
            _ if name.ends_with("_url") => json!("https://shop.example.com/x"),
            _ if name.ends_with("_regex") => json!("^DE$"),
            _ => json!("TEXT"),
        },
    }
}
