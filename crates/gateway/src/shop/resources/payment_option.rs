//! What `payment_options` are made of, as the commerce API publishes it.
//!
//! Invariant: every attribute, relationship and trigger that clients of the API know is listed; the conformance
//! check compares this table with the published facts.

use kassa_storage::descriptor::{
    Attribute,
    AttributeType::{Datetime, Object, String},
    Descriptor, Relationship, Verbs,
};

/// `payment_options`.
pub static DESCRIPTOR: Descriptor = Descriptor {
    kind: "payment_options",
    singular: "payment_option",
    singleton: false,
    root: None,
    schema: 1,
    verbs: Verbs::ALL,
    concrete: &[],
    attributes: &[
        Attribute::of("name", String, "rcufs"),
        Attribute::of("payment_source_type", String, "rcfs!*").values(&[
            "adyen_payments",
            "axerve_payments",
            "braintree_payments",
            "checkout_com_payments",
            "external_payments",
            "klarna_payments",
            "paypal_payments",
            "satispay_payments",
            "stripe_payments",
            "wire_transfers",
        ]),
        Attribute::of("data", Object, "rcuf!*"),
        Attribute::of("created_at", Datetime, "rfs!"),
        Attribute::of("updated_at", Datetime, "rfs!"),
        Attribute::of("reference", String, "rcufs"),
        Attribute::of("reference_origin", String, "rcufs"),
        Attribute::of("metadata", Object, "rcuf").default_json("{}"),
    ],
    relationships: &[Relationship::one("order", &["orders"], "cufs*")],
    triggers: &[],
};
