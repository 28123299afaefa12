//! What `sku_options` are made of, as the commerce API publishes it.
//!
//! Invariant: every attribute, relationship and trigger that clients of the API know is listed; the conformance
//! check compares this table with the published facts.

use kassa_storage::descriptor::{
    Attribute,
    AttributeType::{Datetime, Float, Integer, Object, String},
    Descriptor, Relationship, Verbs,
};

/// `sku_options`.
pub static DESCRIPTOR: Descriptor = Descriptor {
    kind: "sku_options",
    singular: "sku_option",
    singleton: false,
    root: None,
    schema: 1,
    verbs: Verbs::ALL,
    concrete: &[],
    attributes: &[
        Attribute::of("name", String, "rcufs!*"),
        Attribute::of("currency_code", String, "rcufs")
            .required_if("order has no market-inherited value"),
        Attribute::of("description", String, "rcuf"),
        Attribute::of("price_amount_cents", Integer, "rcufs").default_json("0"),
        Attribute::of("price_amount_float", Float, "r").money_of("price_amount_cents"),
        Attribute::of("formatted_price_amount", String, "r").money_of("price_amount_cents"),
        Attribute::of("delay_hours", Integer, "rcufs").default_json("0"),
        Attribute::of("delay_days", Integer, "rfs"),
        Attribute::of("sku_code_regex", String, "rcu"),
        Attribute::of("created_at", Datetime, "rfs!"),
        Attribute::of("updated_at", Datetime, "rfs!"),
        Attribute::of("reference", String, "rcufs"),
        Attribute::of("reference_origin", String, "rcufs"),
        Attribute::of("metadata", Object, "rcuf").default_json("{}"),
    ],
    relationships: &[
        Relationship::one("market", &["markets"], "cufs"),
        Relationship::many("events", &["events"], "").computed(),
        Relationship::many("versions", &["versions"], "").computed(),
    ],
    triggers: &[],
};
