//! What `payment_methods` are made of, as the commerce API publishes it.
//!
//! Invariant: every attribute, relationship and trigger that clients of the API know is listed; the conformance
//! check compares this table with the published facts.

use kassa_storage::descriptor::{
    Attribute,
    AttributeType::{Boolean, Datetime, Float, Integer, Object, String},
    Descriptor, Relationship, Trigger, Verbs,
};

/// `payment_methods`.
pub static DESCRIPTOR: Descriptor = Descriptor {
    kind: "payment_methods",
    singular: "payment_method",
    singleton: false,
    root: None,
    schema: 1,
    verbs: Verbs::ALL,
    concrete: &[],
    attributes: &[
        Attribute::of("name", String, "rcufs"),
        Attribute::of("payment_source_type", String, "rcufs!*").values(&[
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
        Attribute::of("currency_code", String, "rcufs")
            .required_if("order has no market-inherited value"),
        Attribute::of("moto", Boolean, "rcu").default_json("false"),
        Attribute::of("require_capture", Boolean, "rcu").default_json("true"),
        Attribute::of("auto_place", Boolean, "rcu").default_json("false"),
        Attribute::of("auto_capture", Boolean, "rcu").default_json("false"),
        Attribute::of("price_amount_cents", Integer, "rcufs!*"),
        Attribute::of("price_amount_float", Float, "r").money_of("price_amount_cents"),
        Attribute::of("formatted_price_amount", String, "r").money_of("price_amount_cents"),
        Attribute::of("auto_capture_max_amount_cents", Integer, "rcu"),
        Attribute::of("auto_capture_max_amount_float", Float, "r")
            .money_of("auto_capture_max_amount_cents"),
        Attribute::of("formatted_auto_capture_max_amount", String, "r")
            .money_of("auto_capture_max_amount_cents"),
        Attribute::of("disabled_at", Datetime, "rfs"),
        Attribute::of("created_at", Datetime, "rfs!"),
        Attribute::of("updated_at", Datetime, "rfs!"),
        Attribute::of("reference", String, "rcufs"),
        Attribute::of("reference_origin", String, "rcufs"),
        Attribute::of("metadata", Object, "rcuf").default_json("{}"),
    ],
    relationships: &[
        Relationship::one("market", &["markets"], "cufs"),
        Relationship::one(
            "payment_gateway",
            &[
                "payment_gateways",
                "external_gateways",
                "klarna_gateways",
                "manual_gateways",
            ],
            "cuf*",
        ),
        Relationship::one("store", &["stores"], "cufs"),
        Relationship::many("versions", &["versions"], "").computed(),
    ],
    triggers: &[
        Trigger::of("_disable", Boolean, "cu"),
        Trigger::of("_enable", Boolean, "cu"),
    ],
};
