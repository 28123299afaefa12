//! What `packages` are made of, as the commerce API publishes it.
//!
//! Invariant: every attribute, relationship and trigger that clients of the API know is listed; the conformance
//! check compares this table with the published facts.

use kassa_storage::descriptor::{
    Attribute,
    AttributeType::{Datetime, Float, Object, String},
    Descriptor, Relationship, Verbs,
};

/// `packages`.
pub static DESCRIPTOR: Descriptor = Descriptor {
    kind: "packages",
    singular: "package",
    singleton: false,
    root: None,
    schema: 1,
    verbs: Verbs::ALL,
    concrete: &[],
    attributes: &[
        Attribute::of("name", String, "rcufs!*"),
        Attribute::of("code", String, "rcufsi"),
        Attribute::of("length", Float, "rcufs!*"),
        Attribute::of("width", Float, "rcufs!*"),
        Attribute::of("height", Float, "rcufs!*"),
        Attribute::of("unit_of_length", String, "rcufs!*"),
        Attribute::of("created_at", Datetime, "rfs!"),
        Attribute::of("updated_at", Datetime, "rfs!"),
        Attribute::of("reference", String, "rcufs"),
        Attribute::of("reference_origin", String, "rcufs"),
        Attribute::of("metadata", Object, "rcuf").default_json("{}"),
    ],
    relationships: &[
        Relationship::one("stock_location", &["stock_locations"], "cufs*"),
        Relationship::many("parcels", &["parcels"], "f").inverse("package"),
        Relationship::many("versions", &["versions"], "").computed(),
    ],
    triggers: &[],
};
