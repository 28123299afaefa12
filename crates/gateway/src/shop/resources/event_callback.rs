//! What `event_callbacks` are made of, as the commerce API publishes it.
//!
//! Invariant: every attribute, relationship and trigger that clients of the API know is listed; the conformance
//! check compares this table with the published facts.

use kassa_storage::descriptor::{
    Attribute,
    AttributeType::{Datetime, Object, String},
    Descriptor, Relationship, Verbs,
};

/// `event_callbacks`.
pub static DESCRIPTOR: Descriptor = Descriptor {
    kind: "event_callbacks",
    singular: "event_callback",
    singleton: false,
    root: None,
    schema: 1,
    verbs: Verbs::READ,
    concrete: &[],
    attributes: &[
        Attribute::of("callback_url", String, "rf!"),
        Attribute::of("signature", String, ""),
        Attribute::of("payload", Object, "r"),
        Attribute::of("response_code", String, "rfs"),
        Attribute::of("response_message", String, "rfs"),
        Attribute::of("created_at", Datetime, "rfs!"),
        Attribute::of("updated_at", Datetime, "rfs!"),
        Attribute::of("reference", String, "rfs"),
        Attribute::of("reference_origin", String, "rfs"),
        Attribute::of("metadata", Object, "rf").default_json("{}"),
    ],
    relationships: &[Relationship::one("webhook", &["webhooks"], "fs")],
    triggers: &[],
};
