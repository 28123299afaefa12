//! What `coupons` are made of, as the commerce API publishes it.
//!
//! Invariant: every attribute, relationship and trigger that clients of the API know is listed; the conformance
//! check compares this table with the published facts.

use kassa_commerce::reservation::COUPON_COUNTER;
use kassa_storage::descriptor::{
    Attribute,
    AttributeType::{Boolean, Datetime, Integer, Object, String},
    Descriptor, Relationship, Verbs,
};

/// `coupons`.
pub static DESCRIPTOR: Descriptor = Descriptor {
    kind: "coupons",
    singular: "coupon",
    singleton: false,
    root: None,
    schema: 1,
    verbs: Verbs::ALL,
    concrete: &[],
    attributes: &[
        Attribute::of("code", String, "rcufsi!*"),
        Attribute::of("customer_single_use", Boolean, "rcufs").default_json("false"),
        Attribute::of("usage_limit", Integer, "rcufs"),
        Attribute::of("usage_count", Integer, "rfs").counter(COUPON_COUNTER),
        Attribute::of("recipient_email", String, "rcu"),
        Attribute::of("expires_at", Datetime, "rcufs"),
        Attribute::of("created_at", Datetime, "rfs!"),
        Attribute::of("updated_at", Datetime, "rfs!"),
        Attribute::of("reference", String, "rcufs"),
        Attribute::of("reference_origin", String, "rcufs"),
        Attribute::of("metadata", Object, "rcuf").default_json("{}"),
    ],
    relationships: &[
        Relationship::one("promotion_rule", &["coupon_codes_promotion_rules"], "cuf*"),
        Relationship::one("coupon_recipient", &["coupon_recipients"], "cu").computed(),
        Relationship::many("events", &["events"], "").computed(),
        Relationship::many("versions", &["versions"], "").computed(),
    ],
    triggers: &[],
};
