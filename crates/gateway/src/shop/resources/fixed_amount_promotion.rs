//! What `fixed_amount_promotions` are made of, as the commerce API publishes it.
//!
//! Invariant: every attribute, relationship and trigger that clients of the API know is listed; the conformance
//! check compares this table with the published facts.

use kassa_storage::descriptor::{
    Attribute,
    AttributeType::{Boolean, Datetime, Float, Integer, Object, String},
    Descriptor, Relationship, Trigger, Verbs,
};

use super::promotion::{attributes, relationships, triggers};

/// `fixed_amount_promotions`.
pub static DESCRIPTOR: Descriptor = Descriptor {
    kind: "fixed_amount_promotions",
    singular: "fixed_amount_promotion",
    singleton: false,
    root: None,
    schema: 1,
    verbs: Verbs::ALL,
    concrete: &[],
    attributes: attributes![
        "cu",
        "*",
        Attribute::of("fixed_amount_cents", Integer, "rcu!*"),
        Attribute::of("fixed_amount_float", Float, "r").money_of("fixed_amount_cents"),
        Attribute::of("formatted_fixed_amount", String, "r").money_of("fixed_amount_cents")
    ],
    relationships: relationships!["cu", Relationship::many("skus", &["skus"], "").computed()],
    triggers: triggers!["cu"],
};
