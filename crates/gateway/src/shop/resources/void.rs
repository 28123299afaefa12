//! What `voids` are made of, as the commerce API publishes it.
//!
//! Invariant: every attribute, relationship and trigger that clients of the API know is listed; the conformance
//! check compares this table with the published facts.

use kassa_storage::descriptor::{
    Attribute,
    AttributeType::{Boolean, Datetime, Float, Integer, Object, String},
    Descriptor, Relationship, Trigger, Verbs,
};

use super::transaction::{attributes, relationships};

/// `voids`.
pub static DESCRIPTOR: Descriptor = Descriptor {
    kind: "voids",
    singular: "void",
    singleton: false,
    root: Some("order"),
    schema: 1,
    verbs: Verbs::READ_UPDATE,
    concrete: &[],
    attributes: attributes!["u"],
    relationships: relationships![Relationship::one(
        "reference_authorization",
        &["authorizations"],
        "f"
    ),],
    triggers: &[Trigger::of("_forward", Boolean, "u")],
};
