//! What `percentage_discount_promotions` are made of, as the commerce API publishes it.
//!
//! Invariant: every attribute, relationship and trigger that clients of the API know is listed; the conformance
//! check compares this table with the published facts.

use kassa_storage::descriptor::{
    Attribute,
    AttributeType::{Boolean, Datetime, Integer, Object, String},
    Descriptor, Relationship, Trigger, Verbs,
};

use super::promotion::{attributes, relationships, triggers};

/// `percentage_discount_promotions`.
pub static DESCRIPTOR: Descriptor = Descriptor {
    kind: "percentage_discount_promotions",
    singular: "percentage_discount_promotion",
    singleton: false,
    root: None,
    schema: 1,
    verbs: Verbs::ALL,
    concrete: &[],
    attributes: attributes!["cu", "*", Attribute::of("percentage", Integer, "rcu!*")],
    relationships: relationships!["cu", Relationship::many("skus", &["skus"], "").computed()],
    triggers: triggers!["cu"],
};
