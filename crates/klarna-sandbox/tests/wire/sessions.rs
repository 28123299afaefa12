//! Payment sessions: creation, staged validation, update, read, expiry.

use serde_json::{Value, json};

use crate::desk::{Desk, cart};

const SESSIONS: &str = "/payments/v1/sessions";

async fn refusal(body: &Value) -> (u16, String, String) {
    Desk::new().post(SESSIONS, body).await.error()
}

fn bad_value(paths: &str) -> (u16, String, String) {
    (400, "BAD_VALUE".into(), format!("Bad value: {paths}"))
}

fn with(name: &str, value: Value) -> Value {
    let mut body = cart();
    body[name] = value;
    body
}

fn with_line(name: &str, value: Value) -> Value {
    let mut body = cart();
    body["order_lines"][0][name] = value;
    body
}

#[tokio::test]
async fn an_empty_body_complains_about_currency_and_country_only() {
    let desk = Desk::new();
    let answer = desk.post(SESSIONS, &json!({})).await;
    assert_eq!(
        answer.error(),
        bad_value("purchase_currency, purchase_country")
    );
    assert_eq!(answer.text.len(), 168);
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(
        answer.header("klarna-correlation-id"),
        answer.member("correlation_id")
    );
}

#[tokio::test]
async fn after_the_market_the_missing_amount_and_lines_are_named() {
    let body = json!({"purchase_country": "SE", "purchase_currency": "SEK"});
    assert_eq!(refusal(&body).await, bad_value("order_amount, order_lines"));
}

#[tokio::test]
async fn the_recorded_american_session_passes() {
    let desk = Desk::new();
    desk.call(
        "PATCH",
        "/sandbox/v1/settings",
        &json!({"categories": ["pay_over_time"]}),
    )
    .await;
    let line = |name: &str, total: i64| {
        json!({"name": name, "quantity": 1, "unit_price": total, "total_amount": total, "tax_rate": 0,
            "total_tax_amount": 0, "image_url": null})
    };
    let body = json!({"purchase_country": "us", "purchase_currency": "usd", "locale": "en-us", "order_amount": 11_000,
        "order_tax_amount": 0, "options": {}, "order_lines": [line("A", 1000), line("Shipping", 10_000)],
        "merchant_urls": {"confirmation": "http://example.com/ok", "notification": "http://example.com/note"}});
    let answer = desk.post(SESSIONS, &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let category = &answer.json()["payment_method_categories"][0];
    assert_eq!(
        (&category["identifier"], &category["name"]),
        (&json!("pay_over_time"), &json!("4 interest-free payments"))
    );
}

#[tokio::test]
async fn creating_answers_200_without_a_location() {
    let desk = Desk::new();
    let answer = desk.post(SESSIONS, &cart()).await;
    assert_eq!(answer.status, 200);
    assert!(!answer.headers.contains_key("location"));
    assert_eq!(
        answer.header("content-type"),
        "application/json;charset=utf-8"
    );
    // Recorded session ids are lower-case UUIDs of version 3.
    assert_eq!(answer.member("session_id").as_bytes()[14], b'3');
}

#[tokio::test]
async fn an_empty_id_segment_creates_a_session() {
    let answer = Desk::new().post("/payments/v1/sessions/", &cart()).await;
    assert_eq!(answer.status, 200);
    assert!(answer.json()["session_id"].is_string());
}

#[tokio::test]
async fn the_client_token_is_a_web_token_with_the_documented_claims() {
    use base64::Engine as _;
    let answer = Desk::new().post(SESSIONS, &cart()).await;
    let token = answer.member("client_token");
    assert!(token.len() <= 4096);
    let payload = token.split('.').nth(1).unwrap();
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(payload)
        .unwrap();
    let claims: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(claims["session_id"], answer.json()["session_id"]);
    assert_eq!(claims["session_type"], "PAYMENTS");
    assert_eq!(claims["purchase_country"], "SE");
    assert_eq!(claims["language"], "sv");
    assert_eq!(claims["base_url"], "http://sandbox.test/eu/kp");
    assert_eq!(claims["merchant_name"], "Acme");
}

#[tokio::test]
async fn a_currency_must_be_the_countrys_own() {
    assert_eq!(
        refusal(&with("purchase_currency", json!("EUR"))).await,
        bad_value("purchase_currency")
    );
    assert_eq!(
        refusal(&with("purchase_country", json!("JP"))).await,
        bad_value("purchase_country")
    );
    assert_eq!(
        refusal(&with("purchase_country", json!("Sweden"))).await,
        bad_value("purchase_country")
    );
}

#[tokio::test]
async fn a_locale_must_be_one_of_the_countrys() {
    assert_eq!(
        refusal(&with("locale", json!("de-DE"))).await,
        bad_value("locale")
    );
    assert_eq!(
        refusal(&with("locale", json!("svenska"))).await,
        bad_value("locale")
    );
    assert_eq!(
        Desk::new()
            .post(SESSIONS, &with("locale", json!("en-se")))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn an_unknown_intent_is_refused_and_the_documented_ones_pass() {
    assert_eq!(
        refusal(&with("intent", json!("rent"))).await,
        bad_value("intent")
    );
    for intent in [
        "buy",
        "tokenize",
        "buy_and_tokenize",
        "buy_and_default_tokenize",
        "buy_and_link",
    ] {
        assert_eq!(
            Desk::new()
                .post(SESSIONS, &with("intent", json!(intent)))
                .await
                .status,
            200
        );
    }
}

#[tokio::test]
async fn unknown_fields_and_nulls_are_tolerated() {
    let mut body = with("no_such_field", json!({"a": [1]}));
    body["merchant_data"] = Value::Null;
    body["order_lines"][0]["image_url"] = Value::Null;
    body["order_lines"][0]["color"] = json!("red");
    assert_eq!(Desk::new().post(SESSIONS, &body).await.status, 200);
}

#[tokio::test]
async fn limits_of_fields_are_held_with_their_paths() {
    let long = |length: usize| json!("x".repeat(length));
    let mut postal = cart();
    postal["billing_address"]["postal_code"] = long(11);
    for (body, path) in [
        (
            with("merchant_reference1", long(256)),
            "merchant_reference1",
        ),
        (with("merchant_data", long(6001)), "merchant_data"),
        (
            with("merchant_urls", json!({"push": "x".repeat(2001)})),
            "merchant_urls.push",
        ),
        (
            with("options", json!({"color_border": "red"})),
            "options.color_border",
        ),
        (
            with("acquiring_channel", json!("MOON")),
            "acquiring_channel",
        ),
        (
            with("customer", json!({"date_of_birth": "10-07-1970"})),
            "customer.date_of_birth",
        ),
        (
            with("customer", json!({"last_four_ssn": "12345"})),
            "customer.last_four_ssn",
        ),
        (with("order_amount", json!(-1)), "order_amount"),
        (with("order_amount", json!(244.5)), "order_amount"),
        (with("order_amount", json!("24400")), "order_amount"),
        (with("order_amount", json!(u64::MAX)), "order_amount"),
        (with("order_tax_amount", json!(-1)), "order_tax_amount"),
        (with("order_lines", json!([])), "order_lines"),
        (with("order_lines", json!([1])), "order_lines[0]"),
        (with_line("name", json!("")), "order_lines[0].name"),
        (with_line("name", Value::Null), "order_lines[0].name"),
        (with_line("quantity", json!(-1)), "order_lines[0].quantity"),
        (
            with_line("tax_rate", json!(10_001)),
            "order_lines[0].tax_rate",
        ),
        (
            with_line("unit_price", json!(200_000_001)),
            "order_lines[0].unit_price",
        ),
        (
            with_line("quantity_unit", json!("kilograms")),
            "order_lines[0].quantity_unit",
        ),
        (
            with_line("product_identifiers", json!({"brand": "x".repeat(71)})),
            "order_lines[0].product_identifiers.brand",
        ),
        (
            with_line("subscription", json!({"name": "S", "interval": "MONTH"})),
            "order_lines[0].subscription.interval_count",
        ),
        (
            with_line(
                "subscription",
                json!({"name": "S", "interval": "AGE", "interval_count": 1}),
            ),
            "order_lines[0].subscription.interval",
        ),
        (postal, "billing_address.postal_code"),
    ] {
        assert_eq!(refusal(&body).await, bad_value(path));
    }
}

#[tokio::test]
async fn a_thousand_lines_pass_and_one_more_does_not() {
    let line = json!({"name": "A", "quantity": 1, "unit_price": 1, "total_amount": 1});
    let body = |count: i64| {
        json!({"purchase_country": "SE", "purchase_currency": "SEK", "order_amount": count,
            "order_lines": vec![line.clone(); usize::try_from(count).unwrap()]})
    };
    assert_eq!(Desk::new().post(SESSIONS, &body(1000)).await.status, 200);
    assert_eq!(refusal(&body(1001)).await, bad_value("order_lines"));
}

#[tokio::test]
async fn several_wrong_lines_are_named_in_one_message() {
    let mut body = with_line("total_tax_amount", json!(3902));
    body["order_lines"][1]["total_amount"] = json!(4901);
    let expected = bad_value("order_lines[0].total_tax_amount, order_lines[1].total_amount");
    assert_eq!(refusal(&body).await, expected);
}

#[tokio::test]
async fn sums_are_looked_at_once_the_lines_are_sound() {
    assert_eq!(
        refusal(&with("order_amount", json!(24_401))).await,
        bad_value("order_amount")
    );
    assert_eq!(
        refusal(&with("order_tax_amount", json!(4883))).await,
        bad_value("order_tax_amount")
    );
    assert_eq!(
        Desk::new()
            .post(SESSIONS, &with("order_tax_amount", json!(4882)))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn an_attachment_holds_json_whose_members_are_lists() {
    let attachment = |body: &str| {
        with(
            "attachment",
            json!({"content_type": "application/vnd.klarna.internal.emd-v2+json", "body": body}),
        )
    };
    assert_eq!(
        Desk::new()
            .post(SESSIONS, &attachment(r#"{"voucher": [{"name": "V"}]}"#))
            .await
            .status,
        200
    );
    assert_eq!(
        refusal(&attachment("no json")).await,
        bad_value("attachment.attachment")
    );
    assert_eq!(
        refusal(&attachment(r#"{"voucher": 1}"#)).await,
        bad_value("attachment.attachment")
    );
    assert_eq!(
        refusal(&with("attachment", json!({"body": "{}"}))).await,
        bad_value("attachment.content_type")
    );
}

#[tokio::test]
async fn a_body_that_is_no_json_object_is_a_bad_request() {
    let desk = Desk::new();
    for body in [json!([]), json!("text"), Value::Null] {
        assert_eq!(desk.post(SESSIONS, &body).await.error().1, "BAD_REQUEST");
    }
}

#[tokio::test]
async fn an_update_answers_204_and_is_validated_as_a_whole() {
    let desk = Desk::new();
    let path = format!("{SESSIONS}/{}", desk.session(&cart()).await);
    let updated = desk
        .post(
            &path,
            &json!({"merchant_reference1": "R-1", "merchant_data": null}),
        )
        .await;
    assert_eq!((updated.status, updated.text.as_str()), (204, ""));
    assert!(updated.headers.contains_key("klarna-correlation-id"));
    assert_eq!(desk.get(&path).await.json()["merchant_reference1"], "R-1");
    let wrong = desk.post(&path, &json!({"order_amount": 1})).await;
    assert_eq!(wrong.error(), bad_value("order_amount"));
    assert_eq!(desk.get(&path).await.json()["order_amount"], 24_400);
    assert_eq!(desk.call("PATCH", &path, &json!({})).await.status, 405);
}

#[tokio::test]
async fn an_update_may_move_a_session_to_another_market() {
    let desk = Desk::new();
    let mut body = cart();
    body.as_object_mut().unwrap().remove("locale");
    let path = format!("{SESSIONS}/{}", desk.session(&body).await);
    assert_eq!(desk.get(&path).await.json()["locale"], "en-US");
    let moved = desk
        .post(
            &path,
            &json!({"purchase_country": "DE", "purchase_currency": "EUR"}),
        )
        .await;
    assert_eq!(moved.status, 204, "{}", moved.text);
}

#[tokio::test]
async fn reading_shows_what_was_collected_but_people_only_after_authorization() {
    let desk = Desk::new();
    let mut body = cart();
    body["customer"] =
        json!({"date_of_birth": "1941-03-21", "national_identification_number": "194103219202"});
    let session = desk.session(&body).await;
    let path = format!("{SESSIONS}/{session}");
    let before = desk.get(&path).await.json();
    assert_eq!(before["status"], "incomplete");
    assert_eq!(before["expires_at"], "2026-03-04T09:30:00.000Z");
    assert_eq!(before["order_lines"], cart()["order_lines"]);
    assert!(before.get("billing_address").is_none() && before.get("customer").is_none());
    assert!(before.get("authorization_token").is_none());
    let token = desk.approve(&session).await;
    let after = desk.get(&path).await.json();
    assert_eq!(after["authorization_token"], json!(token));
    assert_eq!(after["billing_address"]["given_name"], "Alice");
    assert_eq!(after["customer"], json!({"date_of_birth": "1941-03-21"}));
    desk.advance(3600).await;
    assert!(
        desk.get(&path)
            .await
            .json()
            .get("authorization_token")
            .is_none()
    );
}

#[tokio::test]
async fn a_session_lives_48_hours_to_the_second() {
    let desk = Desk::new();
    let path = format!("{SESSIONS}/{}", desk.session(&cart()).await);
    desk.advance(48 * 3600 - 1).await;
    assert_eq!(desk.get(&path).await.status, 200);
    desk.advance(1).await;
    let gone = (404, "NOT_FOUND".to_owned(), "Invalid session id".to_owned());
    assert_eq!(desk.get(&path).await.error(), gone);
    assert_eq!(desk.post(&path, &json!({})).await.error(), gone);
}

#[tokio::test]
async fn an_update_does_not_prolong_a_session() {
    let desk = Desk::new();
    let path = format!("{SESSIONS}/{}", desk.session(&cart()).await);
    desk.advance(3600).await;
    assert_eq!(desk.post(&path, &json!({})).await.status, 204);
    assert_eq!(
        desk.get(&path).await.json()["expires_at"],
        "2026-03-04T09:30:00.000Z"
    );
}

#[tokio::test]
async fn an_unknown_session_is_not_found() {
    let answer = Desk::new().get("/payments/v1/sessions/nobody").await;
    assert_eq!(
        answer.error(),
        (404, "NOT_FOUND".into(), "Invalid session id".into())
    );
}

#[tokio::test]
async fn with_the_switch_on_tokenizing_needs_a_subscription() {
    let desk = Desk::new();
    desk.call(
        "PATCH",
        "/sandbox/v1/settings",
        &json!({"require_subscription": true}),
    )
    .await;
    let mut body = with("intent", json!("buy_and_tokenize"));
    assert_eq!(
        desk.post(SESSIONS, &body).await.error(),
        bad_value("order_lines[0].subscription")
    );
    body["order_lines"][0]["subscription"] =
        json!({"name": "S", "interval": "MONTH", "interval_count": 1});
    assert_eq!(desk.post(SESSIONS, &body).await.status, 200);
}

#[tokio::test]
async fn a_wrong_sum_can_be_named_by_the_lines() {
    let desk = Desk::new();
    desk.switch(json!({"order_amount_path": "order_lines"}))
        .await;
    let answer = desk
        .post("/payments/v1/sessions", &with("order_amount", json!(1)))
        .await;
    assert_eq!(answer.error(), bad_value("order_lines"));
}
