//! What `sku_lists` are made of, as the commerce API publishes it.
//!
//! Invariant: every attribute, relationship and trigger that clients of the API know is listed; the conformance
//! check compares this table with the published facts.

use kassa_storage::descriptor::{
    Attribute,
    AttributeType::{Boolean, Datetime, Object, String},
    Descriptor, Relationship, Verbs,
};

/// `sku_lists`.
pub static DESCRIPTOR: Descriptor = Descriptor {
    kind: "sku_lists",
    singular: "sku_list",
    singleton: false,
    root: None,
    schema: 1,
    verbs: Verbs::ALL,
    concrete: &[],
    attributes: &[
        Attribute::of("name", String, "rcufs!*"),
        Attribute::of("slug", String, "rfsi!"),
        Attribute::of("description", String, "rcuf"),
        Attribute::of("image_url", String, "rcuf"),
        Attribute::of("manual", Boolean, "rcufs").default_json("true"),
        Attribute::of("sku_code_regex", String, "rcu").required_if("manual=false"),
        Attribute::of("created_at", Datetime, "rfs!"),
        Attribute::of("updated_at", Datetime, "rfs!"),
        Attribute::of("reference", String, "rcufs"),
        Attribute::of("reference_origin", String, "rcufs"),
        Attribute::of("metadata", Object, "rcuf").default_json("{}"),
    ],
    relationships: &[
        Relationship::one("customer", &["customers"], "cufs"),
        Relationship::many("skus", &["skus"], "").computed(),
        Relationship::many("sku_list_items", &["sku_list_items"], "f").inverse("sku_list"),
        Relationship::many("bundles", &["bundles"], "").inverse("sku_list"),
        Relationship::many("versions", &["versions"], "").computed(),
    ],
    triggers: &[],
};
