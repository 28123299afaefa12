//! What `shipping_zones` are made of, as the commerce API publishes it.
//!
//! Invariant: every attribute, relationship and trigger that clients of the API know is listed; the conformance
//! check compares this table with the published facts.

use kassa_storage::descriptor::{
    Attribute,
    AttributeType::{Datetime, Object, String},
    Descriptor, Relationship, Verbs,
};

/// `shipping_zones`.
pub static DESCRIPTOR: Descriptor = Descriptor {
    kind: "shipping_zones",
    singular: "shipping_zone",
    singleton: false,
    root: None,
    schema: 1,
    verbs: Verbs::ALL,
    concrete: &[],
    attributes: &[
        Attribute::of("name", String, "rcufs!*"),
        Attribute::of("country_code_regex", String, "rcu"),
        Attribute::of("not_country_code_regex", String, "rcu"),
        Attribute::of("state_code_regex", String, "rcu"),
        Attribute::of("not_state_code_regex", String, "rcu"),
        Attribute::of("zip_code_regex", String, "rcu"),
        Attribute::of("not_zip_code_regex", String, "rcu"),
        Attribute::of("created_at", Datetime, "rfs!"),
        Attribute::of("updated_at", Datetime, "rfs!"),
        Attribute::of("reference", String, "rcufs"),
        Attribute::of("reference_origin", String, "rcufs"),
        Attribute::of("metadata", Object, "rcuf").default_json("{}"),
    ],
    relationships: &[Relationship::many("versions", &["versions"], "").computed()],
    triggers: &[],
};
