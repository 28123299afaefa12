//! What `order_amount_promotion_rules` are made of, as the commerce API publishes it.
//!
//! Invariant: every attribute, relationship and trigger that clients of the API know is listed; the conformance
//! check compares this table with the published facts.

use kassa_storage::descriptor::{
    Attribute,
    AttributeType::{Boolean, Datetime, Float, Integer, Object, String},
    Descriptor, Relationship, Verbs,
};

use super::promotion_rule::{attributes, relationships};

/// `order_amount_promotion_rules`.
pub static DESCRIPTOR: Descriptor = Descriptor {
    kind: "order_amount_promotion_rules",
    singular: "order_amount_promotion_rule",
    singleton: false,
    root: None,
    schema: 1,
    verbs: Verbs::ALL,
    concrete: &[],
    attributes: attributes![
        "cu",
        Attribute::of("order_amount_cents", Integer, "rcu"),
        Attribute::of("order_amount_float", Float, "r").money_of("order_amount_cents"),
        Attribute::of("formatted_order_amount", String, "r").money_of("order_amount_cents"),
        Attribute::of("use_subtotal", Boolean, "rcu").default_json("false")
    ],
    relationships: relationships!["cu*"],
    triggers: &[],
};
