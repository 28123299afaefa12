//! The bodies of the three APIs as field descriptions, with the limits of the published specifications.
//!
//! Invariant: a limit stands here once, beside the API it belongs to; the three APIs differ on purpose.

use super::fields::{Field, Kind};

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
    Field::new("interval", Kind::OneOf(&["DAY", "WEEK", "MONTH", "YEAR"])).required(),
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
    Field::new("subscription", Kind::Object(SUBSCRIPTION)),
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
    Field::new("subscription", Kind::Object(SUBSCRIPTION)),
];

pub(crate) const ADDRESS: &[Field] = &[
    Field::text("title", 20),
    Field::text("given_name", 99),
    Field::text("family_name", 99),
    Field::text("organization_name", 99),
    Field::text("attention", 99),
    Field::text("street_address", 99),
    Field::text("street_address2", 99),
    Field::text("postal_code", 10),
    Field::text("city", 99),
    Field::text("region", 99),
    Field::new("country", Kind::Shape(is_country)),
    Field::text("email", 99),
    Field::text("phone", 99),
];

const TOKEN_ADDRESS: &[Field] = &[
    Field::text("title", 20),
    Field::text("given_name", 99),
    Field::text("family_name", 99),
    Field::text("organization_name", 99),
    Field::text("attention", 99),
    Field::text("street_address", 99),
    Field::text("street_address2", 99),
    Field::text("postal_code", 10),
    Field::text("city", 99),
    Field::text("region", 99),
    Field::new("country", Kind::Shape(is_country)),
    Field::text("email", 99),
    Field::new("phone", Kind::Text { min: 5, max: 99 }),
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

pub(crate) const CUSTOMER: &[Field] = &[
    Field::new("type", Kind::OneOf(&["person", "organization"])),
    Field::new("date_of_birth", Kind::Shape(is_date)),
    Field::text("gender", 255),
    Field::text("title", 255),
    Field::new("last_four_ssn", Kind::Shape(is_last_four_ssn)),
    Field::text("national_identification_number", 255),
    Field::text("organization_registration_id", 255),
    Field::text("vat_id", 255),
    Field::new(
        "organization_entity_type",
        Kind::OneOf(&[
            "LIMITED_COMPANY",
            "PUBLIC_LIMITED_COMPANY",
            "ENTREPRENEURIAL_COMPANY",
            "LIMITED_PARTNERSHIP_LIMITED_COMPANY",
            "LIMITED_PARTNERSHIP",
            "GENERAL_PARTNERSHIP",
            "REGISTERED_SOLE_TRADER",
            "SOLE_TRADER",
            "CIVIL_LAW_PARTNERSHIP",
            "PUBLIC_INSTITUTION",
            "OTHER",
        ]),
    ),
    Field::text("customer_token", 255),
];

const MERCHANT_URLS: &[Field] = &[
    Field::text("confirmation", 2000),
    Field::text("notification", 2000),
    Field::text("push", 2000),
    Field::text("authorization", 2000),
    Field::text("app_return_url", 2000),
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

fn is_country(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_alphabetic())
}

fn is_currency(text: &str) -> bool {
    text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_alphabetic())
}

fn is_locale(text: &str) -> bool {
    text.split('-').all(is_country)
}

fn is_color(text: &str) -> bool {
    text.len() == 7
        && text.starts_with('#')
        && text[1..].bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_date(text: &str) -> bool {
    text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok()
}

fn is_last_four_ssn(text: &str) -> bool {
    matches!(text.len(), 4 | 9) && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_subscription(text: &str) -> bool {
    text.eq_ignore_ascii_case("SUBSCRIPTION")
}
