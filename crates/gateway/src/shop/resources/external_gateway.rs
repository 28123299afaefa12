//! What `external_gateways` are made of, as the commerce API publishes it.
//!
//! Invariant: every attribute, relationship and trigger that clients of the API know is listed; the conformance
//! check compares this table with the published facts.

use kassa_storage::descriptor::{
    Attribute,
    AttributeType::{Array, Boolean, Datetime, Integer, Object, String},
    Descriptor, Relationship, Trigger, Verbs,
};

use crate::shop::calling::CIRCUIT_COUNTER;

/// `external_gateways`.
pub static DESCRIPTOR: Descriptor = Descriptor {
    kind: "external_gateways",
    singular: "external_gateway",
    singleton: false,
    root: None,
    schema: 1,
    verbs: Verbs::ALL,
    concrete: &[],
    attributes: &[
        Attribute::of("name", String, "rcufs!*"),
        Attribute::of("force_payments", Boolean, "rcu").default_json("false"),
        Attribute::of("disabled_at", Datetime, "rfs"),
        Attribute::of("created_at", Datetime, "rfs!"),
        Attribute::of("updated_at", Datetime, "rfs!"),
        Attribute::of("reference", String, "rcufs"),
        Attribute::of("reference_origin", String, "rcufs"),
        Attribute::of("metadata", Object, "rcuf").default_json("{}"),
        Attribute::of("authorize_url", String, "rcu"),
        Attribute::of("capture_url", String, "rcu"),
        Attribute::of("void_url", String, "rcu"),
        Attribute::of("refund_url", String, "rcu"),
        Attribute::of("token_url", String, "rcu"),
        Attribute::of("circuit_state", String, "rfs"),
        Attribute::of("circuit_failure_count", Integer, "rfs").counter(CIRCUIT_COUNTER),
        Attribute::of("shared_secret", String, "r!"),
        Attribute::of("external_includes", Array, "rcu"),
    ],
    relationships: &[
        Relationship::many("payment_methods", &["payment_methods"], "f").inverse("payment_gateway"),
        Relationship::many("versions", &["versions"], "").computed(),
        Relationship::many("external_payments", &["external_payments"], "f")
            .inverse("payment_gateway"),
    ],
    triggers: &[
        Trigger::of("_disable", Boolean, "cu"),
        Trigger::of("_enable", Boolean, "cu"),
        Trigger::of("_reset_circuit", Boolean, "u^"),
        Trigger::of("_regenerate_shared_secret", Boolean, "u"),
    ],
};
