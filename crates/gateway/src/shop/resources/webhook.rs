//! What `webhooks` are made of, as the commerce API publishes it.
//!
//! Invariant: every attribute, relationship and trigger that clients of the API know is listed; the conformance
//! check compares this table with the published facts.

use kassa_storage::descriptor::{
    Attribute,
    AttributeType::{Array, Boolean, Datetime, Integer, Object, String},
    Descriptor, Relationship, Trigger, Verbs,
};

use crate::shop::calling::CIRCUIT_COUNTER;

/// `webhooks`.
pub static DESCRIPTOR: Descriptor = Descriptor {
    kind: "webhooks",
    singular: "webhook",
    singleton: false,
    root: None,
    schema: 1,
    verbs: Verbs::ALL,
    concrete: &[],
    attributes: &[
        Attribute::of("name", String, "rcuf").default_json(r#""Webhook""#),
        Attribute::of("topic", String, "rcufi!*"),
        Attribute::of("callback_url", String, "rcu!*"),
        Attribute::of("include_resources", Array, "rcu"),
        Attribute::of("disabled_at", Datetime, "rfs"),
        Attribute::of("circuit_state", String, "rfs"),
        Attribute::of("circuit_failure_count", Integer, "rfs").counter(CIRCUIT_COUNTER),
        Attribute::of("shared_secret", String, "r!"),
        Attribute::of("created_at", Datetime, "rfs!"),
        Attribute::of("updated_at", Datetime, "rfs!"),
        Attribute::of("reference", String, "rcufs"),
        Attribute::of("reference_origin", String, "rcufs"),
        Attribute::of("metadata", Object, "rcuf").default_json("{}"),
    ],
    relationships: &[
        Relationship::many("last_event_callbacks", &["event_callbacks"], "").computed(),
        Relationship::many("versions", &["versions"], "").computed(),
    ],
    triggers: &[
        Trigger::of("_disable", Boolean, "cu"),
        Trigger::of("_enable", Boolean, "cu"),
        Trigger::of("_reset_circuit", Boolean, "u^"),
        Trigger::of("_regenerate_shared_secret", Boolean, "u"),
    ],
};
