//! What `stock_transfers` are made of, as the commerce API publishes it.
//!
//! Invariant: every attribute, relationship and trigger that clients of the API know is listed; the conformance
//! check compares this table with the published facts.

use kassa_storage::descriptor::{
    Attribute,
    AttributeType::{Boolean, Datetime, Integer, Object, String},
    Descriptor, Relationship, Trigger, Verbs,
};

/// `stock_transfers`.
pub static DESCRIPTOR: Descriptor = Descriptor {
    kind: "stock_transfers",
    singular: "stock_transfer",
    singleton: false,
    root: None,
    schema: 1,
    verbs: Verbs::ALL,
    concrete: &[],
    attributes: &[
        Attribute::of("number", String, "rcufs"),
        Attribute::of("sku_code", String, "rcu"),
        Attribute::of("status", String, "rfs!").values(&[
            "draft",
            "upcoming",
            "on_hold",
            "picking",
            "in_transit",
            "completed",
            "cancelled",
        ]),
        Attribute::of("quantity", Integer, "rcufs!*"),
        Attribute::of("on_hold_at", Datetime, "rfs"),
        Attribute::of("picking_at", Datetime, "rfs"),
        Attribute::of("in_transit_at", Datetime, "rfs"),
        Attribute::of("completed_at", Datetime, "rfs"),
        Attribute::of("cancelled_at", Datetime, "rfs"),
        Attribute::of("created_at", Datetime, "rfs!"),
        Attribute::of("updated_at", Datetime, "rfs!"),
        Attribute::of("reference", String, "rcufs"),
        Attribute::of("reference_origin", String, "rcufs"),
        Attribute::of("metadata", Object, "rcuf").default_json("{}"),
    ],
    relationships: &[
        Relationship::one("sku", &["skus"], "cufs*"),
        Relationship::one("origin_stock_location", &["stock_locations"], "cuf*"),
        Relationship::one("destination_stock_location", &["stock_locations"], "cuf*"),
        Relationship::one("shipment", &["shipments"], "cufs"),
        Relationship::one("line_item", &["line_items"], "cufs"),
        Relationship::one("stock_reservation", &["stock_reservations"], "fs")
            .inverse("stock_transfer"),
        Relationship::many("events", &["events"], "").computed(),
        Relationship::many("versions", &["versions"], "").computed(),
    ],
    triggers: &[
        Trigger::of("_upcoming", Boolean, "u"),
        Trigger::of("_on_hold", Boolean, "u"),
        Trigger::of("_picking", Boolean, "u"),
        Trigger::of("_in_transit", Boolean, "u"),
        Trigger::of("_complete", Boolean, "u"),
        Trigger::of("_cancel", Boolean, "u"),
    ],
};
