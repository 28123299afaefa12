//! What `captures` are made of, as the commerce API publishes it.
//!
//! Invariant: every attribute, relationship and trigger that clients of the API know is listed; the conformance
//! check compares this table with the published facts.

use kassa_storage::descriptor::{
    Attribute,
    AttributeType::{Boolean, Datetime, Float, Integer, Object, String},
    Descriptor, Relationship, Trigger, Verbs,
};

use super::transaction::{attributes, relationships};

/// `captures`.
pub static DESCRIPTOR: Descriptor = Descriptor {
    kind: "captures",
    singular: "capture",
    singleton: false,
    root: Some("order"),
    schema: 1,
    verbs: Verbs::READ_UPDATE,
    concrete: &[],
    attributes: attributes![
        "u",
        Attribute::of("refund_amount_cents", Integer, "r"),
        Attribute::of("refund_amount_float", Float, "r").money_of("refund_amount_cents"),
        Attribute::of("formatted_refund_amount", String, "r").money_of("refund_amount_cents"),
        Attribute::of("refund_balance_cents", Integer, "r"),
        Attribute::of("refund_balance_float", Float, "r").money_of("refund_balance_cents"),
        Attribute::of("formatted_refund_balance", String, "r").money_of("refund_balance_cents"),
    ],
    relationships: relationships![
        Relationship::one("reference_authorization", &["authorizations"], ""),
        Relationship::many("refunds", &["refunds"], "").inverse("reference_capture"),
        Relationship::one("return", &["returns"], "").computed(),
    ],
    triggers: &[
        Trigger::of("_forward", Boolean, "u"),
        Trigger::of("_refund", Boolean, "u"),
        Trigger::of("_refund_amount_cents", Integer, "u"),
        Trigger::of("_cancel", Boolean, "u"),
    ],
};
