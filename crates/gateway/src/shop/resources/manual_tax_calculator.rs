//! What `manual_tax_calculators` are made of, as the commerce API publishes it.
//!
//! Invariant: every attribute, relationship and trigger that clients of the API know is listed; the conformance
//! check compares this table with the published facts.

use kassa_storage::descriptor::{
    Attribute,
    AttributeType::{Datetime, Object, String},
    Descriptor, Relationship, Verbs,
};

/// `manual_tax_calculators`.
pub static DESCRIPTOR: Descriptor = Descriptor {
    kind: "manual_tax_calculators",
    singular: "manual_tax_calculator",
    singleton: false,
    root: None,
    schema: 1,
    verbs: Verbs::ALL,
    concrete: &[],
    attributes: &[
        Attribute::of("name", String, "rcufs!*"),
        Attribute::of("created_at", Datetime, "rfs!"),
        Attribute::of("updated_at", Datetime, "rfs!"),
        Attribute::of("reference", String, "rcufs"),
        Attribute::of("reference_origin", String, "rcufs"),
        Attribute::of("metadata", Object, "rcuf").default_json("{}"),
    ],
    relationships: &[
        Relationship::many("markets", &["markets"], "").inverse("tax_calculator"),
        Relationship::many("tax_rules", &["tax_rules"], "cuf").inverse("manual_tax_calculator"),
        Relationship::many("events", &["events"], "").computed(),
        Relationship::many("versions", &["versions"], "").computed(),
    ],
    triggers: &[],
};
