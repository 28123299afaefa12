//! What `klarna_payments` are made of, as the commerce API publishes it.
//!
//! Invariant: every attribute, relationship and trigger that clients of the API know is listed; the conformance
//! check compares this table with the published facts.

use kassa_storage::descriptor::{
    Attribute,
    AttributeType::{Array, Boolean, Datetime, Object, String},
    Descriptor, Relationship, Trigger, Verbs,
};

/// `klarna_payments`.
pub static DESCRIPTOR: Descriptor = Descriptor {
    kind: "klarna_payments",
    singular: "klarna_payment",
    singleton: false,
    root: Some("order"),
    schema: 1,
    verbs: Verbs::ALL,
    concrete: &[],
    attributes: &[
        Attribute::of("session_id", String, "ri"),
        Attribute::of("client_token", String, "r"),
        Attribute::of("payment_methods", Array, "r!"),
        Attribute::of("auth_token", String, "rui"),
        Attribute::of("mismatched_amounts", Boolean, "rf"),
        Attribute::of("payment_instrument", Object, "r"),
        Attribute::of("created_at", Datetime, "rfs!"),
        Attribute::of("updated_at", Datetime, "rfs!"),
        Attribute::of("reference", String, "rcufs"),
        Attribute::of("reference_origin", String, "rcufs"),
        Attribute::of("metadata", Object, "rcuf").default_json("{}"),
        Attribute::of("payment_request_data", Object, "r"),
        Attribute::of("payment_response", Object, "r"),
    ],
    relationships: &[
        Relationship::one("order", &["orders"], "cufs*"),
        Relationship::one(
            "payment_gateway",
            &[
                "payment_gateways",
                "external_gateways",
                "klarna_gateways",
                "manual_gateways",
            ],
            "",
        ),
        Relationship::many("versions", &["versions"], "").computed(),
    ],
    triggers: &[Trigger::of("_update", Boolean, "u")],
};
