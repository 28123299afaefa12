//! What `sku_list_items` are made of, as the commerce API publishes it.
//!
//! Invariant: every attribute, relationship and trigger that clients of the API know is listed; the conformance
//! check compares this table with the published facts.

use kassa_storage::descriptor::{
    Attribute,
    AttributeType::{Datetime, Integer, Object, String},
    Descriptor, Relationship, Verbs,
};

/// `sku_list_items`.
pub static DESCRIPTOR: Descriptor = Descriptor {
    kind: "sku_list_items",
    singular: "sku_list_item",
    singleton: false,
    root: None,
    schema: 1,
    verbs: Verbs::ALL,
    concrete: &[],
    attributes: &[
        Attribute::of("position", Integer, "rcufs"),
        Attribute::of("sku_code", String, "rcui"),
        Attribute::of("quantity", Integer, "rcufs").default_json("1"),
        Attribute::of("created_at", Datetime, "rfs!"),
        Attribute::of("updated_at", Datetime, "rfs!"),
        Attribute::of("reference", String, "rcufs"),
        Attribute::of("reference_origin", String, "rcufs"),
        Attribute::of("metadata", Object, "rcuf").default_json("{}"),
    ],
    relationships: &[
        Relationship::one("sku_list", &["sku_lists"], "cfs*"),
        Relationship::one("sku", &["skus"], "cfs*"),
        Relationship::many("versions", &["versions"], "").computed(),
    ],
    triggers: &[],
};
