//! What `payment_gateways` are made of, as the commerce API publishes it.
//!
//! Invariant: every attribute, relationship and trigger that clients of the API know is listed; the conformance
//! check compares this table with the published facts.

use kassa_storage::descriptor::{
    Attribute,
    AttributeType::{Boolean, Datetime, Object, String},
    Descriptor, Relationship, Trigger, Verbs,
};

/// `payment_gateways`.
pub static DESCRIPTOR: Descriptor = Descriptor {
    kind: "payment_gateways",
    singular: "payment_gateway",
    singleton: false,
    root: None,
    schema: 1,
    verbs: Verbs::READ,
    concrete: &["external_gateways", "klarna_gateways", "manual_gateways"],
    attributes: &[
        Attribute::of("name", String, "rfs!"),
        Attribute::of("force_payments", Boolean, "r").default_json("false"),
        Attribute::of("disabled_at", Datetime, "rfs"),
        Attribute::of("created_at", Datetime, "rfs!"),
        Attribute::of("updated_at", Datetime, "rfs!"),
        Attribute::of("reference", String, "rfs"),
        Attribute::of("reference_origin", String, "rfs"),
        Attribute::of("metadata", Object, "rf").default_json("{}"),
    ],
    relationships: &[
        Relationship::many("payment_methods", &["payment_methods"], "f").inverse("payment_gateway"),
        Relationship::many("versions", &["versions"], "").computed(),
    ],
    triggers: &[
        Trigger::of("_disable", Boolean, ""),
        Trigger::of("_enable", Boolean, ""),
    ],
};
