//! What `stock_locations` are made of, as the commerce API publishes it.
//!
//! Invariant: every attribute, relationship and trigger that clients of the API know is listed; the conformance
//! check compares this table with the published facts.

use kassa_storage::descriptor::{
    Attribute,
    AttributeType::{Boolean, Datetime, Integer, Object, String},
    Descriptor, Relationship, Verbs,
};

/// `stock_locations`.
pub static DESCRIPTOR: Descriptor = Descriptor {
    kind: "stock_locations",
    singular: "stock_location",
    singleton: false,
    root: None,
    schema: 1,
    verbs: Verbs::ALL,
    concrete: &[],
    attributes: &[
        Attribute::of("number", Integer, "r"),
        Attribute::of("name", String, "rcufs!*"),
        Attribute::of("code", String, "rcufs"),
        Attribute::of("label_format", String, "rcufs").default_json(r#""PDF""#),
        Attribute::of("suppress_etd", Boolean, "rcufs"),
        Attribute::of("created_at", Datetime, "rfs!"),
        Attribute::of("updated_at", Datetime, "rfs!"),
        Attribute::of("reference", String, "rcufs"),
        Attribute::of("reference_origin", String, "rcufs"),
        Attribute::of("metadata", Object, "rcuf").default_json("{}"),
    ],
    relationships: &[
        Relationship::one("address", &["addresses"], "cufs*"),
        Relationship::many(
            "inventory_stock_locations",
            &["inventory_stock_locations"],
            "f",
        )
        .inverse("stock_location"),
        Relationship::many(
            "inventory_return_locations",
            &["inventory_return_locations"],
            "",
        )
        .computed(),
        Relationship::many("stock_items", &["stock_items"], "f").inverse("stock_location"),
        Relationship::many("stock_transfers", &["stock_transfers"], "f")
            .inverse("origin_stock_location"),
        Relationship::many("stores", &["stores"], "f").inverse("stock_location"),
        Relationship::many("versions", &["versions"], "").computed(),
    ],
    triggers: &[],
};
