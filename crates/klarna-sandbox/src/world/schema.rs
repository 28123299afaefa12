//! The bodies of the APIs as field descriptions, with the limits of the published specifications.
//!
//! Invariant: a limit stands here once, beside the API it belongs to; the APIs differ on purpose.

mod hosted_page;
mod managed;
mod person;
mod shapes;

pub(crate) use hosted_page::{
    CHECK_IDENTIFICATION, CREATE_HOSTED_PAGE, DISTRIBUTE_HOSTED_PAGE, HOSTED_PAGE_OPTIONS,
    is_category,
};
pub(crate) use managed::{
    ADD_SHIPPING_INFO, CAPTURE, CUSTOMER_DETAILS, EXTEND_DUE_DATE, MANAGED_ADDRESS,
    MERCHANT_REFERENCES, REFUND, UPDATE_AUTHORIZATION,
};
pub(crate) use person::{ADDRESS, CUSTOMER};

use super::fields::{Field, Kind};
use person::TOKEN_ADDRESS;
use shapes::{is_app_url, is_color, is_country, is_currency, is_locale, is_subscription};

/// The largest amount of a Payments or Order Management line, in minor units.
pub(crate) const MAX_AMOUNT: i64 = 200_000_000;
/// The largest amount of a Customer Token line, which kept the older ceiling.
pub(crate) const MAX_TOKEN_AMOUNT: i64 = 100_000_000;
/// Lines in one cart.
pub(crate) const MAX_LINES: usize = 1000;

const ANY: i64 = i64::MAX;
const LEAST: i64 = i64::MIN;

pub(crate) const INTENTS: [&str; 5] = [
    "buy",
    "tokenize",
    "buy_and_tokenize",
    "buy_and_default_tokenize",
    "buy_and_link",
];

const LINE_TYPES: [&str; 8] = [
    "physical",
    "discount",
    "shipping_fee",
    "sales_tax",
    "digital",
    "gift_card",
    "store_credit",
    "surcharge",
];

const INTERVALS: [&str; 4] = ["DAY", "WEEK", "MONTH", "YEAR"];

const PRODUCT_IDENTIFIERS: &[Field] = &[
    Field::text("brand", 70),
    Field::text("category_path", 750),
    Field::text("global_trade_item_number", 50),
    Field::text("manufacturer_part_number", 70),
    Field::text("color", 64),
    Field::text("size", 64),
];

const SUBSCRIPTION: &[Field] = &[
    Field::new("name", Kind::Text { min: 1, max: 255 }).required(),
    Field::new("interval", Kind::OneOf(&INTERVALS)).required(),
    Field::integer("interval_count", 1, ANY).required(),
];

/// Customer Token gives the name no limit of its own.
const TOKEN_SUBSCRIPTION: &[Field] = &[
    Field::text("name", 255).required(),
    Field::new("interval", Kind::OneOf(&INTERVALS)).required(),
    Field::integer("interval_count", 1, ANY).required(),
];

const PAYMENTS_LINE: &[Field] = &[
    Field::text("type", 255),
    Field::text("reference", 255),
    Field::new("name", Kind::Text { min: 1, max: 255 }).required(),
    Field::integer("quantity", 0, ANY).required(),
    Field::new("quantity_unit", Kind::Text { min: 1, max: 8 }),
    Field::integer("unit_price", LEAST, MAX_AMOUNT).required(),
    Field::integer("tax_rate", 0, 10_000),
    Field::integer("total_amount", LEAST, MAX_AMOUNT).required(),
    Field::integer("total_discount_amount", 0, ANY),
    Field::integer("total_tax_amount", LEAST, ANY),
    Field::text("merchant_data", 1024),
    Field::text("product_url", 1024),
    Field::text("image_url", 1024),
    Field::new("product_identifiers", Kind::Object(PRODUCT_IDENTIFIERS)),
    Field::new("subscription", Kind::Object(SUBSCRIPTION)),
];

const TOKEN_LINE: &[Field] = &[
    Field::new("type", Kind::OneOf(&LINE_TYPES)),
    Field::text("reference", 256),
    Field::new("name", Kind::Text { min: 1, max: 255 }).required(),
    Field::integer("quantity", 0, ANY).required(),
    Field::text("quantity_unit", 255),
    Field::integer("unit_price", LEAST, MAX_TOKEN_AMOUNT).required(),
    Field::integer("tax_rate", LEAST, ANY),
    Field::integer("total_amount", LEAST, MAX_TOKEN_AMOUNT).required(),
    Field::integer("total_discount_amount", 0, ANY),
    Field::integer("total_tax_amount", LEAST, ANY),
    Field::text("merchant_data", 255),
    Field::text("product_url", 1024),
    Field::text("image_url", 1024),
    Field::new("product_identifiers", Kind::Object(PRODUCT_IDENTIFIERS)),
    Field::new("subscription", Kind::Object(TOKEN_SUBSCRIPTION)),
];

const MERCHANT_URLS: &[Field] = &[
    Field::text("confirmation", 2000),
    Field::text("notification", 2000),
    Field::text("push", 2000),
    Field::text("authorization", 2000),
    Field::new("app_return_url", Kind::Shape(is_app_url)),
];

const TOKEN_MERCHANT_URLS: &[Field] = &[
    Field::text("confirmation", 2000).required(),
    Field::text("push", 2000),
    Field::text("notification", 2000),
    Field::text("authorization", 2000),
];

const OPTIONS: &[Field] = &[
    Field::new("color_border", Kind::Shape(is_color)),
    Field::new("color_border_selected", Kind::Shape(is_color)),
    Field::new("color_details", Kind::Shape(is_color)),
    Field::new("color_text", Kind::Shape(is_color)),
    Field::text("radius_border", 255),
];

const ATTACHMENT: &[Field] = &[
    Field::text("content_type", 255).required(),
    Field::text("body", 1_048_576).required(),
];

/// What a session body holds apart from `purchase_country` and `purchase_currency`, which are checked first.
pub(crate) const SESSION: &[Field] = &[
    Field::new(
        "acquiring_channel",
        Kind::OneOf(&["ECOMMERCE", "IN_STORE", "TELESALES"]),
    ),
    Field::new("intent", Kind::OneOf(&INTENTS)),
    Field::new("locale", Kind::Shape(is_locale)),
    Field::integer("order_amount", 0, ANY).required(),
    Field::integer("order_tax_amount", 0, ANY),
    Field::new(
        "order_lines",
        Kind::List {
            min: 1,
            max: MAX_LINES,
            item: PAYMENTS_LINE,
        },
    )
    .required(),
    Field::new("billing_address", Kind::Object(ADDRESS)),
    Field::new("shipping_address", Kind::Object(ADDRESS)),
    Field::new("customer", Kind::Object(CUSTOMER)),
    Field::new("merchant_urls", Kind::Object(MERCHANT_URLS)),
    Field::text("merchant_reference1", 255),
    Field::text("merchant_reference2", 255),
    Field::text("merchant_data", 6000),
    Field::new("options", Kind::Object(OPTIONS)),
    Field::text("design", 255),
    Field::new("custom_payment_method_ids", Kind::TextList),
    Field::new("attachment", Kind::Object(ATTACHMENT)),
    Field::text("step_up_id", 255),
];

/// What a create-order body holds apart from country and currency. Attachments are not validated here.
pub(crate) const PLACE: &[Field] = &[
    Field::new("locale", Kind::Shape(is_locale)),
    Field::integer("order_amount", 0, ANY).required(),
    Field::integer("order_tax_amount", 0, ANY),
    Field::new(
        "order_lines",
        Kind::List {
            min: 1,
            max: MAX_LINES,
            item: PAYMENTS_LINE,
        },
    )
    .required(),
    Field::new("billing_address", Kind::Object(ADDRESS)),
    Field::new("shipping_address", Kind::Object(ADDRESS)),
    Field::new("customer", Kind::Object(CUSTOMER)),
    Field::new("merchant_urls", Kind::Object(MERCHANT_URLS)),
    Field::text("merchant_reference1", 255),
    Field::text("merchant_reference2", 255),
    Field::text("merchant_data", 6000),
    Field::new("custom_payment_method_ids", Kind::TextList),
    Field::new("auto_capture", Kind::Boolean),
];

/// The country and currency pair, in the order in which Klarna complains about them.
pub(crate) const MARKET: &[Field] = &[
    Field::new("purchase_currency", Kind::Shape(is_currency)).required(),
    Field::new("purchase_country", Kind::Shape(is_country)).required(),
];

pub(crate) const CREATE_TOKEN: &[Field] = &[
    Field::new("locale", Kind::Shape(is_locale)).required(),
    Field::new("intended_use", Kind::Shape(is_subscription)).required(),
    Field::new("description", Kind::Text { min: 1, max: 255 }).required(),
    Field::new("billing_address", Kind::Object(ADDRESS)),
    Field::new("customer", Kind::Object(CUSTOMER)),
];

pub(crate) const TOKEN_ORDER: &[Field] = &[
    Field::new("purchase_currency", Kind::Shape(is_currency)).required(),
    Field::integer("order_amount", 1, ANY).required(),
    Field::integer("order_tax_amount", 0, ANY).required(),
    Field::new(
        "order_lines",
        Kind::List {
            min: 1,
            max: MAX_LINES,
            item: TOKEN_LINE,
        },
    )
    .required(),
    Field::new("auto_capture", Kind::Boolean),
    Field::new("attachment", Kind::Object(ATTACHMENT)),
    Field::new("locale", Kind::Shape(is_locale)),
    Field::text("merchant_data", 6000),
    Field::text("merchant_reference1", 255),
    Field::text("merchant_reference2", 255),
    Field::new("merchant_urls", Kind::Object(TOKEN_MERCHANT_URLS)),
    Field::new("shipping_address", Kind::Object(TOKEN_ADDRESS)),
    Field::new("step_up", Kind::OneOf(&["SUPPORTED", "NOT_SUPPORTED"])),
];
