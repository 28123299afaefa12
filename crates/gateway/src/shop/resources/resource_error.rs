//! What `resource_errors` are made of, as the commerce API publishes it.
//!
//! Invariant: every attribute, relationship and trigger that clients of the API know is listed; the conformance
//! check compares this table with the published facts.

use kassa_storage::descriptor::{
    Attribute,
    AttributeType::{Datetime, Object, String},
    Descriptor, Relationship, Verbs,
};

/// `resource_errors`.
pub static DESCRIPTOR: Descriptor = Descriptor {
    kind: "resource_errors",
    singular: "resource_error",
    singleton: false,
    root: None,
    schema: 1,
    verbs: Verbs::READ,
    concrete: &[],
    attributes: &[
        Attribute::of("name", String, "rfs!"),
        Attribute::of("code", String, "rfs!"),
        Attribute::of("message", String, "rf!"),
        Attribute::of("created_at", Datetime, "rfs!"),
        Attribute::of("updated_at", Datetime, "rfs!"),
        Attribute::of("reference", String, "rfs"),
        Attribute::of("reference_origin", String, "rfs"),
        Attribute::of("metadata", Object, "rf").default_json("{}"),
    ],
    relationships: &[Relationship::one("resource", &["orders", "returns"], "")],
    triggers: &[],
};
