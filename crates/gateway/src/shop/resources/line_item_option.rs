//! What `line_item_options` are made of, as the commerce API publishes it.
//!
//! Invariant: every attribute, relationship and trigger that clients of the API know is listed; the conformance
//! check compares this table with the published facts.

use kassa_storage::descriptor::{
    Attribute,
    AttributeType::{Datetime, Float, Integer, Object, String},
    Descriptor, Relationship, Verbs,
};

/// `line_item_options`.
pub static DESCRIPTOR: Descriptor = Descriptor {
    kind: "line_item_options",
    singular: "line_item_option",
    singleton: false,
    root: Some("line_item"),
    schema: 1,
    verbs: Verbs::ALL,
    concrete: &[],
    attributes: &[
        Attribute::of("name", String, "rcufs"),
        Attribute::of("quantity", Integer, "rcufs!*"),
        Attribute::of("currency_code", String, "rfs"),
        Attribute::of("unit_amount_cents", Integer, "rcufs^"),
        Attribute::of("unit_amount_float", Float, "r").money_of("unit_amount_cents"),
        Attribute::of("formatted_unit_amount", String, "r").money_of("unit_amount_cents"),
        Attribute::of("total_amount_cents", Integer, "r"),
        Attribute::of("total_amount_float", Float, "r!").money_of("total_amount_cents"),
        Attribute::of("formatted_total_amount", String, "r").money_of("total_amount_cents"),
        Attribute::of("delay_hours", Integer, "rfs"),
        Attribute::of("delay_days", Integer, "rf"),
        Attribute::of("options", Object, "rcu!*"),
        Attribute::of("created_at", Datetime, "rfs!"),
        Attribute::of("updated_at", Datetime, "rfs!"),
        Attribute::of("reference", String, "rcufs"),
        Attribute::of("reference_origin", String, "rcufs"),
        Attribute::of("metadata", Object, "rcuf").default_json("{}"),
    ],
    relationships: &[
        Relationship::one("line_item", &["line_items"], "cfs*"),
        Relationship::one("sku_option", &["sku_options"], "cufs*"),
        Relationship::many("events", &["events"], "").computed(),
    ],
    triggers: &[],
};
