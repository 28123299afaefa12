//! What `order_subscription_items` are made of, as the commerce API publishes it.
//!
//! Invariant: every attribute, relationship and trigger that clients of the API know is listed; the conformance
//! check compares this table with the published facts.

use kassa_storage::descriptor::{
    Attribute,
    AttributeType::{Datetime, Float, Integer, Object, String},
    Descriptor, Relationship, Verbs,
};

/// `order_subscription_items`.
pub static DESCRIPTOR: Descriptor = Descriptor {
    kind: "order_subscription_items",
    singular: "order_subscription_item",
    singleton: false,
    root: None,
    schema: 1,
    verbs: Verbs::ALL,
    concrete: &[],
    attributes: &[
        Attribute::of("sku_code", String, "rcui"),
        Attribute::of("bundle_code", String, "rcui"),
        Attribute::of("quantity", Integer, "rcufs!*"),
        Attribute::of("unit_amount_cents", Integer, "rcufs"),
        Attribute::of("unit_amount_float", Float, "r").money_of("unit_amount_cents"),
        Attribute::of("formatted_unit_amount", String, "r").money_of("unit_amount_cents"),
        Attribute::of("total_amount_cents", Integer, "r"),
        Attribute::of("total_amount_float", Float, "r!").money_of("total_amount_cents"),
        Attribute::of("formatted_total_amount", String, "r").money_of("total_amount_cents"),
        Attribute::of("created_at", Datetime, "rfs!"),
        Attribute::of("updated_at", Datetime, "rfs!"),
        Attribute::of("reference", String, "rcufs"),
        Attribute::of("reference_origin", String, "rcufs"),
        Attribute::of("metadata", Object, "rcuf").default_json("{}"),
    ],
    relationships: &[
        Relationship::one("order_subscription", &["order_subscriptions"], "cfs*"),
        Relationship::one("item", &["skus", "bundles", "adjustments"], "c*"),
        Relationship::one("sku", &["skus"], "cf"),
        Relationship::one("bundle", &["bundles"], "cf"),
        Relationship::one("adjustment", &["adjustments"], "cf"),
        Relationship::one("source_line_item", &["line_items"], "f"),
    ],
    triggers: &[],
};
