//! What `promotion_rules` are made of, as the commerce API publishes it, and what all kinds of them share.
//!
//! Invariant: every attribute, relationship and trigger that clients of the API know is listed; the conformance
//! check compares this table with the published facts.

use kassa_storage::descriptor::{
    Attribute,
    AttributeType::{Datetime, Object, String},
    Descriptor, Relationship, Verbs,
};

/// The attributes of every rule of a promotion, then those of one kind. `$writes` is `"cu"` where a caller may write them.
macro_rules! attributes {
    ($writes:literal $(, $more:expr)* $(,)?) => {
        &[
            Attribute::of("created_at", Datetime, "rfs!"),
            Attribute::of("updated_at", Datetime, "rfs!"),
            Attribute::of("reference", String, concat!("r", $writes, "fs")),
            Attribute::of("reference_origin", String, concat!("r", $writes, "fs")),
            Attribute::of("metadata", Object, concat!("r", $writes, "f")).default_json("{}"),
            $($more,)*
        ]
    };
}

/// The relationships of every rule of a promotion, then those of one kind.
macro_rules! relationships {
    ($flags:literal $(, $more:expr)* $(,)?) => {
        &[
            Relationship::one("promotion", $crate::shop::resources::PROMOTIONS, concat!($flags, "f")),
            Relationship::many("versions", &["versions"], "").computed(),
            $($more,)*
        ]
    };
}

pub(super) use {attributes, relationships};

/// `promotion_rules`.
pub static DESCRIPTOR: Descriptor = Descriptor {
    kind: "promotion_rules",
    singular: "promotion_rule",
    singleton: false,
    root: None,
    schema: 1,
    verbs: Verbs::READ,
    concrete: &[
        "coupon_codes_promotion_rules",
        "order_amount_promotion_rules",
        "sku_list_promotion_rules",
    ],
    attributes: attributes![""],
    relationships: relationships![""],
    triggers: &[],
};
