//! What `delivery_lead_times` are made of, as the commerce API publishes it.
//!
//! Invariant: every attribute, relationship and trigger that clients of the API know is listed; the conformance
//! check compares this table with the published facts.

use kassa_storage::descriptor::{
    Attribute,
    AttributeType::{Datetime, Integer, Object, String},
    Descriptor, Relationship, Verbs,
};

/// `delivery_lead_times`.
pub static DESCRIPTOR: Descriptor = Descriptor {
    kind: "delivery_lead_times",
    singular: "delivery_lead_time",
    singleton: false,
    root: None,
    schema: 1,
    verbs: Verbs::ALL,
    concrete: &[],
    attributes: &[
        Attribute::of("min_hours", Integer, "rcufs!*"),
        Attribute::of("max_hours", Integer, "rcufs!*"),
        Attribute::of("min_days", Integer, "rfs"),
        Attribute::of("max_days", Integer, "rf"),
        Attribute::of("created_at", Datetime, "rfs!"),
        Attribute::of("updated_at", Datetime, "rfs!"),
        Attribute::of("reference", String, "rcufs"),
        Attribute::of("reference_origin", String, "rcufs"),
        Attribute::of("metadata", Object, "rcuf").default_json("{}"),
    ],
    relationships: &[
        Relationship::one("stock_location", &["stock_locations"], "cufs*"),
        Relationship::one("shipping_method", &["shipping_methods"], "cufs*"),
        Relationship::many("versions", &["versions"], "").computed(),
    ],
    triggers: &[],
};
