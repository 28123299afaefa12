//! What `customer_payment_sources` are made of, as the commerce API publishes it.
//!
//! Invariant: every attribute, relationship and trigger that clients of the API know is listed; the conformance
//! check compares this table with the published facts.

use kassa_storage::descriptor::{
    Attribute,
    AttributeType::{Datetime, Object, String},
    Descriptor, Relationship, Verbs,
};

use super::PAYMENT_SOURCES;

/// `customer_payment_sources`.
pub static DESCRIPTOR: Descriptor = Descriptor {
    kind: "customer_payment_sources",
    singular: "customer_payment_source",
    singleton: false,
    root: None,
    schema: 1,
    verbs: Verbs::ALL,
    concrete: &[],
    attributes: &[
        Attribute::of("name", String, "rf"),
        Attribute::of("customer_token", String, "rcu"),
        Attribute::of("payment_source_token", String, "rcufi"),
        Attribute::of("created_at", Datetime, "rfs!"),
        Attribute::of("updated_at", Datetime, "rfs!"),
        Attribute::of("reference", String, "rcufs"),
        Attribute::of("reference_origin", String, "rcufs"),
        Attribute::of("metadata", Object, "rcuf").default_json("{}"),
    ],
    relationships: &[
        Relationship::one("customer", &["customers"], "cufs*"),
        Relationship::one("payment_method", &["payment_methods"], "cuf"),
        Relationship::one("payment_source", PAYMENT_SOURCES, "cu"),
        Relationship::many("versions", &["versions"], "").computed(),
    ],
    triggers: &[],
};
