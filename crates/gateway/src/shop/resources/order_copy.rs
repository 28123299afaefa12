//! What `order_copies` are made of, as the commerce API publishes it.
//!
//! Invariant: every attribute, relationship and trigger that clients of the API know is listed; the conformance
//! check compares this table with the published facts.

use kassa_storage::descriptor::{
    Attribute,
    AttributeType::{Boolean, Datetime, Integer, Object, String},
    Descriptor, Relationship, Verbs,
};

use super::order_factory::{attributes, relationships};

/// `order_copies`.
pub static DESCRIPTOR: Descriptor = Descriptor {
    kind: "order_copies",
    singular: "order_copy",
    singleton: false,
    root: None,
    schema: 1,
    verbs: Verbs::ALL,
    concrete: &[],
    attributes: attributes![
        "c",
        "cu",
        Attribute::of("cancel_source_order", Boolean, "rc"),
        Attribute::of("apply_promotions", Boolean, "rc").default_json("false"),
        Attribute::of("skip_errors", Boolean, "rc").default_json("false"),
        Attribute::of("ignore_invalid_coupon", Boolean, "rc").default_json("false")
    ],
    relationships: relationships![
        "c*",
        Relationship::one("order_subscription", &["order_subscriptions"], "s")
    ],
    triggers: &[],
};
