//! What `authorizations` are made of, as the commerce API publishes it.
//!
//! Invariant: every attribute, relationship and trigger that clients of the API know is listed; the conformance
//! check compares this table with the published facts.

use kassa_storage::descriptor::{
    Attribute,
    AttributeType::{Boolean, Datetime, Float, Integer, Object, String},
    Descriptor, Relationship, Trigger, Verbs,
};

use super::transaction::{attributes, relationships};

/// `authorizations`.
pub static DESCRIPTOR: Descriptor = Descriptor {
    kind: "authorizations",
    singular: "authorization",
    singleton: false,
    root: Some("order"),
    schema: 1,
    verbs: Verbs::READ_UPDATE,
    concrete: &[],
    attributes: attributes![
        "u",
        Attribute::of("cvv_code", String, "r"),
        Attribute::of("cvv_message", String, "r"),
        Attribute::of("avs_code", String, "r"),
        Attribute::of("avs_message", String, "r"),
        Attribute::of("fraud_review", String, "r"),
        Attribute::of("capture_amount_cents", Integer, "r"),
        Attribute::of("capture_amount_float", Float, "r").money_of("capture_amount_cents"),
        Attribute::of("formatted_capture_amount", String, "r").money_of("capture_amount_cents"),
        Attribute::of("capture_balance_cents", Integer, "r"),
        Attribute::of("capture_balance_float", Float, "r").money_of("capture_balance_cents"),
        Attribute::of("formatted_capture_balance", String, "r").money_of("capture_balance_cents"),
        Attribute::of("void_balance_cents", Integer, "r"),
        Attribute::of("void_balance_float", Float, "r").money_of("void_balance_cents"),
        Attribute::of("formatted_void_balance", String, "r").money_of("void_balance_cents"),
    ],
    relationships: relationships![
        Relationship::many("captures", &["captures"], "").inverse("reference_authorization"),
        Relationship::many("voids", &["voids"], "").inverse("reference_authorization"),
    ],
    triggers: &[
        Trigger::of("_forward", Boolean, "u"),
        Trigger::of("_capture", Boolean, "u"),
        Trigger::of("_capture_amount_cents", Integer, "u"),
        Trigger::of("_void", Boolean, "u"),
        Trigger::of("_cancel", Boolean, "u"),
    ],
};
