//! What `customers` are made of, as the commerce API publishes it.
//!
//! Invariant: every attribute, relationship and trigger that clients of the API know is listed; the conformance
//! check compares this table with the published facts.

use kassa_storage::descriptor::{
    Attribute,
    AttributeType::{Boolean, Datetime, Integer, Object, String},
    Counted, Descriptor, Relationship, Trigger, Verbs,
};

/// `customers`.
pub static DESCRIPTOR: Descriptor = Descriptor {
    kind: "customers",
    singular: "customer",
    singleton: false,
    root: None,
    schema: 1,
    verbs: Verbs::ALL,
    concrete: &[],
    attributes: &[
        Attribute::of("email", String, "rcufsi!*"),
        Attribute::of("password", String, "cu"),
        Attribute::of("status", String, "rfs!").values(&["prospect", "acquired", "repeat"]),
        Attribute::of("has_password", Boolean, "r").computed(),
        Attribute::of("total_orders_count", Integer, "rfs").count(Counted {
            kind: "orders",
            via: "customer",
            with: "placed_at",
        }),
        Attribute::of("shopper_reference", String, "rcu"),
        Attribute::of("profile_id", String, "rcu"),
        Attribute::of("tax_exemption_code", String, "rcu"),
        Attribute::of("created_at", Datetime, "rfs!"),
        Attribute::of("updated_at", Datetime, "rfs!"),
        Attribute::of("reference", String, "rcufs"),
        Attribute::of("reference_origin", String, "rcufs"),
        Attribute::of("jwt_custom_claim", Object, "r"),
        Attribute::of("metadata", Object, "rcuf").default_json("{}"),
        Attribute::of("anonymization_info", Object, "r"),
        Attribute::of("anonymization_status", String, "rfs"),
    ],
    relationships: &[
        Relationship::one("customer_group", &["customer_groups"], "cufs"),
        Relationship::many("customer_addresses", &["customer_addresses"], "f").inverse("customer"),
        Relationship::many(
            "customer_payment_sources",
            &["customer_payment_sources"],
            "f",
        )
        .inverse("customer"),
        Relationship::many("customer_subscriptions", &["customer_subscriptions"], "").computed(),
        Relationship::many("orders", &["orders"], "").inverse("customer"),
        Relationship::many("order_subscriptions", &["order_subscriptions"], "f")
            .inverse("customer"),
        Relationship::many("returns", &["returns"], "").computed(),
        Relationship::many("sku_lists", &["sku_lists"], "f").inverse("customer"),
        Relationship::many("events", &["events"], "").computed(),
    ],
    triggers: &[
        Trigger::of("_request_anonymization", Boolean, "u^"),
        Trigger::of("_cancel_anonymization", Boolean, "u^"),
    ],
};
