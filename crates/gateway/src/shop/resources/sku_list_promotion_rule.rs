//! What `sku_list_promotion_rules` are made of, as the commerce API publishes it.
//!
//! Invariant: every attribute, relationship and trigger that clients of the API know is listed; the conformance
//! check compares this table with the published facts.

use kassa_storage::descriptor::{
    Attribute,
    AttributeType::{Boolean, Datetime, Integer, Object, String},
    Descriptor, Relationship, Verbs,
};

use super::promotion_rule::{attributes, relationships};

/// `sku_list_promotion_rules`.
pub static DESCRIPTOR: Descriptor = Descriptor {
    kind: "sku_list_promotion_rules",
    singular: "sku_list_promotion_rule",
    singleton: false,
    root: None,
    schema: 1,
    verbs: Verbs::ALL,
    concrete: &[],
    attributes: attributes![
        "cu",
        Attribute::of("all_skus", Boolean, "rcu").default_json("false"),
        Attribute::of("min_quantity", Integer, "rcu")
    ],
    relationships: relationships![
        "cu*",
        Relationship::one("sku_list", &["sku_lists"], "cufs"),
        Relationship::many("skus", &["skus"], "").computed()
    ],
    triggers: &[],
};
