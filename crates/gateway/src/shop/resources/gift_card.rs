//! What `gift_cards` are made of, as the commerce API publishes it.
//!
//! Invariant: every attribute, relationship and trigger that clients of the API know is listed; the conformance
//! check compares this table with the published facts.

use kassa_commerce::reservation::GIFT_CARD_COUNTER;
use kassa_storage::descriptor::{
    Attribute,
    AttributeType::{Array, Boolean, Datetime, Float, Integer, Object, String},
    Descriptor, Relationship, Trigger, Verbs,
};

/// `gift_cards`.
pub static DESCRIPTOR: Descriptor = Descriptor {
    kind: "gift_cards",
    singular: "gift_card",
    singleton: false,
    root: None,
    schema: 1,
    verbs: Verbs::ALL,
    concrete: &[],
    attributes: &[
        Attribute::of("status", String, "rfs!")
            .values(&["draft", "inactive", "active", "redeemed"]),
        Attribute::of("code", String, "rcfi"),
        Attribute::of("currency_code", String, "rcufs")
            .required_if("order has no market-inherited value"),
        Attribute::of("initial_balance_cents", Integer, "r!"),
        Attribute::of("initial_balance_float", Float, "r!").money_of("initial_balance_cents"),
        Attribute::of("formatted_initial_balance", String, "r!").money_of("initial_balance_cents"),
        Attribute::of("balance_cents", Integer, "rcufs!*").counter(GIFT_CARD_COUNTER),
        Attribute::of("balance_float", Float, "r!").money_of("balance_cents"),
        Attribute::of("formatted_balance", String, "r!").money_of("balance_cents"),
        Attribute::of("balance_max_cents", Integer, "rcufs"),
        Attribute::of("balance_max_float", Float, "r").money_of("balance_max_cents"),
        Attribute::of("formatted_balance_max", String, "r").money_of("balance_max_cents"),
        Attribute::of("balance_log", Array, "r!"),
        Attribute::of("usage_log", Object, "r!"),
        Attribute::of("single_use", Boolean, "rcuf").default_json("false"),
        Attribute::of("rechargeable", Boolean, "rcuf").default_json("true"),
        Attribute::of("distribute_discount", Boolean, "rcu").default_json("true"),
        Attribute::of("image_url", String, "rcu"),
        Attribute::of("expires_at", Datetime, "rcufs"),
        Attribute::of("recipient_email", String, "rcu"),
        Attribute::of("created_at", Datetime, "rfs!"),
        Attribute::of("updated_at", Datetime, "rfs!"),
        Attribute::of("reference", String, "rcufs"),
        Attribute::of("reference_origin", String, "rcufs"),
        Attribute::of("metadata", Object, "rcuf").default_json("{}"),
    ],
    relationships: &[
        Relationship::one("market", &["markets"], "cufs"),
        Relationship::one("gift_card_recipient", &["gift_card_recipients"], "cu").computed(),
        Relationship::many("events", &["events"], "").computed(),
        Relationship::many("versions", &["versions"], "").computed(),
    ],
    triggers: &[
        Trigger::of("_purchase", Boolean, "u"),
        Trigger::of("_activate", Boolean, "u"),
        Trigger::of("_deactivate", Boolean, "u"),
        Trigger::of("_balance_change_cents", Integer, "u"),
    ],
};
