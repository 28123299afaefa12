//! What `applications` are made of, as the commerce API publishes it.
//!
//! Invariant: every attribute, relationship and trigger that clients of the API know is listed; the conformance
//! check compares this table with the published facts.

use kassa_storage::descriptor::{
    Attribute,
    AttributeType::{Boolean, Datetime, Object, String},
    Descriptor, Verbs,
};

/// `applications`.
pub static DESCRIPTOR: Descriptor = Descriptor {
    kind: "applications",
    singular: "application",
    singleton: true,
    root: None,
    schema: 1,
    verbs: Verbs::RETRIEVE,
    concrete: &[],
    attributes: &[
        Attribute::of("name", String, "rf"),
        Attribute::of("kind", String, "rf").values(&[
            "dashboard",
            "user",
            "contentful",
            "bundles",
            "customers",
            "datocms",
            "exports",
            "external",
            "generic",
            "gift_cards",
            "imports",
            "integration",
            "inventory",
            "metrics",
            "orders",
            "price_lists",
            "promotions",
            "resources",
            "returns",
            "sales_channel",
            "sanity",
            "shipments",
            "skus",
            "sku_lists",
            "stock_transfers",
            "subscriptions",
            "tags",
            "webapp",
            "webhooks",
            "zapier",
        ]),
        Attribute::of("public_access", Boolean, "rf"),
        Attribute::of("redirect_uri", String, "r"),
        Attribute::of("uid", String, ""),
        Attribute::of("secret", String, ""),
        Attribute::of("scopes", String, "rf"),
        Attribute::of("created_at", Datetime, "rfs!"),
        Attribute::of("updated_at", Datetime, "rfs!"),
        Attribute::of("reference", String, "rfs"),
        Attribute::of("reference_origin", String, "rfs"),
        Attribute::of("metadata", Object, "rf").default_json("{}"),
    ],
    relationships: &[],
    triggers: &[],
};
