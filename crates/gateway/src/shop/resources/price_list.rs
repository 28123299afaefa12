//! What `price_lists` are made of, as the commerce API publishes it.
//!
//! Invariant: every attribute, relationship and trigger that clients of the API know is listed; the conformance
//! check compares this table with the published facts.

use kassa_storage::descriptor::{
    Attribute,
    AttributeType::{Boolean, Datetime, Object, String},
    Descriptor, Relationship, Verbs,
};

/// `price_lists`.
pub static DESCRIPTOR: Descriptor = Descriptor {
    kind: "price_lists",
    singular: "price_list",
    singleton: false,
    root: None,
    schema: 1,
    verbs: Verbs::ALL,
    concrete: &[],
    attributes: &[
        Attribute::of("name", String, "rcufs!*"),
        Attribute::of("code", String, "rcufsi"),
        Attribute::of("currency_code", String, "rcufs!*"),
        Attribute::of("tax_included", Boolean, "rcufs").default_json("true"),
        Attribute::of("rule_outcomes", Object, "r"),
        Attribute::of("created_at", Datetime, "rfs!"),
        Attribute::of("updated_at", Datetime, "rfs!"),
        Attribute::of("reference", String, "rcufs"),
        Attribute::of("reference_origin", String, "rcufs"),
        Attribute::of("rules", Object, "rcuf"),
        Attribute::of("resource_payload", Object, "r"),
        Attribute::of("metadata", Object, "rcuf").default_json("{}"),
    ],
    relationships: &[
        Relationship::many("prices", &["prices"], "f").inverse("price_list"),
        Relationship::many("price_list_schedulers", &["price_list_schedulers"], "").computed(),
        Relationship::many("versions", &["versions"], "").computed(),
    ],
    triggers: &[],
};
