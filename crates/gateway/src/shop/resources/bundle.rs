//! What `bundles` are made of, as the commerce API publishes it.
//!
//! Invariant: every attribute, relationship and trigger that clients of the API know is listed; the conformance
//! check compares this table with the published facts.

use kassa_storage::descriptor::{
    Attribute,
    AttributeType::{Boolean, Datetime, Float, Integer, Object, String},
    Descriptor, Relationship, Trigger, Verbs,
};

/// `bundles`.
pub static DESCRIPTOR: Descriptor = Descriptor {
    kind: "bundles",
    singular: "bundle",
    singleton: false,
    root: None,
    schema: 1,
    verbs: Verbs::ALL,
    concrete: &[],
    attributes: &[
        Attribute::of("code", String, "rcufsi!*"),
        Attribute::of("name", String, "rcufs!*"),
        Attribute::of("currency_code", String, "rcufs")
            .required_if("order has no market-inherited value"),
        Attribute::of("description", String, "rcuf"),
        Attribute::of("image_url", String, "rcuf"),
        Attribute::of("do_not_ship", Boolean, "rf"),
        Attribute::of("do_not_track", Boolean, "rf"),
        Attribute::of("price_amount_cents", Integer, "rcufs").required_if("not computed"),
        Attribute::of("price_amount_float", Float, "r").money_of("price_amount_cents"),
        Attribute::of("formatted_price_amount", String, "r").money_of("price_amount_cents"),
        Attribute::of("compare_at_amount_cents", Integer, "rcufs"),
        Attribute::of("compare_at_amount_float", Float, "r").money_of("compare_at_amount_cents"),
        Attribute::of("formatted_compare_at_amount", String, "r")
            .money_of("compare_at_amount_cents"),
        Attribute::of("skus_count", Integer, "r"),
        Attribute::of("created_at", Datetime, "rfs!"),
        Attribute::of("updated_at", Datetime, "rfs!"),
        Attribute::of("reference", String, "rcufs"),
        Attribute::of("reference_origin", String, "rcufs"),
        Attribute::of("metadata", Object, "rcuf").default_json("{}"),
    ],
    relationships: &[
        Relationship::one("market", &["markets"], "cfs"),
        Relationship::one("sku_list", &["sku_lists"], "cfs*"),
        Relationship::many("skus", &["skus"], "").computed(),
        Relationship::many("events", &["events"], "").computed(),
        Relationship::many("versions", &["versions"], "").computed(),
    ],
    triggers: &[
        Trigger::of("_compute_price_amount", Boolean, "cu"),
        Trigger::of("_compute_compare_at_amount", Boolean, "cu"),
    ],
};
