//! What `adjustments` are made of, as the commerce API publishes it.
//!
//! Invariant: every attribute, relationship and trigger that clients of the API know is listed; the conformance
//! check compares this table with the published facts.

use kassa_storage::descriptor::{
    Attribute,
    AttributeType::{Boolean, Datetime, Float, Integer, Object, String},
    Descriptor, Relationship, Verbs,
};

/// `adjustments`.
pub static DESCRIPTOR: Descriptor = Descriptor {
    kind: "adjustments",
    singular: "adjustment",
    singleton: false,
    root: None,
    schema: 1,
    verbs: Verbs::ALL,
    concrete: &[],
    attributes: &[
        Attribute::of("name", String, "rcufs!*"),
        Attribute::of("currency_code", String, "rcufs!*"),
        Attribute::of("amount_cents", Integer, "rcufs!*"),
        Attribute::of("amount_float", Float, "r!").money_of("amount_cents"),
        Attribute::of("formatted_amount", String, "r!").money_of("amount_cents"),
        Attribute::of("distribute_discount", Boolean, "rcu").default_json("true"),
        Attribute::of("created_at", Datetime, "rfs!"),
        Attribute::of("updated_at", Datetime, "rfs!"),
        Attribute::of("reference", String, "rcufs"),
        Attribute::of("reference_origin", String, "rcufs"),
        Attribute::of("metadata", Object, "rcuf").default_json("{}"),
    ],
    relationships: &[Relationship::many("versions", &["versions"], "").computed()],
    triggers: &[],
};
