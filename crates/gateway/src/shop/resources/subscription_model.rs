//! What `subscription_models` are made of, as the commerce API publishes it.
//!
//! Invariant: every attribute, relationship and trigger that clients of the API know is listed; the conformance
//! check compares this table with the published facts.

use kassa_storage::descriptor::{
    Attribute,
    AttributeType::{Array, Boolean, Datetime, Object, String},
    Descriptor, Relationship, Verbs,
};

/// `subscription_models`.
pub static DESCRIPTOR: Descriptor = Descriptor {
    kind: "subscription_models",
    singular: "subscription_model",
    singleton: false,
    root: None,
    schema: 1,
    verbs: Verbs::ALL,
    concrete: &[],
    attributes: &[
        Attribute::of("name", String, "rcufs!*"),
        Attribute::of("strategy", String, "rcufs").default_json(r#""by_frequency""#),
        Attribute::of("frequencies", Array, "rcu!*"),
        Attribute::of("auto_activate", Boolean, "rcuf").default_json("true"),
        Attribute::of("auto_cancel", Boolean, "rcuf").default_json("false"),
        Attribute::of("created_at", Datetime, "rfs!"),
        Attribute::of("updated_at", Datetime, "rfs!"),
        Attribute::of("reference", String, "rcufs"),
        Attribute::of("reference_origin", String, "rcufs"),
        Attribute::of("metadata", Object, "rcuf").default_json("{}"),
    ],
    relationships: &[
        Relationship::many("markets", &["markets"], "").inverse("subscription_model"),
        Relationship::many("order_subscriptions", &["order_subscriptions"], "")
            .inverse("subscription_model"),
    ],
    triggers: &[],
};
