//! What `free_shipping_promotions` are made of, as the commerce API publishes it.
//!
//! Invariant: every attribute, relationship and trigger that clients of the API know is listed; the conformance
//! check compares this table with the published facts.

use kassa_storage::descriptor::{
    Attribute,
    AttributeType::{Boolean, Datetime, Integer, Object, String},
    Descriptor, Relationship, Trigger, Verbs,
};

use super::promotion::{attributes, relationships, triggers};

/// `free_shipping_promotions`.
pub static DESCRIPTOR: Descriptor = Descriptor {
    kind: "free_shipping_promotions",
    singular: "free_shipping_promotion",
    singleton: false,
    root: None,
    schema: 1,
    verbs: Verbs::ALL,
    concrete: &[],
    attributes: attributes!["cu", "*"],
    relationships: relationships!["cu"],
    triggers: triggers!["cu"],
};
