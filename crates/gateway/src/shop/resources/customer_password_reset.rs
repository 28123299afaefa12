//! What `customer_password_resets` are made of, as the commerce API publishes it.
//!
//! Invariant: every attribute, relationship and trigger that clients of the API know is listed; the conformance
//! check compares this table with the published facts.

use kassa_storage::descriptor::{
    Attribute,
    AttributeType::{Datetime, Object, String},
    Descriptor, Relationship, Trigger, Verbs,
};

/// `customer_password_resets`.
pub static DESCRIPTOR: Descriptor = Descriptor {
    kind: "customer_password_resets",
    singular: "customer_password_reset",
    singleton: false,
    root: None,
    schema: 1,
    verbs: Verbs::ALL,
    concrete: &[],
    attributes: &[
        Attribute::of("customer_email", String, "rci!*"),
        Attribute::of("reset_password_token", String, "rfi"),
        Attribute::of("customer_password", String, "u"),
        Attribute::of("reset_password_at", Datetime, "rf"),
        Attribute::of("created_at", Datetime, "rfs!"),
        Attribute::of("updated_at", Datetime, "rfs!"),
        Attribute::of("reference", String, "rcufs"),
        Attribute::of("reference_origin", String, "rcufs"),
        Attribute::of("metadata", Object, "rcuf").default_json("{}"),
    ],
    relationships: &[
        Relationship::one("customer", &["customers"], "fs"),
        Relationship::many("events", &["events"], "").computed(),
    ],
    triggers: &[Trigger::of("_reset_password_token", String, "u")],
};
