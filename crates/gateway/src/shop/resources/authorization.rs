//! What `authorizations` are made of, as the commerce API publishes it.
//!
//! Invariant: every attribute, relationship and trigger that clients of the API know is listed; the conformance
//! check compares this table with the published facts.

use kassa_storage::descriptor::{
    Attribute,
    AttributeType::{Boolean, Datetime, Float, Integer, Object, String},
    Descriptor, Relationship, Trigger, Verbs,
};

/// `authorizations`.
pub static DESCRIPTOR: Descriptor = Descriptor {
    kind: "authorizations",
    singular: "authorization",
    singleton: false,
    root: Some("order"),
    schema: 1,
    verbs: Verbs::READ_UPDATE,
    concrete: &[],
    attributes: &[
        Attribute::of("number", String, "rfs!"),
        Attribute::of("payment_method_type", String, "r"),
        Attribute::of("currency_code", String, "rf!"),
        Attribute::of("amount_cents", Integer, "rfs!"),
        Attribute::of("amount_float", Float, "r!").money_of("amount_cents"),
        Attribute::of("formatted_amount", String, "r!").money_of("amount_cents"),
        Attribute::of("succeeded", Boolean, "ruf!"),
        Attribute::of("message", String, "rf"),
        Attribute::of("error_code", String, "rf"),
        Attribute::of("error_detail", String, "rf"),
        Attribute::of("token", String, "rf"),
        Attribute::of("gateway_transaction_id", String, "rfi"),
        Attribute::of("created_at", Datetime, "rfs!"),
        Attribute::of("updated_at", Datetime, "rfs!"),
        Attribute::of("reference", String, "rufs"),
        Attribute::of("reference_origin", String, "rufs"),
        Attribute::of("metadata", Object, "ruf"),
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
    relationships: &[
        Relationship::one("order", &["orders"], ""),
        Relationship::one(
            "payment_source",
            &[
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
            ],
            "",
        ),
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
