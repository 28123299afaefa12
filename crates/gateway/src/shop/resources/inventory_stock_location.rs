//! What `inventory_stock_locations` are made of, as the commerce API publishes it.
//!
//! Invariant: every attribute, relationship and trigger that clients of the API know is listed; the conformance
//! check compares this table with the published facts.

use kassa_storage::descriptor::{
    Attribute,
    AttributeType::{Boolean, Datetime, Integer, Object, String},
    Descriptor, Relationship, Verbs,
};

/// `inventory_stock_locations`.
pub static DESCRIPTOR: Descriptor = Descriptor {
    kind: "inventory_stock_locations",
    singular: "inventory_stock_location",
    singleton: false,
    root: None,
    schema: 1,
    verbs: Verbs::ALL,
    concrete: &[],
    attributes: &[
        Attribute::of("priority", Integer, "rcufs!*"),
        Attribute::of("on_hold", Boolean, "rcufs"),
        Attribute::of("created_at", Datetime, "rfs!"),
        Attribute::of("updated_at", Datetime, "rfs!"),
        Attribute::of("reference", String, "rcufs"),
        Attribute::of("reference_origin", String, "rcufs"),
        Attribute::of("metadata", Object, "rcuf").default_json("{}"),
    ],
    relationships: &[
        Relationship::one("stock_location", &["stock_locations"], "cufs*"),
        Relationship::one("inventory_model", &["inventory_models"], "cufs*"),
        Relationship::many("versions", &["versions"], "").computed(),
    ],
    triggers: &[],
};
