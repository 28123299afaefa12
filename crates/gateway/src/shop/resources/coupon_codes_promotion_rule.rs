//! What `coupon_codes_promotion_rules` are made of, as the commerce API publishes it.
//!
//! Invariant: every attribute, relationship and trigger that clients of the API know is listed; the conformance
//! check compares this table with the published facts.

use kassa_storage::descriptor::{
    Attribute,
    AttributeType::{Datetime, Object, String},
    Descriptor, Relationship, Verbs,
};

use super::promotion_rule::{attributes, relationships};

/// `coupon_codes_promotion_rules`.
pub static DESCRIPTOR: Descriptor = Descriptor {
    kind: "coupon_codes_promotion_rules",
    singular: "coupon_codes_promotion_rule",
    singleton: false,
    root: None,
    schema: 1,
    verbs: Verbs::ALL,
    concrete: &[],
    attributes: attributes!["cu"],
    relationships: relationships![
        "cu*",
        Relationship::many("coupons", &["coupons"], "cuf").inverse("promotion_rule")
    ],
    triggers: &[],
};
