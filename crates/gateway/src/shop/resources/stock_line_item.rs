//! What `stock_line_items` are made of, as the commerce API publishes it.
//!
//! Invariant: every attribute, relationship and trigger that clients of the API know is listed; the conformance
//! check compares this table with the published facts.

use kassa_storage::descriptor::{
    Attribute,
    AttributeType::{Boolean, Datetime, Integer, Object, String},
    Descriptor, Relationship, Trigger, Verbs,
};

/// `stock_line_items`.
pub static DESCRIPTOR: Descriptor = Descriptor {
    kind: "stock_line_items",
    singular: "stock_line_item",
    singleton: false,
    root: Some("shipment"),
    schema: 1,
    verbs: Verbs::ALL,
    concrete: &[],
    attributes: &[
        Attribute::of("sku_code", String, "rcuf"),
        Attribute::of("bundle_code", String, "r"),
        Attribute::of("quantity", Integer, "rcufs!*"),
        Attribute::of("name", String, "r"),
        Attribute::of("image_url", String, "r"),
        Attribute::of("created_at", Datetime, "rfs!"),
        Attribute::of("updated_at", Datetime, "rfs!"),
        Attribute::of("reference", String, "rcufs"),
        Attribute::of("reference_origin", String, "rcufs"),
        Attribute::of("metadata", Object, "rcuf").default_json("{}"),
    ],
    relationships: &[
        Relationship::one("shipment", &["shipments"], "cufs"),
        Relationship::one("line_item", &["line_items"], "cufs"),
        Relationship::one("stock_item", &["stock_items"], "cufs"),
        Relationship::one("sku", &["skus"], "cufs"),
        Relationship::one("stock_reservation", &["stock_reservations"], "fs")
            .inverse("stock_line_item"),
        Relationship::many("versions", &["versions"], "").computed(),
    ],
    triggers: &[
        Trigger::of("_reserve_stock", Boolean, "u^"),
        Trigger::of("_release_stock", Boolean, "u^"),
        Trigger::of("_decrement_stock", Boolean, "u^"),
    ],
};
