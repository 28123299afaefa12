//! What `parcels` are made of, as the commerce API publishes it.
//!
//! Invariant: every attribute, relationship and trigger that clients of the API know is listed; the conformance
//! check compares this table with the published facts.

use kassa_storage::descriptor::{
    Attribute,
    AttributeType::{Array, Boolean, Datetime, Float, Object, String},
    Descriptor, Relationship, Verbs,
};

/// `parcels`.
pub static DESCRIPTOR: Descriptor = Descriptor {
    kind: "parcels",
    singular: "parcel",
    singleton: false,
    root: None,
    schema: 1,
    verbs: Verbs::ALL,
    concrete: &[],
    attributes: &[
        Attribute::of("number", String, "r"),
        Attribute::of("weight", Float, "rcufs!*"),
        Attribute::of("unit_of_weight", String, "rcu!*").values(&["gr", "oz", "lb"]),
        Attribute::of("eel_pfc", String, "rcu"),
        Attribute::of("contents_type", String, "rcu"),
        Attribute::of("contents_explanation", String, "rcuf"),
        Attribute::of("customs_certify", Boolean, "rcu"),
        Attribute::of("customs_signer", String, "rcu"),
        Attribute::of("non_delivery_option", String, "rcu"),
        Attribute::of("restriction_type", String, "rcu"),
        Attribute::of("restriction_comments", String, "rcu"),
        Attribute::of("customs_info_required", Boolean, "rcu").default_json("false"),
        Attribute::of("shipping_label_url", String, "rcuf"),
        Attribute::of("shipping_label_file_type", String, "rcuf"),
        Attribute::of("shipping_label_size", String, "rcuf"),
        Attribute::of("shipping_label_resolution", String, "rcuf"),
        Attribute::of("tracking_number", String, "rcuf"),
        Attribute::of("tracking_status", String, "rcufs"),
        Attribute::of("tracking_status_detail", String, "rcuf"),
        Attribute::of("tracking_status_updated_at", Datetime, "rcufs"),
        Attribute::of("tracking_details", Array, "rcu"),
        Attribute::of("carrier_weight_oz", String, "rcufs"),
        Attribute::of("signed_by", String, "rcu"),
        Attribute::of("incoterm", String, "rcuf"),
        Attribute::of("delivery_confirmation", String, "rcuf"),
        Attribute::of("created_at", Datetime, "rfs!"),
        Attribute::of("updated_at", Datetime, "rfs!"),
        Attribute::of("reference", String, "rcufs"),
        Attribute::of("reference_origin", String, "rcufs"),
        Attribute::of("metadata", Object, "rcuf").default_json("{}"),
    ],
    relationships: &[
        Relationship::one("shipment", &["shipments"], "cufs*"),
        Relationship::one("package", &["packages"], "cufs*"),
        Relationship::many("parcel_line_items", &["parcel_line_items"], "").computed(),
        Relationship::many("events", &["events"], "").computed(),
        Relationship::many("versions", &["versions"], "").computed(),
    ],
    triggers: &[],
};
