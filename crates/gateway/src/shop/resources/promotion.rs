//! What `promotions` are made of, as the commerce API publishes it, and what all kinds of them share.
//!
//! Invariant: every attribute, relationship and trigger that clients of the API know is listed; the conformance
//! check compares this table with the published facts.

use kassa_storage::descriptor::{
    Attribute,
    AttributeType::{Boolean, Datetime, Integer, Object, String},
    Descriptor, Relationship, Trigger, Verbs,
};

/// The attributes of every promotion, then those of one kind. `$writes` is `"cu"` where a caller may write them, and
/// `$required` then `"*"`.
macro_rules! attributes {
    ($writes:literal, $required:literal $(, $more:expr)* $(,)?) => {
        &[
            Attribute::of("name", String, concat!("r", $writes, "fs!", $required)),
            Attribute::of("currency_code", String, concat!("r", $writes, "fs")),
            Attribute::of("exclusive", Boolean, concat!("r", $writes, "fs")),
            Attribute::of("priority", Integer, concat!("r", $writes, "fs")),
            Attribute::of("starts_at", Datetime, concat!("r", $writes, "fs!", $required)),
            Attribute::of("expires_at", Datetime, concat!("r", $writes, "fs!", $required)),
            Attribute::of("total_usage_limit", Integer, concat!("r", $writes, "fs")),
            Attribute::of("total_usage_count", Integer, "rfs").counter(kassa_commerce::reservation::PROMOTION_COUNTER),
            Attribute::of("total_usage_reached", Boolean, "rfs")
                .reached(kassa_commerce::reservation::PROMOTION_COUNTER, "total_usage_limit"),
            Attribute::of("active", Boolean, "r"),
            Attribute::of("status", String, "r").values(&["disabled", "expired", "pending", "active", "inactive"]),
            Attribute::of("weight", Integer, "r"),
            Attribute::of("coupons_count", Integer, "r").default_json("0"),
            Attribute::of("disabled_at", Datetime, "rfs"),
            Attribute::of("created_at", Datetime, "rfs!"),
            Attribute::of("updated_at", Datetime, "rfs!"),
            Attribute::of("reference", String, concat!("r", $writes, "fs")),
            Attribute::of("reference_origin", String, concat!("r", $writes, "fs")),
            Attribute::of("metadata", Object, concat!("r", $writes, "f")).default_json("{}"),
            $($more,)*
        ]
    };
}

/// The relationships of every promotion, then those of one kind.
macro_rules! relationships {
    ($writes:literal $(, $more:expr)* $(,)?) => {
        &[
            Relationship::one("market", &["markets"], concat!($writes, "fs")),
            Relationship::many("promotion_rules", &["promotion_rules"], "f").inverse("promotion"),
            Relationship::one("order_amount_promotion_rule", &["order_amount_promotion_rules"], concat!($writes, "f"))
                .inverse("promotion"),
            Relationship::one("sku_list_promotion_rule", &["sku_list_promotion_rules"], concat!($writes, "f"))
                .inverse("promotion"),
            Relationship::one("coupon_codes_promotion_rule", &["coupon_codes_promotion_rules"], concat!($writes, "f"))
                .inverse("promotion"),
            Relationship::one("custom_promotion_rule", &["custom_promotion_rules"], $writes).computed(),
            Relationship::one("sku_list", &["sku_lists"], concat!($writes, "fs")),
            Relationship::many("coupons", &["coupons"], "f").over("coupon_codes_promotion_rule", "coupons"),
            Relationship::many("events", &["events"], "").computed(),
            Relationship::many("versions", &["versions"], "").computed(),
            $($more,)*
        ]
    };
}

/// The triggers of every promotion.
macro_rules! triggers {
    ($writes:literal) => {
        &[
            Trigger::of("_disable", Boolean, $writes),
            Trigger::of("_enable", Boolean, $writes),
        ]
    };
}

pub(super) use {attributes, relationships, triggers};

/// `promotions`.
pub static DESCRIPTOR: Descriptor = Descriptor {
    kind: "promotions",
    singular: "promotion",
    singleton: false,
    root: None,
    schema: 1,
    verbs: Verbs::READ,
    concrete: &[
        "percentage_discount_promotions",
        "free_shipping_promotions",
        "fixed_amount_promotions",
    ],
    attributes: attributes!["", ""],
    relationships: relationships![""],
    triggers: triggers![""],
};
