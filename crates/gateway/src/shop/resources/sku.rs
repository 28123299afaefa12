//! What `skus` are made of, as the commerce API publishes it.
//!
//! Invariant: every attribute, relationship and trigger that clients of the API know is listed; the conformance
//! check compares this table with the published facts.

use kassa_storage::descriptor::{
    Attribute,
    AttributeType::{Boolean, Datetime, Float, Integer, Object, String},
    Descriptor, Relationship, Verbs,
};

/// `skus`.
pub static DESCRIPTOR: Descriptor = Descriptor {
    kind: "skus",
    singular: "sku",
    singleton: false,
    root: None,
    schema: 1,
    verbs: Verbs::ALL,
    concrete: &[],
    attributes: &[
        Attribute::of("code", String, "rcufsi!*"),
        Attribute::of("name", String, "rcufs!*"),
        Attribute::of("description", String, "rcuf"),
        Attribute::of("image_url", String, "rcuf"),
        Attribute::of("pieces_per_pack", Integer, "rcu"),
        Attribute::of("weight", Float, "rcu"),
        Attribute::of("unit_of_weight", String, "rcu").values(&["gr", "oz", "lb"]),
        Attribute::of("hs_tariff_number", String, "rcu"),
        Attribute::of("do_not_ship", Boolean, "rcufs"),
        Attribute::of("do_not_track", Boolean, "rcufs"),
        Attribute::of("inventory", Object, "r").computed(),
        Attribute::of("created_at", Datetime, "rfs!"),
        Attribute::of("updated_at", Datetime, "rfs!"),
        Attribute::of("reference", String, "rcufs"),
        Attribute::of("reference_origin", String, "rcufs"),
        Attribute::of("jwt_custom_claim", Object, "r"),
        Attribute::of("metadata", Object, "rcuf").default_json("{}"),
    ],
    relationships: &[
        Relationship::one("shipping_category", &["shipping_categories"], "cufs*"),
        Relationship::many("prices", &["prices"], "f").inverse("sku"),
        Relationship::many("stock_items", &["stock_items"], "f").inverse("sku"),
        Relationship::many("stock_reservations", &["stock_reservations"], "f").inverse("sku"),
        Relationship::many("delivery_lead_times", &["delivery_lead_times"], "").computed(),
        Relationship::many("sku_options", &["sku_options"], "").computed(),
        Relationship::many("sku_list_items", &["sku_list_items"], "f").inverse("sku"),
        Relationship::many("sku_lists", &["sku_lists"], "f").over("sku_list_items", "sku_list"),
        Relationship::many("events", &["events"], "").computed(),
        Relationship::many("versions", &["versions"], "").computed(),
    ],
    triggers: &[],
};
