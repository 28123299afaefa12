//! What `markets` are made of, as the commerce API publishes it.
//!
//! Invariant: every attribute, relationship and trigger that clients of the API know is listed; the conformance
//! check compares this table with the published facts.

use kassa_storage::descriptor::{
    Attribute,
    AttributeType::{Array, Boolean, Datetime, Integer, Object, String},
    Descriptor, Relationship, Trigger, Verbs,
};

/// `markets`.
pub static DESCRIPTOR: Descriptor = Descriptor {
    kind: "markets",
    singular: "market",
    singleton: false,
    root: None,
    schema: 1,
    verbs: Verbs::ALL,
    concrete: &[],
    attributes: &[
        Attribute::of("number", Integer, "r"),
        Attribute::of("name", String, "rcufs!*"),
        Attribute::of("code", String, "rcufsi"),
        Attribute::of("facebook_pixel_id", String, "rcu"),
        Attribute::of("checkout_url", String, "rcu"),
        Attribute::of("external_prices_url", String, "rcu"),
        Attribute::of("external_order_validation_url", String, "rcu"),
        Attribute::of("private", Boolean, "r").default_json("false"),
        Attribute::of("shipping_cost_cutoff", Integer, "rcu"),
        Attribute::of("disabled_at", Datetime, "rfs"),
        Attribute::of("shared_secret", String, "r!"),
        Attribute::of("external_includes", Array, "rcu"),
        Attribute::of("created_at", Datetime, "rfs!"),
        Attribute::of("updated_at", Datetime, "rfs!"),
        Attribute::of("reference", String, "rcufs"),
        Attribute::of("reference_origin", String, "rcufs"),
        Attribute::of("metadata", Object, "rcuf").default_json("{}"),
    ],
    relationships: &[
        Relationship::one("merchant", &["merchants"], "cuf*"),
        Relationship::one("price_list", &["price_lists"], "cufs*"),
        Relationship::one("base_price_list", &["price_lists"], "").computed(),
        Relationship::one("inventory_model", &["inventory_models"], "cufs*"),
        Relationship::one("subscription_model", &["subscription_models"], "cufs"),
        Relationship::one("discount_engine", &["discount_engines"], "cu").computed(),
        Relationship::one(
            "tax_calculator",
            &[
                "avalara_accounts",
                "stripe_tax_accounts",
                "vertex_accounts",
                "taxjar_accounts",
                "manual_tax_calculators",
                "external_tax_calculators",
            ],
            "cufs",
        ),
        Relationship::one("customer_group", &["customer_groups"], "cufs"),
        Relationship::one("geocoder", &["geocoders"], "cu").computed(),
        Relationship::one("default_shipping_method", &["shipping_methods"], "cufs"),
        Relationship::one("default_payment_method", &["payment_methods"], "cufs"),
        Relationship::many("stores", &["stores"], "f").inverse("market"),
        Relationship::many("price_list_schedulers", &["price_list_schedulers"], "").computed(),
        Relationship::many("order_validation_rules", &["order_validation_rules"], "").computed(),
        Relationship::many("versions", &["versions"], "").computed(),
    ],
    triggers: &[
        Trigger::of("_disable", Boolean, "cu"),
        Trigger::of("_enable", Boolean, "cu"),
        Trigger::of("_regenerate_shared_secret", Boolean, "u"),
    ],
};
