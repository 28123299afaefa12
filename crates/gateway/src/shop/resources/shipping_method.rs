//! What `shipping_methods` are made of, as the commerce API publishes it.
//!
//! Invariant: every attribute, relationship and trigger that clients of the API know is listed; the conformance
//! check compares this table with the published facts.

use kassa_storage::descriptor::{
    Attribute,
    AttributeType::{Array, Boolean, Datetime, Float, Integer, Object, String},
    Descriptor, Relationship, Trigger, Verbs,
};

/// `shipping_methods`.
pub static DESCRIPTOR: Descriptor = Descriptor {
    kind: "shipping_methods",
    singular: "shipping_method",
    singleton: false,
    root: None,
    schema: 1,
    verbs: Verbs::ALL,
    concrete: &[],
    attributes: &[
        Attribute::of("name", String, "rcufs!*"),
        Attribute::of("scheme", String, "rcufs")
            .values(&["flat", "weight_tiered", "external"])
            .default_json(r#""flat""#),
        Attribute::of("currency_code", String, "rcufs")
            .required_if("order has no market-inherited value"),
        Attribute::of("external_prices_url", String, "rcu").required_if("scheme=external"),
        Attribute::of("price_amount_cents", Integer, "rcufs!*"),
        Attribute::of("price_amount_float", Float, "r").money_of("price_amount_cents"),
        Attribute::of("formatted_price_amount", String, "r").money_of("price_amount_cents"),
        Attribute::of("free_over_amount_cents", Integer, "rcufs"),
        Attribute::of("free_over_amount_float", Float, "r").money_of("free_over_amount_cents"),
        Attribute::of("formatted_free_over_amount", String, "r").money_of("free_over_amount_cents"),
        Attribute::of("use_subtotal", Boolean, "rcu").default_json("false"),
        Attribute::of("price_amount_for_shipment_cents", Integer, "r").computed(),
        Attribute::of("price_amount_for_shipment_float", Float, "r")
            .money_of("price_amount_for_shipment_cents"),
        Attribute::of("formatted_price_amount_for_shipment", String, "r")
            .money_of("price_amount_for_shipment_cents"),
        Attribute::of("min_weight", Float, "rcu"),
        Attribute::of("max_weight", Float, "rcu"),
        Attribute::of("unit_of_weight", String, "rcu").values(&["gr", "oz", "lb"]),
        Attribute::of("tax_code", String, "rcu"),
        Attribute::of("disabled_at", Datetime, "rfs"),
        Attribute::of("circuit_state", String, "rfs"),
        Attribute::of("circuit_failure_count", Integer, "rfs"),
        Attribute::of("shared_secret", String, "r!"),
        Attribute::of("external_includes", Array, "rcu"),
        Attribute::of("created_at", Datetime, "rfs!"),
        Attribute::of("updated_at", Datetime, "rfs!"),
        Attribute::of("reference", String, "rcufs"),
        Attribute::of("reference_origin", String, "rcufs"),
        Attribute::of("metadata", Object, "rcuf").default_json("{}"),
    ],
    relationships: &[
        Relationship::one("market", &["markets"], "cufs"),
        Relationship::one("shipping_zone", &["shipping_zones"], "cufs"),
        Relationship::one("shipping_category", &["shipping_categories"], "cufs"),
        Relationship::one("stock_location", &["stock_locations"], "cufs"),
        Relationship::one(
            "delivery_lead_time_for_shipment",
            &["delivery_lead_times"],
            "",
        )
        .computed(),
        Relationship::many("shipping_method_tiers", &["shipping_weight_tiers"], "cuf")
            .inverse("shipping_method"),
        Relationship::many("shipping_weight_tiers", &["shipping_weight_tiers"], "")
            .inverse("shipping_method"),
        Relationship::many("events", &["events"], "").computed(),
        Relationship::many("versions", &["versions"], "").computed(),
    ],
    triggers: &[
        Trigger::of("_disable", Boolean, "cu"),
        Trigger::of("_enable", Boolean, "cu"),
        Trigger::of("_reset_circuit", Boolean, "u^"),
        Trigger::of("_regenerate_shared_secret", Boolean, "u"),
    ],
};
