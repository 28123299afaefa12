//! What `tax_categories` are made of, as the commerce API publishes it.
//!
//! Invariant: every attribute, relationship and trigger that clients of the API know is listed; the conformance
//! check compares this table with the published facts.

use kassa_storage::descriptor::{
    Attribute,
    AttributeType::{Datetime, Object, String},
    Descriptor, Relationship, Verbs,
};

/// `tax_categories`.
pub static DESCRIPTOR: Descriptor = Descriptor {
    kind: "tax_categories",
    singular: "tax_category",
    singleton: false,
    root: None,
    schema: 1,
    verbs: Verbs::ALL,
    concrete: &[],
    attributes: &[
        Attribute::of("code", String, "rcufs!*"),
        Attribute::of("sku_code", String, "rcui"),
        Attribute::of("created_at", Datetime, "rfs!"),
        Attribute::of("updated_at", Datetime, "rfs!"),
        Attribute::of("reference", String, "rcufs"),
        Attribute::of("reference_origin", String, "rcufs"),
        Attribute::of("metadata", Object, "rcuf").default_json("{}"),
    ],
    relationships: &[
        Relationship::one("sku", &["skus"], "cufs*"),
        Relationship::one(
            "tax_calculator",
            &[
                "avalara_accounts",
                "stripe_tax_accounts",
                "vertex_accounts",
                "taxjar_accounts",
                "manual_tax_calculators",
                "external_tax_calculators",
            ],
            "cf*",
        ),
        Relationship::many("versions", &["versions"], "").computed(),
    ],
    triggers: &[],
};
