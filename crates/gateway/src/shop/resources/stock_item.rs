//! What `stock_items` are made of, as the commerce API publishes it.
//!
//! Invariant: every attribute, relationship and trigger that clients of the API know is listed; the conformance
//! check compares this table with the published facts.

use kassa_commerce::reservation::{RESERVED_COUNTER, STOCK_COUNTER};
use kassa_storage::descriptor::{
    Attribute,
    AttributeType::{Boolean, Datetime, Integer, Object, String},
    Descriptor, Relationship, Trigger, Verbs,
};

/// What can be sold of a stock item and what is reserved of it: together what lies there.
const LIES_THERE: &[&str] = &[STOCK_COUNTER, RESERVED_COUNTER];

/// `stock_items`.
pub static DESCRIPTOR: Descriptor = Descriptor {
    kind: "stock_items",
    singular: "stock_item",
    singleton: false,
    root: None,
    schema: 1,
    verbs: Verbs::ALL,
    concrete: &[],
    attributes: &[
        Attribute::of("sku_code", String, "rcui"),
        Attribute::of("quantity", Integer, "rcufs!*").counters(LIES_THERE),
        Attribute::of("created_at", Datetime, "rfs!"),
        Attribute::of("updated_at", Datetime, "rfs!"),
        Attribute::of("reference", String, "rcufs"),
        Attribute::of("reference_origin", String, "rcufs"),
        Attribute::of("metadata", Object, "rcuf").default_json("{}"),
    ],
    relationships: &[
        Relationship::one("stock_location", &["stock_locations"], "cufs*"),
        Relationship::one("sku", &["skus"], "cufs"),
        Relationship::one("reserved_stock", &["reserved_stocks"], "").computed(),
        Relationship::many("stock_reservations", &["stock_reservations"], "f")
            .inverse("stock_item"),
        Relationship::many("versions", &["versions"], "").computed(),
    ],
    triggers: &[Trigger::of("_validate", Boolean, "u^")],
};
