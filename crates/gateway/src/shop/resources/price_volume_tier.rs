//! What `price_volume_tiers` are made of, as the commerce API publishes it.
//!
//! Invariant: every attribute, relationship and trigger that clients of the API know is listed; the conformance
//! check compares this table with the published facts.

use kassa_storage::descriptor::{
    Attribute,
    AttributeType::{Datetime, Float, Integer, Object, String},
    Descriptor, Relationship, Verbs,
};

/// `price_volume_tiers`.
pub static DESCRIPTOR: Descriptor = Descriptor {
    kind: "price_volume_tiers",
    singular: "price_volume_tier",
    singleton: false,
    root: None,
    schema: 1,
    verbs: Verbs::ALL,
    concrete: &[],
    attributes: &[
        Attribute::of("name", String, "rcufs!*"),
        Attribute::of("up_to", Integer, "rcufs"),
        Attribute::of("price_amount_cents", Integer, "rcufs!*"),
        Attribute::of("price_amount_float", Float, "r").money_of("price_amount_cents"),
        Attribute::of("formatted_price_amount", String, "r").money_of("price_amount_cents"),
        Attribute::of("created_at", Datetime, "rfs!"),
        Attribute::of("updated_at", Datetime, "rfs!"),
        Attribute::of("reference", String, "rcufs"),
        Attribute::of("reference_origin", String, "rcufs"),
        Attribute::of("metadata", Object, "rcuf").default_json("{}"),
    ],
    relationships: &[
        Relationship::one("price", &["prices"], "cufs*"),
        Relationship::many("versions", &["versions"], "").computed(),
        Relationship::many("events", &["events"], "").computed(),
    ],
    triggers: &[],
};
