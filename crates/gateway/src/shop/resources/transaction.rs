//! What `transactions` are made of, as the commerce API publishes it, and what all kinds of them share.
//!
//! Invariant: every attribute, relationship and trigger that clients of the API know is listed; the conformance
//! check compares this table with the published facts.

use kassa_storage::descriptor::{
    Attribute,
    AttributeType::{Boolean, Datetime, Float, Integer, Object, String},
    Descriptor, Relationship, Trigger, Verbs,
};

/// The attributes of every transaction, then those of one kind. `$writes` is `"u"` where a caller may write its own data.
macro_rules! attributes {
    ($writes:literal $(, $more:expr)* $(,)?) => {
        &[
            Attribute::of("number", String, "rfs!"),
            Attribute::of("payment_method_type", String, "r"),
            Attribute::of("currency_code", String, "rf!"),
            Attribute::of("amount_cents", Integer, "rfs!"),
            Attribute::of("amount_float", Float, "r!").money_of("amount_cents"),
            Attribute::of("formatted_amount", String, "r!").money_of("amount_cents"),
            Attribute::of("succeeded", Boolean, concat!("r", $writes, "f!")),
            Attribute::of("message", String, "rf"),
            Attribute::of("error_code", String, "rf"),
            Attribute::of("error_detail", String, "rf"),
            Attribute::of("token", String, "rf"),
            Attribute::of("gateway_transaction_id", String, "rfi"),
            Attribute::of("created_at", Datetime, "rfs!"),
            Attribute::of("updated_at", Datetime, "rfs!"),
            Attribute::of("reference", String, concat!("r", $writes, "fs")),
            Attribute::of("reference_origin", String, concat!("r", $writes, "fs")),
            Attribute::of("metadata", Object, concat!("r", $writes, "f")).default_json("{}"),
            $($more,)*
        ]
    };
}

/// The relationships of every transaction, then those of one kind.
macro_rules! relationships {
    ($($more:expr),* $(,)?) => {
        &[
            Relationship::one("order", &["orders"], "fs"),
            Relationship::one("payment_source", $crate::shop::resources::PAYMENT_SOURCES, "f"),
            Relationship::many("events", &["events"], "").computed(),
            Relationship::many("versions", &["versions"], "").computed(),
            $($more,)*
        ]
    };
}

pub(super) use {attributes, relationships};

/// `transactions`.
pub static DESCRIPTOR: Descriptor = Descriptor {
    kind: "transactions",
    singular: "transaction",
    singleton: false,
    root: None,
    schema: 1,
    verbs: Verbs::READ,
    concrete: &["authorizations", "captures", "voids", "refunds"],
    attributes: attributes![""],
    relationships: relationships![],
    triggers: &[Trigger::of("_forward", Boolean, "")],
};
