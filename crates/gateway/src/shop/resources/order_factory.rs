//! What `order_factories` are made of, as the commerce API publishes it, and what all kinds of them share.
//!
//! Invariant: every attribute, relationship and trigger that clients of the API know is listed; the conformance
//! check compares this table with the published facts.

use kassa_storage::descriptor::{
    Attribute,
    AttributeType::{Boolean, Datetime, Integer, Object, String},
    Descriptor, Relationship, Verbs,
};

/// The attributes of everything that makes an order of another, then those of one kind. `$creates` is `"c"` and
/// `$writes` is `"cu"` where a caller may write them.
macro_rules! attributes {
    ($creates:literal, $writes:literal $(, $more:expr)* $(,)?) => {
        &[
            Attribute::of("status", String, "rfs!").values(&["pending", "in_progress", "aborted", "failed", "completed"]),
            Attribute::of("started_at", Datetime, "rfs"),
            Attribute::of("completed_at", Datetime, "rfs"),
            Attribute::of("failed_at", Datetime, "rfs"),
            Attribute::of("errors_log", Object, "r"),
            Attribute::of("errors_count", Integer, "rfs"),
            Attribute::of("place_target_order", Boolean, concat!("r", $creates)),
            Attribute::of("reuse_wallet", Boolean, concat!("r", $creates)).default_json("true"),
            Attribute::of("created_at", Datetime, "rfs!"),
            Attribute::of("updated_at", Datetime, "rfs!"),
            Attribute::of("reference", String, concat!("r", $writes, "fs")),
            Attribute::of("reference_origin", String, concat!("r", $writes, "fs")),
            Attribute::of("metadata", Object, concat!("r", $writes, "f")).default_json("{}"),
            $($more,)*
        ]
    };
}

/// The relationships of everything that makes an order of another, then those of one kind.
macro_rules! relationships {
    ($source:literal $(, $more:expr)* $(,)?) => {
        &[
            Relationship::one("source_order", &["orders"], concat!($source, "f")),
            Relationship::one("target_order", &["orders"], "f"),
            Relationship::many("events", &["events"], "").computed(),
            $($more,)*
        ]
    };
}

pub(super) use {attributes, relationships};

/// `order_factories`.
pub static DESCRIPTOR: Descriptor = Descriptor {
    kind: "order_factories",
    singular: "order_factory",
    singleton: false,
    root: None,
    schema: 1,
    verbs: Verbs::READ,
    concrete: &["order_copies", "recurring_order_copies"],
    attributes: attributes!["", ""],
    relationships: relationships![""],
    triggers: &[],
};
