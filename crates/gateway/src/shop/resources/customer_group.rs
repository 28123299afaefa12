//! What `customer_groups` are made of, as the commerce API publishes it.
//!
//! Invariant: every attribute, relationship and trigger that clients of the API know is listed; the conformance
//! check compares this table with the published facts.

use kassa_storage::descriptor::{
    Attribute,
    AttributeType::{Datetime, Object, String},
    Descriptor, Relationship, Verbs,
};

/// `customer_groups`.
pub static DESCRIPTOR: Descriptor = Descriptor {
    kind: "customer_groups",
    singular: "customer_group",
    singleton: false,
    root: None,
    schema: 1,
    verbs: Verbs::ALL,
    concrete: &[],
    attributes: &[
        Attribute::of("name", String, "rcufs!*"),
        Attribute::of("code", String, "rcufs"),
        Attribute::of("created_at", Datetime, "rfs!"),
        Attribute::of("updated_at", Datetime, "rfs!"),
        Attribute::of("reference", String, "rcufs"),
        Attribute::of("reference_origin", String, "rcufs"),
        Attribute::of("metadata", Object, "rcuf").default_json("{}"),
    ],
    relationships: &[
        Relationship::many("customers", &["customers"], "").inverse("customer_group"),
        Relationship::many("markets", &["markets"], "").inverse("customer_group"),
        Relationship::many("versions", &["versions"], "").computed(),
    ],
    triggers: &[],
};
