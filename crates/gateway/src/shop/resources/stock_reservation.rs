//! What `stock_reservations` are made of, as the commerce API publishes it.
//!
//! Invariant: every attribute, relationship and trigger that clients of the API know is listed; the conformance
//! check compares this table with the published facts.

use kassa_storage::descriptor::{
    Attribute,
    AttributeType::{Boolean, Datetime, Integer, Object, String},
    Descriptor, Relationship, Trigger, Verbs,
};

/// `stock_reservations`.
pub static DESCRIPTOR: Descriptor = Descriptor {
    kind: "stock_reservations",
    singular: "stock_reservation",
    singleton: false,
    root: None,
    schema: 1,
    verbs: Verbs::ALL,
    concrete: &[],
    attributes: &[
        Attribute::of("status", String, "rfs!").values(&["draft", "pending"]),
        Attribute::of("quantity", Integer, "rcufs!*"),
        Attribute::of("expires_at", Datetime, "rfs!"),
        Attribute::of("created_at", Datetime, "rfs!"),
        Attribute::of("updated_at", Datetime, "rfs!"),
        Attribute::of("reference", String, "rcufs"),
        Attribute::of("reference_origin", String, "rcufs"),
        Attribute::of("metadata", Object, "rcuf").default_json("{}"),
    ],
    relationships: &[
        Relationship::one("line_item", &["line_items"], "fs"),
        Relationship::one("order", &["orders"], "f"),
        Relationship::one("stock_line_item", &["stock_line_items"], "fs"),
        Relationship::one("stock_transfer", &["stock_transfers"], "fs"),
        Relationship::one("stock_item", &["stock_items"], "cfs*"),
        Relationship::one("reserved_stock", &["reserved_stocks"], "").computed(),
        Relationship::one("sku", &["skus"], "f"),
    ],
    triggers: &[Trigger::of("_pending", Boolean, "u")],
};
