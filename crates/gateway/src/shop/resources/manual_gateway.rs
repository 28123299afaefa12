//! What `manual_gateways` are made of, as the commerce API publishes it.
//!
//! Invariant: every attribute, relationship and trigger that clients of the API know is listed; the conformance
//! check compares this table with the published facts.

use kassa_storage::descriptor::{
    Attribute,
    AttributeType::{Boolean, Datetime, Object, String},
    Descriptor, Relationship, Trigger, Verbs,
};

/// `manual_gateways`.
pub static DESCRIPTOR: Descriptor = Descriptor {
    kind: "manual_gateways",
    singular: "manual_gateway",
    singleton: false,
    root: None,
    schema: 1,
    verbs: Verbs::ALL,
    concrete: &[],
    attributes: &[
        Attribute::of("name", String, "rcufs!*"),
        Attribute::of("force_payments", Boolean, "rcu").default_json("false"),
        Attribute::of("disabled_at", Datetime, "rfs"),
        Attribute::of("created_at", Datetime, "rfs!"),
        Attribute::of("updated_at", Datetime, "rfs!"),
        Attribute::of("reference", String, "rcufs"),
        Attribute::of("reference_origin", String, "rcufs"),
        Attribute::of("metadata", Object, "rcuf").default_json("{}"),
    ],
    relationships: &[
        Relationship::many("payment_methods", &["payment_methods"], "f").inverse("payment_gateway"),
        Relationship::many("versions", &["versions"], "").computed(),
    ],
    triggers: &[
        Trigger::of("_disable", Boolean, "cu"),
        Trigger::of("_enable", Boolean, "cu"),
    ],
};
