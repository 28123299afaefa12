//! What `prices` are made of, as the commerce API publishes it.
//!
//! Invariant: every attribute, relationship and trigger that clients of the API know is listed; the conformance
//! check compares this table with the published facts.

use kassa_storage::descriptor::{
    Attribute,
    AttributeType::{Datetime, Float, Integer, Object, String},
    Descriptor, Relationship, Verbs,
};

/// `prices`.
pub static DESCRIPTOR: Descriptor = Descriptor {
    kind: "prices",
    singular: "price",
    singleton: false,
    root: None,
    schema: 1,
    verbs: Verbs::ALL,
    concrete: &[],
    attributes: &[
        Attribute::of("currency_code", String, "r"),
        Attribute::of("sku_code", String, "rcui"),
        Attribute::of("amount_cents", Integer, "rcufs!*"),
        Attribute::of("amount_float", Float, "r").money_of("amount_cents"),
        Attribute::of("formatted_amount", String, "r").money_of("amount_cents"),
        Attribute::of("original_amount_cents", Integer, "r").computed(),
        Attribute::of("formatted_original_amount", String, "r").money_of("original_amount_cents"),
        Attribute::of("compare_at_amount_cents", Integer, "rcufs"),
        Attribute::of("compare_at_amount_float", Float, "r").money_of("compare_at_amount_cents"),
        Attribute::of("formatted_compare_at_amount", String, "r")
            .money_of("compare_at_amount_cents"),
        Attribute::of("rule_outcomes", Object, "r"),
        Attribute::of("processed_at", Datetime, "ru"),
        Attribute::of("created_at", Datetime, "rfs!"),
        Attribute::of("updated_at", Datetime, "rfs!"),
        Attribute::of("reference", String, "rcufs"),
        Attribute::of("reference_origin", String, "rcufs"),
        Attribute::of("rules", Object, "rcuf"),
        Attribute::of("resource_payload", Object, "r"),
        Attribute::of("jwt_custom_claim", Object, "r"),
        Attribute::of("metadata", Object, "rcuf").default_json("{}"),
    ],
    relationships: &[
        Relationship::one("price_list", &["price_lists"], "cufs*"),
        Relationship::one("sku", &["skus"], "cufs*"),
        Relationship::many(
            "price_tiers",
            &["price_volume_tiers", "price_frequency_tiers"],
            "cuf",
        )
        .inverse("price"),
        Relationship::many("price_volume_tiers", &["price_volume_tiers"], "").inverse("price"),
        Relationship::many("price_frequency_tiers", &["price_frequency_tiers"], "")
            .inverse("price"),
        Relationship::many("versions", &["versions"], "").computed(),
    ],
    triggers: &[],
};
