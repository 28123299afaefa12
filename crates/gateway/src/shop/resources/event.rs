//! What `events` are made of, as the commerce API publishes it.
//!
//! Invariant: every attribute, relationship and trigger that clients of the API know is listed; the conformance
//! check compares this table with the published facts.

use kassa_storage::descriptor::{
    Attribute,
    AttributeType::{Boolean, Datetime, Object, String},
    Descriptor, Relationship, Trigger, Verbs,
};

/// `events`.
pub static DESCRIPTOR: Descriptor = Descriptor {
    kind: "events",
    singular: "event",
    singleton: false,
    root: None,
    schema: 1,
    verbs: Verbs::READ_UPDATE,
    concrete: &[],
    attributes: &[
        Attribute::of("name", String, "rfsi!"),
        Attribute::of("created_at", Datetime, "rfs!"),
        Attribute::of("updated_at", Datetime, "rfs!"),
        Attribute::of("reference", String, "rufs"),
        Attribute::of("reference_origin", String, "rufs"),
        Attribute::of("metadata", Object, "ruf").default_json("{}"),
    ],
    relationships: &[
        Relationship::many("webhooks", &["webhooks"], "").computed(),
        Relationship::many("last_event_callbacks", &["event_callbacks"], "").computed(),
    ],
    triggers: &[Trigger::of("_trigger", Boolean, "u^")],
};
