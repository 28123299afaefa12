//! Every length, range and count that the three published documents give, at the limit and one beyond it.
//!
//! At the limit a request may still fail for another reason (an address that could not exist, sums that do not add up),
//! but not for this field's size.

use serde_json::{Value, json};

use crate::desk::{Answer, Desk, cart};

/// Puts a value at a path such as `order_lines[0].name`, making objects on the way.
fn set(body: &mut Value, path: &str, value: Value) {
    let mut place = body;
    for step in path.split('.') {
        let (name, index) = match step.strip_suffix(']') {
            Some(step) => {
                let (name, index) = step.split_once('[').unwrap();
                (name, Some(index.parse::<usize>().unwrap()))
            }
            None => (step, None),
        };
        place = &mut place[name];
        if let Some(index) = index {
            place = &mut place[index];
        }
    }
    *place = value;
}

fn with(body: &Value, path: &str, value: Value) -> Value {
    let mut body = body.clone();
    set(&mut body, path, value);
    body
}

fn text(length: usize) -> Value {
    // Two bytes a letter: characters are counted, not bytes.
    "å".repeat(length).into()
}

const ADDRESS: [(&str, usize); 12] = [
    ("title", 20),
    ("given_name", 99),
    ("family_name", 99),
    ("organization_name", 99),
    ("attention", 99),
    ("street_address", 99),
    ("street_address2", 99),
    ("postal_code", 10),
    ("city", 99),
    ("region", 99),
    ("email", 99),
    ("phone", 99),
];

/// The limits of `product_identifiers`, the same in all three documents.
const IDENTIFIERS: [(&str, usize); 6] = [
    ("brand", 70),
    ("category_path", 750),
    ("global_trade_item_number", 50),
    ("manufacturer_part_number", 70),
    ("color", 64),
    ("size", 64),
];

fn below(prefix: &str, fields: &[(&str, usize)]) -> Vec<(String, usize)> {
    let path = |name: &str| format!("{prefix}.{name}");
    let fields = fields.iter();
    fields.map(|(name, most)| (path(name), *most)).collect()
}

fn named(answer: &Answer, path: &str) -> bool {
    answer.status == 400 && answer.error().2 == format!("Bad value: {path}")
}

#[tokio::test]
async fn payments_texts_end_at_their_lengths() {
    let desk = Desk::new();
    let line = "order_lines[0]";
    let mut fields = below("billing_address", &ADDRESS);
    fields.extend(below("shipping_address", &ADDRESS));
    fields.extend(below(
        line,
        &[("name", 255), ("reference", 255), ("quantity_unit", 8)],
    ));
    fields.extend(below(
        line,
        &[
            ("merchant_data", 1024),
            ("product_url", 1024),
            ("image_url", 1024),
        ],
    ));
    fields.extend(below("order_lines[0].product_identifiers", &IDENTIFIERS));
    let urls = [
        ("confirmation", 2000),
        ("notification", 2000),
        ("push", 2000),
        ("authorization", 2000),
    ];
    fields.extend(below("merchant_urls", &urls));
    for (name, most) in [
        ("merchant_reference1", 255),
        ("merchant_reference2", 255),
        ("merchant_data", 6000),
    ] {
        fields.push((name.to_owned(), most));
    }
    for (path, most) in fields {
        let longest = with(&cart(), &path, text(most));
        let answer = desk.post("/payments/v1/sessions", &longest).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        let longer = with(&cart(), &path, text(most + 1));
        let answer = desk.post("/payments/v1/sessions", &longer).await;
        assert!(named(&answer, &path), "{path}: {}", answer.text);
    }
    let subscription = json!({"name": "Coffee", "interval": "MONTH", "interval_count": 1});
    let body = with(&cart(), "order_lines[0].subscription", subscription);
    for (member, good, bad) in [
        ("name", text(255), text(256)),
        ("name", text(1), text(0)),
        ("interval", json!("DAY"), json!("HOUR")),
        ("interval_count", json!(1), json!(0)),
    ] {
        let path = format!("order_lines[0].subscription.{member}");
        let answer = desk
            .post("/payments/v1/sessions", &with(&body, &path, good))
            .await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        let answer = desk
            .post("/payments/v1/sessions", &with(&body, &path, bad))
            .await;
        assert!(named(&answer, &path), "{path}: {}", answer.text);
    }
}

#[tokio::test]
async fn payments_amounts_end_at_two_hundred_million() {
    let desk = Desk::new();
    let most = 200_000_000_i64;
    let of = |amount: i64| {
        json!({"purchase_country": "SE", "purchase_currency": "SEK", "order_amount": amount, "order_tax_amount": 0,
            "order_lines": [{"name": "A", "quantity": 1, "unit_price": amount, "total_amount": amount}]})
    };
    let answer = desk.post("/payments/v1/sessions", &of(most)).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let answer = desk.post("/payments/v1/sessions", &of(most + 1)).await;
    let both = "order_lines[0].unit_price, order_lines[0].total_amount";
    assert!(named(&answer, both), "{}", answer.text);
    for (path, bad) in [
        ("order_amount", json!(-1)),
        ("order_tax_amount", json!(-1)),
        ("order_lines[0].quantity", json!(-1)),
        ("order_lines[0].tax_rate", json!(-1)),
        ("order_lines[0].tax_rate", json!(10_001)),
        ("order_lines[0].total_discount_amount", json!(-1)),
    ] {
        let answer = desk
            .post("/payments/v1/sessions", &with(&of(100), path, bad))
            .await;
        assert!(named(&answer, path), "{path}: {}", answer.text);
    }
}

#[tokio::test]
async fn payments_forms_and_enumerations_are_closed() {
    let desk = Desk::new();
    for (path, good, bad) in [
        ("intent", json!("buy_and_link"), json!("sell")),
        ("acquiring_channel", json!("TELESALES"), json!("PHONE")),
        ("options.color_text", json!("#aB09fF"), json!("#aB09f")),
        ("customer.type", json!("organization"), json!("robot")),
        ("customer.last_four_ssn", json!("123456789"), json!("12345")),
        (
            "customer.organization_entity_type",
            json!("OTHER"),
            json!("CLUB"),
        ),
        (
            "customer.date_of_birth",
            json!("1970-07-10"),
            json!("1970-02-30"),
        ),
        ("billing_address.country", json!("se"), json!("SWE")),
        (
            "merchant_urls.app_return_url",
            json!("shop://paid"),
            json!("https://example.com/"),
        ),
        ("custom_payment_method_ids", json!(["a"]), json!([1])),
    ] {
        let answer = desk
            .post("/payments/v1/sessions", &with(&cart(), path, good))
            .await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        let answer = desk
            .post("/payments/v1/sessions", &with(&cart(), path, bad))
            .await;
        assert!(named(&answer, path), "{path}: {}", answer.text);
    }
}

fn managed_line() -> Value {
    json!({"name": "", "quantity": 0, "unit_price": 0, "total_amount": 0})
}

/// Order Management's answer to a body, on an order of its own.
async fn managed(method: &str, rest: &str, body: &Value) -> Answer {
    let desk = Desk::new();
    let order = desk.order(&cart()).await;
    let path = format!("/ordermanagement/v1/orders/{order}{rest}");
    desk.call(method, &path, body).await
}

/// At the limit the field is not what is wrong; beyond it the sentence names it.
async fn held(call: (&str, &str), body: &Value, path: &str, good: Value, bad: (Value, &str)) {
    let (method, rest) = call;
    let answer = managed(method, rest, &with(body, path, good)).await;
    let fits = answer.status < 300 || answer.error().1 != "UNPROCESSABLE_ENTITY";
    assert!(fits, "{path}: {}", answer.text);
    let answer = managed(method, rest, &with(body, path, bad.0)).await;
    let expected = (422, "UNPROCESSABLE_ENTITY".to_owned(), bad.1.to_owned());
    assert_eq!(answer.error(), expected, "{path}");
}

fn size(path: &str, least: usize, most: usize) -> String {
    let slashed = path.replace("[0]", "").replace('.', "/");
    format!("The size of the {slashed} value must be between {least} and {most}")
}

#[tokio::test]
async fn order_management_texts_have_lengths_of_their_own() {
    const MANAGED_ADDRESS: [(&str, usize); 12] = [
        ("title", 20),
        ("given_name", 100),
        ("family_name", 100),
        ("organization_name", 255),
        ("attention", 255),
        ("street_address", 100),
        ("street_address2", 100),
        ("postal_code", 10),
        ("city", 200),
        ("region", 200),
        ("email", 100),
        ("phone", 100),
    ];
    let capture = json!({"captured_amount": 1, "order_lines": [managed_line()]});
    let info = json!({"shipping_info": [{}]});
    let mut cases = vec![
        (
            ("PATCH", "/customer-details"),
            json!({}),
            below("shipping_address", &MANAGED_ADDRESS),
        ),
        (
            ("PATCH", "/merchant-references"),
            json!({}),
            vec![
                ("merchant_reference1".into(), 255),
                ("merchant_reference2".into(), 255),
            ],
        ),
        (
            ("PATCH", "/authorization"),
            json!({"order_amount": 1}),
            vec![("description".into(), 255)],
        ),
    ];
    let mut of_capture = below(
        "order_lines[0]",
        &[
            ("name", 255),
            ("reference", 255),
            ("quantity_unit", 10),
            ("merchant_data", 1024),
        ],
    );
    of_capture.extend(below(
        "order_lines[0]",
        &[("product_url", 1024), ("image_url", 1024)],
    ));
    of_capture.extend(below("order_lines[0].product_identifiers", &IDENTIFIERS));
    of_capture.extend([("description".into(), 255), ("reference".into(), 255)]);
    cases.push((("POST", "/captures"), capture, of_capture));
    let of_info = [
        ("shipping_company", 100),
        ("tracking_number", 100),
        ("tracking_uri", 1024),
        ("return_shipping_company", 100),
        ("return_tracking_number", 100),
        ("return_tracking_uri", 1024),
    ];
    cases.push((
        ("POST", "/shipping-info"),
        info,
        below("shipping_info[0]", &of_info),
    ));
    for (call, body, fields) in cases {
        for (path, most) in fields {
            let sentence = size(&path, 0, most);
            held(call, &body, &path, text(most), (text(most + 1), &sentence)).await;
        }
    }
}

#[tokio::test]
async fn order_management_amounts_and_counts_have_limits_of_their_own() {
    let most = json!(200_000_000);
    let more = json!(200_000_001);
    let captures = ("POST", "/captures");
    let body = json!({"captured_amount": 1, "order_lines": [managed_line()]});
    let range =
        |name: &str, least: i64| format!("The {name} value must be between {least} and 200000000");
    for (call, name) in [
        (captures, "captured_amount"),
        (("POST", "/refunds"), "refunded_amount"),
        (("PATCH", "/authorization"), "order_amount"),
    ] {
        let sentence = range(name, 0);
        held(
            call,
            &json!({}),
            name,
            most.clone(),
            (more.clone(), &sentence),
        )
        .await;
        held(call, &json!({}), name, json!(0), (json!(-1), &sentence)).await;
    }
    for (name, least) in [
        ("unit_price", i64::MIN),
        ("total_amount", i64::MIN),
        ("total_discount_amount", 0),
        ("total_tax_amount", i64::MIN),
    ] {
        let path = format!("order_lines[0].{name}");
        let sentence = range(&format!("order_lines/{name}"), least);
        held(
            captures,
            &body,
            &path,
            most.clone(),
            (more.clone(), &sentence),
        )
        .await;
    }
    // No upper bound but that of 32 bits, unlike in Payments.
    let rate = "The order_lines/tax_rate value must be between 0 and 2147483647";
    let path = "order_lines[0].tax_rate";
    held(
        captures,
        &body,
        path,
        json!(2_147_483_647),
        (json!(-1), rate),
    )
    .await;
    let kind = "The order_lines/type value is invalid";
    held(
        captures,
        &body,
        "order_lines[0].type",
        json!("return_fee"),
        (json!("fee"), kind),
    )
    .await;
    for name in ["name", "quantity", "unit_price", "total_amount"] {
        let path = format!("order_lines[0].{name}");
        let missing = format!("The order_lines/{name} value must not be null");
        let good = managed_line()[name].clone();
        held(captures, &body, &path, good, (Value::Null, &missing)).await;
    }
    let list = |item: Value, count: usize| Value::from(vec![item; count]);
    let lines = (list(managed_line(), 1001), &*size("order_lines", 0, 1000));
    held(
        captures,
        &body,
        "order_lines",
        list(managed_line(), 1000),
        lines,
    )
    .await;
    let info = (list(json!({}), 501), &*size("shipping_info", 0, 500));
    held(captures, &body, "shipping_info", list(json!({}), 500), info).await;
    let adding = ("POST", "/shipping-info");
    let none = (json!([]), &*size("shipping_info", 1, 500));
    held(
        adding,
        &json!({}),
        "shipping_info",
        list(json!({}), 1),
        none,
    )
    .await;
}

#[tokio::test]
async fn order_management_knows_thirteen_shipping_methods() {
    const METHODS: [&str; 13] = [
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
    ];
    let body = json!({"shipping_info": [{}]});
    let sentence = "The shipping_info/shipping_method value is invalid";
    for method in METHODS {
        let path = "shipping_info[0].shipping_method";
        let bad = (json!(method.to_uppercase()), sentence);
        held(("POST", "/shipping-info"), &body, path, json!(method), bad).await;
    }
}

#[tokio::test]
async fn customer_token_orders_have_lengths_of_their_own() {
    let desk = Desk::new();
    let session = desk
        .session(&with(&cart(), "intent", json!("tokenize")))
        .await;
    let token = desk.approve(&session).await;
    let creation = json!({"purchase_country": "SE", "purchase_currency": "SEK", "locale": "sv-SE",
        "intended_use": "SUBSCRIPTION", "description": "Coffee"});
    let creating = format!("/payments/v1/authorizations/{token}/customer-token");
    let answer = desk
        .post(&creating, &with(&creation, "description", text(256)))
        .await;
    assert!(named(&answer, "description"), "{}", answer.text);
    let longest = with(&creation, "description", text(255));
    let id = desk.post(&creating, &longest).await.member("token_id");
    let path_of_orders = format!("/customer-token/v1/tokens/{id}/order");
    let body = json!({"purchase_currency": "SEK", "order_amount": 100, "order_tax_amount": 0, "order_lines": [
        {"name": "Coffee", "quantity": 1, "unit_price": 100, "total_amount": 100}]});
    let line = [
        ("name", 255),
        ("reference", 256),
        ("merchant_data", 255),
        ("product_url", 1024),
        ("image_url", 1024),
    ];
    let mut fields = below("order_lines[0]", &line);
    fields.extend(below("order_lines[0].product_identifiers", &IDENTIFIERS));
    fields.extend(below("shipping_address", &ADDRESS));
    for (name, most) in [
        ("merchant_reference1", 255),
        ("merchant_reference2", 255),
        ("merchant_data", 6000),
    ] {
        fields.push((name.to_owned(), most));
    }
    fields.push(("merchant_urls.confirmation".to_owned(), 2000));
    for (path, most) in fields {
        let answer = desk
            .post(&path_of_orders, &with(&body, &path, text(most)))
            .await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        let answer = desk
            .post(&path_of_orders, &with(&body, &path, text(most + 1)))
            .await;
        assert!(named(&answer, &path), "{path}: {}", answer.text);
    }
    for (path, bad) in [
        ("order_amount", json!(0)),
        ("order_lines[0].unit_price", json!(100_000_001)),
        ("order_lines[0].total_amount", json!(100_000_001)),
        ("shipping_address.phone", text(4)),
    ] {
        let answer = desk.post(&path_of_orders, &with(&body, path, bad)).await;
        assert!(named(&answer, path), "{path}: {}", answer.text);
    }
}
