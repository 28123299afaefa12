//! What `inventory_models` are made of, as the commerce API publishes it.
//!
//! Invariant: every attribute, relationship and trigger that clients of the API know is listed; the conformance
//! check compares this table with the published facts.

use kassa_storage::descriptor::{
    Attribute,
    AttributeType::{Boolean, Datetime, Integer, Object, String},
    Descriptor, Relationship, Verbs,
};

/// `inventory_models`.
pub static DESCRIPTOR: Descriptor = Descriptor {
    kind: "inventory_models",
    singular: "inventory_model",
    singleton: false,
    root: None,
    schema: 1,
    verbs: Verbs::ALL,
    concrete: &[],
    attributes: &[
        Attribute::of("name", String, "rcufs!*"),
        Attribute::of("strategy", String, "rcufs").default_json(r#""no_split""#),
        Attribute::of("stock_locations_cutoff", Integer, "rcufs").default_json("2"),
        Attribute::of("stock_reservation_cutoff", Integer, "rcufs").default_json("3600"),
        Attribute::of("put_stock_transfers_on_hold", Boolean, "rcu").default_json("false"),
        Attribute::of("manual_stock_decrement", Boolean, "rcu").default_json("false"),
        Attribute::of("created_at", Datetime, "rfs!"),
        Attribute::of("updated_at", Datetime, "rfs!"),
        Attribute::of("reference", String, "rcufs"),
        Attribute::of("reference_origin", String, "rcufs"),
        Attribute::of("metadata", Object, "rcuf").default_json("{}"),
    ],
    relationships: &[
        Relationship::many(
            "inventory_stock_locations",
            &["inventory_stock_locations"],
            "f",
        )
        .inverse("inventory_model"),
        Relationship::many(
            "inventory_return_locations",
            &["inventory_return_locations"],
            "",
        )
        .computed(),
        Relationship::many("versions", &["versions"], "").computed(),
    ],
    triggers: &[],
};
