//! What `tax_rules` are made of, as the commerce API publishes it.
//!
//! Invariant: every attribute, relationship and trigger that clients of the API know is listed; the conformance
//! check compares this table with the published facts.

use kassa_storage::descriptor::{
    Attribute,
    AttributeType::{Boolean, Datetime, Float, Object, String},
    Descriptor, Relationship, Verbs,
};

/// `tax_rules`.
pub static DESCRIPTOR: Descriptor = Descriptor {
    kind: "tax_rules",
    singular: "tax_rule",
    singleton: false,
    root: None,
    schema: 1,
    verbs: Verbs::ALL,
    concrete: &[],
    attributes: &[
        Attribute::of("name", String, "rcufs!*"),
        Attribute::of("tax_rate", Float, "rcufs").default_json("0.0"),
        Attribute::of("freight_taxable", Boolean, "rcuf").default_json("false"),
        Attribute::of("payment_method_taxable", Boolean, "rcuf").default_json("false"),
        Attribute::of("gift_card_taxable", Boolean, "rcuf").default_json("false"),
        Attribute::of("adjustment_taxable", Boolean, "rcuf").default_json("false"),
        Attribute::of("breakdown", Object, "r"),
        Attribute::of("country_code_regex", String, "rcu"),
        Attribute::of("not_country_code_regex", String, "rcu"),
        Attribute::of("state_code_regex", String, "rcu"),
        Attribute::of("not_state_code_regex", String, "rcu"),
        Attribute::of("zip_code_regex", String, "rcu"),
        Attribute::of("not_zip_code_regex", String, "rcu"),
        Attribute::of("created_at", Datetime, "rfs!"),
        Attribute::of("updated_at", Datetime, "rfs!"),
        Attribute::of("reference", String, "rcufs"),
        Attribute::of("reference_origin", String, "rcufs"),
        Attribute::of("metadata", Object, "rcuf").default_json("{}"),
    ],
    relationships: &[
        Relationship::one(
            "manual_tax_calculator",
            &["manual_tax_calculators"],
            "cufs*",
        ),
        Relationship::many("versions", &["versions"], "").computed(),
    ],
    triggers: &[],
};
