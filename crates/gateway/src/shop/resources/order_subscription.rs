//! What `order_subscriptions` are made of, as the commerce API publishes it.
//!
//! Invariant: every attribute, relationship and trigger that clients of the API know is listed; the conformance
//! check compares this table with the published facts.

use kassa_storage::descriptor::{
    Attribute,
    AttributeType::{Boolean, Datetime, Integer, Object, String},
    Descriptor, Relationship, Trigger, Verbs,
};

/// `order_subscriptions`.
pub static DESCRIPTOR: Descriptor = Descriptor {
    kind: "order_subscriptions",
    singular: "order_subscription",
    singleton: false,
    root: None,
    schema: 1,
    verbs: Verbs::ALL,
    concrete: &[],
    attributes: &[
        Attribute::of("number", String, "rfsi"),
        Attribute::of("status", String, "rfs!").values(&[
            "draft",
            "inactive",
            "active",
            "running",
            "cancelled",
        ]),
        Attribute::of("frequency", String, "rcufs!*"),
        Attribute::of("activate_by_source_order", Boolean, "rcu").default_json("true"),
        Attribute::of("place_target_order", Boolean, "rcu").default_json("true"),
        Attribute::of("renewal_alert_period", Integer, "rcu").default_json("1"),
        Attribute::of("customer_email", String, "rfi"),
        Attribute::of("starts_at", Datetime, "rcfs").required_if("activate_by_source_order=false"),
        Attribute::of("expires_at", Datetime, "rcufs"),
        Attribute::of("last_run_at", Datetime, "rfs"),
        Attribute::of("next_run_at", Datetime, "rufs"),
        Attribute::of("occurrencies", Integer, "rfs"),
        Attribute::of("errors_count", Integer, "rfs"),
        Attribute::of("succeeded_on_last_run", Boolean, "rfs"),
        Attribute::of("options", Object, "rcu"),
        Attribute::of("created_at", Datetime, "rfs!"),
        Attribute::of("updated_at", Datetime, "rfs!"),
        Attribute::of("reference", String, "rcufs"),
        Attribute::of("reference_origin", String, "rcufs"),
        Attribute::of("metadata", Object, "rcuf").default_json("{}"),
    ],
    relationships: &[
        Relationship::one("market", &["markets"], "cfs"),
        Relationship::one("subscription_model", &["subscription_models"], "fs"),
        Relationship::one("source_order", &["orders"], "cf*"),
        Relationship::one("customer", &["customers"], "fs"),
        Relationship::one(
            "customer_payment_source",
            &["customer_payment_sources"],
            "ufs",
        ),
        Relationship::many(
            "order_subscription_items",
            &["order_subscription_items"],
            "",
        )
        .inverse("order_subscription"),
        Relationship::many("order_factories", &["order_factories"], "")
            .inverse("order_subscription"),
        Relationship::many("order_copies", &["order_copies"], "").inverse("order_subscription"),
        Relationship::many("recurring_order_copies", &["recurring_order_copies"], "")
            .inverse("order_subscription"),
        Relationship::many("orders", &["orders"], "").inverse("order_subscription"),
        Relationship::many("events", &["events"], "").computed(),
        Relationship::many("versions", &["versions"], "").computed(),
    ],
    triggers: &[
        Trigger::of("_activate", Boolean, "u"),
        Trigger::of("_deactivate", Boolean, "u"),
        Trigger::of("_cancel", Boolean, "u"),
        Trigger::of("_convert", Boolean, "u"),
    ],
};
