//! What `refunds` are made of, as the commerce API publishes it.
//!
//! Invariant: every attribute, relationship and trigger that clients of the API know is listed; the conformance
//! check compares this table with the published facts.

use kassa_storage::descriptor::{
    Attribute,
    AttributeType::{Boolean, Datetime, Float, Integer, Object, String},
    Descriptor, Relationship, Trigger, Verbs,
};

/// `refunds`.
pub static DESCRIPTOR: Descriptor = Descriptor {
    kind: "refunds",
    singular: "refund",
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
        Attribute::of("gateway_transaction_id", String, "rf"),
        Attribute::of("created_at", Datetime, "rfs!"),
        Attribute::of("updated_at", Datetime, "rfs!"),
        Attribute::of("reference", String, "rufs"),
        Attribute::of("reference_origin", String, "rufs"),
        Attribute::of("metadata", Object, "ruf"),
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
        Relationship::one("reference_capture", &["captures"], ""),
        Relationship::one("return", &["returns"], "").computed(),
    ],
    triggers: &[Trigger::of("_forward", Boolean, "u")],
};
