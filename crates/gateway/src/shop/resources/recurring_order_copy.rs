//! What `recurring_order_copies` are made of, as the commerce API publishes it.
//!
//! Invariant: every attribute, relationship and trigger that clients of the API know is listed; the conformance
//! check compares this table with the published facts.

use kassa_storage::descriptor::{
    Attribute,
    AttributeType::{Boolean, Datetime, Integer, Object, String},
    Descriptor, Relationship, Verbs,
};

use super::order_factory::{attributes, relationships};

/// `recurring_order_copies`.
pub static DESCRIPTOR: Descriptor = Descriptor {
    kind: "recurring_order_copies",
    singular: "recurring_order_copy",
    singleton: false,
    root: None,
    schema: 1,
    verbs: Verbs::ALL,
    concrete: &[],
    attributes: attributes!["c", "cu"],
    relationships: relationships![
        "c*",
        Relationship::one("order_subscription", &["order_subscriptions"], "cfs*")
    ],
    triggers: &[],
};
