//! What `external_payments` are made of, as the commerce API publishes it.
//!
//! Invariant: every attribute, relationship and trigger that clients of the API know is listed; the conformance
//! check compares this table with the published facts.

use kassa_storage::descriptor::{
    Attribute,
    AttributeType::{Datetime, Object, String},
    Descriptor, Relationship, Verbs,
};

/// `external_payments`.
pub static DESCRIPTOR: Descriptor = Descriptor {
    kind: "external_payments",
    singular: "external_payment",
    singleton: false,
    root: Some("order"),
    schema: 1,
    verbs: Verbs::ALL,
    concrete: &[],
    attributes: &[
        Attribute::of("payment_source_token", String, "rcfi!*"),
        Attribute::of("options", Object, "rcu"),
        Attribute::of("payment_instrument", Object, "r"),
        Attribute::of("created_at", Datetime, "rfs!"),
        Attribute::of("updated_at", Datetime, "rfs!"),
        Attribute::of("reference", String, "rcufs"),
        Attribute::of("reference_origin", String, "rcufs"),
        Attribute::of("metadata", Object, "rcuf").default_json("{}"),
    ],
    relationships: &[
        Relationship::one("order", &["orders"], "cufs*"),
        Relationship::one(
            "payment_gateway",
            &["payment_gateways", "external_gateways"],
            "",
        ),
        Relationship::one("wallet", &["customer_payment_sources"], "").computed(),
        Relationship::many("versions", &["versions"], "").computed(),
    ],
    triggers: &[],
};
