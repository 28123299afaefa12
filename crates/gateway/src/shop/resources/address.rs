//! What `addresses` are made of, as the commerce API publishes it.
//!
//! Invariant: every attribute, relationship and trigger that clients of the API know is listed; the conformance
//! check compares this table with the published facts.

use kassa_storage::descriptor::{
    Attribute,
    AttributeType::{Boolean, Datetime, Float, Object, String},
    Descriptor, Relationship, Verbs,
};

/// `addresses`.
pub static DESCRIPTOR: Descriptor = Descriptor {
    kind: "addresses",
    singular: "address",
    singleton: false,
    root: None,
    schema: 1,
    verbs: Verbs::ALL,
    concrete: &[],
    attributes: &[
        Attribute::of("business", Boolean, "rcuf").default_json("false"),
        Attribute::of("first_name", String, "rcuf").required_if("business=false"),
        Attribute::of("last_name", String, "rcuf").required_if("business=false"),
        Attribute::of("company", String, "rcuf").required_if("business=true"),
        Attribute::of("full_name", String, "r"),
        Attribute::of("line_1", String, "rcuf!*"),
        Attribute::of("line_2", String, "rcuf"),
        Attribute::of("city", String, "rcufs!*"),
        Attribute::of("zip_code", String, "rcuf").required_if("country uses it"),
        Attribute::of("state_code", String, "rcufs"),
        Attribute::of("country_code", String, "rcufs!*"),
        Attribute::of("phone", String, "rcuf!*"),
        Attribute::of("full_address", String, "r"),
        Attribute::of("name", String, "r"),
        Attribute::of("email", String, "rcuf"),
        Attribute::of("notes", String, "rcuf"),
        Attribute::of("lat", Float, "rcuf"),
        Attribute::of("lng", Float, "rcuf"),
        Attribute::of("is_localized", Boolean, "r"),
        Attribute::of("is_geocoded", Boolean, "r"),
        Attribute::of("provider_name", String, "r"),
        Attribute::of("map_url", String, "r"),
        Attribute::of("static_map_url", String, "r"),
        Attribute::of("billing_info", String, "rcuf"),
        Attribute::of("created_at", Datetime, "rfs!"),
        Attribute::of("updated_at", Datetime, "rfs!"),
        Attribute::of("reference", String, "rcufs"),
        Attribute::of("reference_origin", String, "rcufs"),
        Attribute::of("metadata", Object, "rcuf").default_json("{}"),
    ],
    relationships: &[
        Relationship::one("geocoder", &["geocoders"], "cu").computed(),
        Relationship::many("events", &["events"], "").computed(),
        Relationship::many("versions", &["versions"], "").computed(),
    ],
    triggers: &[],
};
