//! The bodies of Order Management, with limits that differ from those of Payments.
//!
//! Invariant: what is described here is refused with 422 and a sentence, never with `BAD_VALUE`.

use super::super::fields::{Field, Kind};
use super::{ANY, INTERVALS, LEAST, MAX_AMOUNT, MAX_LINES, PRODUCT_IDENTIFIERS};

const MANAGED_LINE_TYPES: [&str; 9] = [
    "physical",
    "discount",
    "shipping_fee",
    "sales_tax",
    "digital",
    "gift_card",
    "store_credit",
    "surcharge",
    "return_fee",
];

/// The name may be empty and the count is a 32-bit number, unlike in Payments.
const MANAGED_SUBSCRIPTION: &[Field] = &[
    Field::text("name", 255).required(),
    Field::new("interval", Kind::OneOf(&INTERVALS)).required(),
    Field::integer("interval_count", 1, i32::MAX as i64).required(),
];

pub(crate) const MANAGED_LINE: &[Field] = &[
    Field::new("type", Kind::OneOf(&MANAGED_LINE_TYPES)),
    Field::text("reference", 255),
    Field::text("name", 255).required(),
    Field::integer("quantity", 0, ANY).required(),
    Field::text("quantity_unit", 10),
    Field::integer("unit_price", LEAST, MAX_AMOUNT).required(),
    Field::integer("tax_rate", 0, i32::MAX as i64),
    Field::integer("total_amount", LEAST, MAX_AMOUNT).required(),
    Field::integer("total_discount_amount", 0, MAX_AMOUNT),
    Field::integer("total_tax_amount", LEAST, MAX_AMOUNT),
    Field::text("merchant_data", 1024),
    Field::text("product_url", 1024),
    Field::text("image_url", 1024),
    Field::new("product_identifiers", Kind::Object(PRODUCT_IDENTIFIERS)),
    Field::new("subscription", Kind::Object(MANAGED_SUBSCRIPTION)),
];

pub(crate) const MANAGED_ADDRESS: &[Field] = &[
    Field::text("given_name", 100),
    Field::text("family_name", 100),
    Field::text("organization_name", 255),
    Field::text("attention", 255),
    Field::text("title", 20),
    Field::text("street_address", 100),
    Field::text("street_address2", 100),
    Field::text("postal_code", 10),
    Field::text("city", 200),
    Field::text("region", 200),
    Field::text("country", 255),
    Field::text("email", 100),
    Field::text("phone", 100),
];

const SHIPPING_INFO: &[Field] = &[
    Field::text("shipping_company", 100),
    Field::new(
        "shipping_method",
        Kind::OneOf(&[
            "PickUpStore",
            "Home",
            "BoxReg",
            "BoxUnreg",
            "PickUpPoint",
            "Own",
            "Postal",
            "DHLPackstation",
            "Digital",
            "Undefined",
            "PickUpWarehouse",
            "ClickCollect",
            "PalletDelivery",
        ]),
    ),
    Field::text("tracking_number", 100),
    Field::text("tracking_uri", 1024),
    Field::text("return_shipping_company", 100),
    Field::text("return_tracking_number", 100),
    Field::text("return_tracking_uri", 1024),
];

const MANAGED_LINES: Kind = Kind::List {
    min: 0,
    max: MAX_LINES,
    item: MANAGED_LINE,
};

pub(crate) const CAPTURE: &[Field] = &[
    Field::integer("captured_amount", 0, MAX_AMOUNT).required(),
    Field::text("description", 255),
    Field::text("reference", 255),
    Field::new("order_lines", MANAGED_LINES),
    Field::new(
        "shipping_info",
        Kind::List {
            min: 0,
            max: 500,
            item: SHIPPING_INFO,
        },
    ),
    Field::integer("shipping_delay", 0, ANY),
];

pub(crate) const EXTEND_DUE_DATE: &[Field] =
    &[Field::integer("number_of_days", i32::MIN as i64, i32::MAX as i64).required()];

pub(crate) const REFUND: &[Field] = &[
    Field::integer("refunded_amount", 0, MAX_AMOUNT).required(),
    Field::text("description", 255),
    Field::text("reference", 255),
    Field::new("order_lines", MANAGED_LINES),
];

pub(crate) const UPDATE_AUTHORIZATION: &[Field] = &[
    Field::integer("order_amount", 0, MAX_AMOUNT).required(),
    Field::text("description", 255),
    Field::new("order_lines", MANAGED_LINES),
];

pub(crate) const MERCHANT_REFERENCES: &[Field] = &[
    Field::text("merchant_reference1", 255),
    Field::text("merchant_reference2", 255),
];

pub(crate) const CUSTOMER_DETAILS: &[Field] = &[Field::new(
    "shipping_address",
    Kind::Object(MANAGED_ADDRESS),
)];

pub(crate) const ADD_SHIPPING_INFO: &[Field] = &[Field::new(
    "shipping_info",
    Kind::List {
        min: 1,
        max: 500,
        item: SHIPPING_INFO,
    },
)
.required()];
