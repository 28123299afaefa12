//! What `stores` are made of, as the commerce API publishes it.
//!
//! Invariant: every attribute, relationship and trigger that clients of the API know is listed; the conformance
//! check compares this table with the published facts.

use kassa_storage::descriptor::{
    Attribute,
    AttributeType::{Datetime, Object, String},
    Descriptor, Relationship, Verbs,
};

/// `stores`.
pub static DESCRIPTOR: Descriptor = Descriptor {
    kind: "stores",
    singular: "store",
    singleton: false,
    root: None,
    schema: 1,
    verbs: Verbs::ALL,
    concrete: &[],
    attributes: &[
        Attribute::of("name", String, "rcufs!*"),
        Attribute::of("code", String, "rcufs"),
        Attribute::of("created_at", Datetime, "rfs!"),
        Attribute::of("updated_at", Datetime, "rfs!"),
        Attribute::of("reference", String, "rcufs"),
        Attribute::of("reference_origin", String, "rcufs"),
        Attribute::of("metadata", Object, "rcuf").default_json("{}"),
    ],
    relationships: &[
        Relationship::one("market", &["markets"], "cufs*"),
        Relationship::one("merchant", &["merchants"], "cuf"),
        Relationship::one("stock_location", &["stock_locations"], "cufs"),
        Relationship::many("orders", &["orders"], "").inverse("store"),
        Relationship::many("payment_methods", &["payment_methods"], "").inverse("store"),
        Relationship::many("events", &["events"], "").computed(),
        Relationship::many("versions", &["versions"], "").computed(),
    ],
    triggers: &[],
};
