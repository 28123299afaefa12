//! What `versions` are made of, as the commerce API publishes it.
//!
//! Invariant: every attribute, relationship and trigger that clients of the API know is listed; the conformance
//! check compares this table with the published facts.

use kassa_storage::descriptor::{
    Attribute,
    AttributeType::{Datetime, Object, String},
    Descriptor, Verbs,
};

/// `versions`.
pub static DESCRIPTOR: Descriptor = Descriptor {
    kind: "versions",
    singular: "version",
    singleton: false,
    root: None,
    schema: 1,
    verbs: Verbs::READ,
    concrete: &[],
    attributes: &[
        Attribute::of("item_type", String, ""),
        Attribute::of("resource_type", String, "rf"),
        Attribute::of("resource_id", String, "rfi"),
        Attribute::of("event", String, "r"),
        Attribute::of("ip_address", String, ""),
        Attribute::of("user_agent", String, ""),
        Attribute::of("uuid", String, ""),
        Attribute::of("changes", Object, "r"),
        Attribute::of("who", Object, "r"),
        Attribute::of("created_at", Datetime, "rfs!"),
        Attribute::of("updated_at", Datetime, "rfs!"),
        Attribute::of("reference", String, "rfs"),
        Attribute::of("reference_origin", String, "rfs"),
        Attribute::of("metadata", Object, "rf").default_json("{}"),
    ],
    relationships: &[],
    triggers: &[],
};
