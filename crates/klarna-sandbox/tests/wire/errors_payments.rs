//! The error table of Payments, row by row. Each test is named after its row: status, code, and what it is about.

use serde_json::{Value, json};

use crate::desk::{Answer, Desk, cart};

const SESSIONS: &str = "/payments/v1/sessions";

fn error(status: u16, code: &str, message: &str) -> (u16, String, String) {
    (status, code.to_owned(), message.to_owned())
}

/// The code with an empty list of messages.
fn silent(answer: &Answer) -> (u16, String) {
    assert_eq!(
        answer.json()["error_messages"],
        json!([]),
        "{}",
        answer.text
    );
    (answer.status, answer.member("error_code"))
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

async fn approved(desk: &Desk, body: &Value) -> String {
    let session = desk.session(body).await;
    desk.approve(&session).await
}

async fn tokenize(desk: &Desk, token: &str, body: &Value) -> Answer {
    let path = format!("/payments/v1/authorizations/{token}/customer-token");
    desk.post(&path, body).await
}

fn creation() -> Value {
    json!({"purchase_country": "SE", "purchase_currency": "SEK", "locale": "sv-SE", "intended_use": "SUBSCRIPTION",
        "description": "Coffee every month"})
}

async fn cancel(desk: &Desk, token: &str) -> Answer {
    let path = format!("/payments/v1/authorizations/{token}");
    desk.call("DELETE", &path, &Value::Null).await
}

#[tokio::test]
async fn row_400_bad_request_malformed() {
    let desk = Desk::new();
    for body in [json!([]), json!("text"), json!(1)] {
        let answer = desk.post(SESSIONS, &body).await;
        assert_eq!(silent(&answer), (400, "BAD_REQUEST".into()));
    }
}

#[tokio::test]
async fn row_400_bad_request_method_makes_no_token_in_the_country() {
    let desk = Desk::new();
    let session = desk.session(&with("intent", json!("tokenize"))).await;
    let visit = json!({"action": "approve", "payment_method": "fixed_sum_credit"});
    let approval = desk.shopper(&session, &visit).await;
    let token = approval.member("authorization_token");
    let message = "fixed_sum_credit is not valid for creating customer tokens in SE";
    let expected = error(400, "BAD_REQUEST", message);
    assert_eq!(tokenize(&desk, &token, &creation()).await.error(), expected);
    desk.switch(json!({"methods_without_tokens": []})).await;
    assert_eq!(tokenize(&desk, &token, &creation()).await.status, 200);
}

#[tokio::test]
async fn row_400_bad_value_every_listed_path() {
    let line = cart()["order_lines"][0].clone();
    let mut third = cart();
    third["order_lines"] = json!([line, line, line]);
    third["order_lines"][2]["total_tax_amount"] = json!(1);
    let bad_body = json!({"content_type": "application/json", "body": "{"});
    for (body, path) in [
        (with("purchase_country", json!("XX")), "purchase_country"),
        (with("purchase_currency", json!("EUR")), "purchase_currency"),
        (with("locale", json!("de-DE")), "locale"),
        (with("order_amount", json!(1)), "order_amount"),
        (with("order_tax_amount", json!(1)), "order_tax_amount"),
        (with("order_lines", json!([])), "order_lines"),
        (third, "order_lines[2].total_tax_amount"),
        (
            with_line("total_amount", json!(1)),
            "order_lines[0].total_amount",
        ),
        (
            with_line("tax_rate", json!(10_001)),
            "order_lines[0].tax_rate",
        ),
        (
            with("billing_address", json!({"postal_code": "12345678901"})),
            "billing_address.postal_code",
        ),
        (with("attachment", bad_body), "attachment.attachment"),
    ] {
        let answer = Desk::new().post(SESSIONS, &body).await;
        let expected = error(400, "BAD_VALUE", &format!("Bad value: {path}"));
        assert_eq!(answer.error(), expected);
    }
}

#[tokio::test]
async fn row_401_unauthorized() {
    let mut config = crate::desk::config();
    config.unauthorized_as_json = true;
    let desk = Desk::open(config);
    let request = axum::http::Request::post(SESSIONS).body(axum::body::Body::empty());
    let answer = desk.send(request.unwrap()).await;
    assert_eq!(silent(&answer), (401, "UNAUTHORIZED".into()));
}

#[tokio::test]
async fn row_403_invalid_operation_token_consumed() {
    let desk = Desk::new();
    let token = approved(&desk, &with("intent", json!("tokenize"))).await;
    assert_eq!(tokenize(&desk, &token, &creation()).await.status, 200);
    let expected = error(
        403,
        "INVALID_OPERATION",
        "Authorization token already consumed",
    );
    assert_eq!(tokenize(&desk, &token, &creation()).await.error(), expected);
}

#[tokio::test]
async fn row_403_invalid_operation_wrong_intent_for_a_customer_token() {
    let desk = Desk::new();
    let token = approved(&desk, &cart()).await;
    let message = "Not allowed to create customer token for intent buy";
    let expected = error(403, "INVALID_OPERATION", message);
    assert_eq!(tokenize(&desk, &token, &creation()).await.error(), expected);
}

#[tokio::test]
async fn row_403_invalid_operation_not_configured_for_the_account() {
    let desk = Desk::new();
    let session = desk.session(&cart()).await;
    let token = desk.approve(&session).await;
    let of_session = format!("{SESSIONS}/{session}");
    let of_token = format!("/payments/v1/authorizations/{token}");
    for (operation, method, path) in [
        ("create_session", "POST", SESSIONS.to_owned()),
        ("read_session", "GET", of_session.clone()),
        ("update_session", "POST", of_session),
        ("place_order", "POST", format!("{of_token}/order")),
        (
            "create_customer_token",
            "POST",
            format!("{of_token}/customer-token"),
        ),
        ("cancel_authorization", "DELETE", of_token),
    ] {
        desk.switch(json!({"disabled_operations": [operation]}))
            .await;
        let answer = desk.call(method, &path, &cart()).await;
        assert_eq!(silent(&answer), (403, "INVALID_OPERATION".into()));
    }
    // Nothing of it sticks.
    desk.switch(json!({"disabled_operations": []})).await;
    assert_eq!(desk.place(&token, &cart()).await.status, 200);
}

#[tokio::test]
async fn row_403_merchant_inactive() {
    let desk = Desk::new();
    let order = desk.order(&cart()).await;
    desk.switch(json!({"merchant_active": false})).await;
    let answer = desk.post(SESSIONS, &cart()).await;
    assert_eq!(silent(&answer), (403, "MERCHANT_INACTIVE".into()));
    // Orders that exist can still be managed.
    let order = desk
        .get(&format!("/ordermanagement/v1/orders/{order}"))
        .await;
    assert_eq!(order.status, 200);
}

#[tokio::test]
async fn row_403_rejected_by_a_re_authorization() {
    let desk = Desk::new();
    let mut changed = cart();
    changed["order_lines"][0]["name"] = json!("Cup");
    desk.switch(json!({"cart_updates": "declined"})).await;
    let token = approved(&desk, &cart()).await;
    let expected = error(403, "REJECTED", "Rejected");
    assert_eq!(desk.place(&token, &changed).await.error(), expected);
    // The refusal stays with its token.
    desk.switch(json!({"cart_updates": "accepted"})).await;
    assert_eq!(desk.place(&token, &changed).await.error(), expected);
    let token = approved(&desk, &cart()).await;
    assert_eq!(desk.place(&token, &changed).await.status, 200);
}

#[tokio::test]
async fn row_403_rejected_when_only_lower_amounts_are_re_authorized() {
    let desk = Desk::new();
    desk.switch(json!({"cart_updates": "lower_accepted"})).await;
    let mut lower = cart();
    lower["order_lines"].as_array_mut().unwrap().pop();
    lower["order_amount"] = json!(19_500);
    lower["order_tax_amount"] = json!(3900);
    let token = approved(&desk, &cart()).await;
    assert_eq!(desk.place(&token, &lower).await.status, 200);
    let token = approved(&desk, &lower).await;
    let expected = error(403, "REJECTED", "Rejected");
    assert_eq!(desk.place(&token, &cart()).await.error(), expected);
}

#[tokio::test]
async fn row_403_permission_denied() {
    let desk = Desk::new();
    let token = approved(&desk, &cart()).await;
    desk.switch(json!({"denied_operations": ["place_order"]}))
        .await;
    let answer = desk.place(&token, &cart()).await;
    assert_eq!(silent(&answer), (403, "PERMISSION_DENIED".into()));
}

#[tokio::test]
async fn row_403_permission_denied_for_auto_capture() {
    let desk = Desk::new();
    let token = approved(&desk, &cart()).await;
    desk.switch(json!({"auto_capture_permitted": false})).await;
    let expected = error(403, "PERMISSION_DENIED", "Auto capture is not permitted");
    let body = with("auto_capture", json!(true));
    assert_eq!(desk.place(&token, &body).await.error(), expected);
    assert_eq!(desk.place(&token, &cart()).await.status, 200);
}

#[tokio::test]
async fn row_404_not_found_session_unknown_or_expired() {
    let desk = Desk::new();
    let expected = error(404, "NOT_FOUND", "Invalid session id");
    assert_eq!(
        desk.get(&format!("{SESSIONS}/nobody")).await.error(),
        expected
    );
    let session = desk.session(&cart()).await;
    desk.advance(48 * 3600).await;
    let path = format!("{SESSIONS}/{session}");
    assert_eq!(desk.get(&path).await.error(), expected);
    assert_eq!(desk.post(&path, &cart()).await.error(), expected);
}

#[tokio::test]
async fn row_404_not_found_token_unknown_old_or_replaced() {
    let desk = Desk::new();
    let expected = error(404, "NOT_FOUND", "Invalid authorization token");
    assert_eq!(desk.place("nobody", &cart()).await.error(), expected);
    let session = desk.session(&cart()).await;
    let first = desk.approve(&session).await;
    let second = desk.approve(&session).await;
    assert_eq!(desk.place(&first, &cart()).await.error(), expected);
    desk.advance(3600).await;
    assert_eq!(desk.place(&second, &cart()).await.error(), expected);
    assert_eq!(cancel(&desk, &second).await.error(), expected);
}

#[tokio::test]
async fn row_404_not_found_authorization_cannot_be_deleted() {
    let desk = Desk::new();
    let token = approved(&desk, &cart()).await;
    desk.place(&token, &cart()).await;
    let expected = error(404, "NOT_FOUND", "Authorization cannot be deleted");
    assert_eq!(cancel(&desk, &token).await.error(), expected);
}

#[tokio::test]
async fn row_404_session_completed() {
    let desk = Desk::new();
    let session = desk.session(&cart()).await;
    let older = desk.approve(&session).await;
    let newest = desk.approve(&session).await;
    assert_eq!(desk.place(&newest, &cart()).await.status, 200);
    let expected = error(
        404,
        "SESSION_COMPLETED",
        "Session has already been completed",
    );
    let update = desk.post(&format!("{SESSIONS}/{session}"), &cart()).await;
    assert_eq!(update.error(), expected);
    let authorize = desk.shopper(&session, &json!({"action": "approve"})).await;
    assert_eq!(authorize.error(), expected);
    assert_eq!(desk.place(&older, &cart()).await.error(), expected);
}

#[tokio::test]
async fn row_409_bad_value_not_matching_fields() {
    let desk = Desk::new();
    let token = approved(&desk, &cart()).await;
    let mut other = cart();
    other["billing_address"]["postal_code"] = json!("11149");
    let message = "Not matching fields: [billing_address.postal_code]";
    let expected = error(409, "BAD_VALUE", message);
    assert_eq!(desk.place(&token, &other).await.error(), expected);
}

#[tokio::test]
async fn row_409_bad_value_incorrect_number_of_items() {
    let desk = Desk::new();
    let token = approved(&desk, &cart()).await;
    let mut more = cart();
    let line = json!({"name": "Card", "quantity": 1, "unit_price": 100, "total_amount": 100});
    more["order_lines"].as_array_mut().unwrap().push(line);
    more["order_amount"] = json!(24_500);
    let message = "Not matching fields: [order_amount, \
                   Incorrect number of items in the cart. Expected: 2, Actual: 3]";
    assert_eq!(
        desk.place(&token, &more).await.error(),
        error(409, "BAD_VALUE", message)
    );
}

#[tokio::test]
async fn row_409_bad_value_customer_token_for_another_address() {
    let desk = Desk::new();
    let token = approved(&desk, &with("intent", json!("tokenize"))).await;
    let mut body = creation();
    body["billing_address"] = cart()["billing_address"].clone();
    body["billing_address"]["postal_code"] = json!("11149");
    let message = "Not matching fields: [billing_address.postal_code]";
    let expected = error(409, "BAD_VALUE", message);
    assert_eq!(tokenize(&desk, &token, &body).await.error(), expected);
}

#[tokio::test]
async fn row_409_bad_value_completed_with_different_request_body() {
    let desk = Desk::new();
    let token = approved(&desk, &cart()).await;
    desk.place(&token, &cart()).await;
    let message = "The order has been already completed with different request body";
    let answer = desk
        .place(&token, &with("merchant_reference1", json!("B")))
        .await;
    assert_eq!(answer.error(), error(409, "BAD_VALUE", message));
}

#[tokio::test]
async fn row_500_internal_server_error() {
    let desk = Desk::new();
    desk.fault("create_session", "status_before", 500).await;
    let expected = error(500, "INTERNAL_SERVER_ERROR", "Internal error");
    assert_eq!(desk.post(SESSIONS, &cart()).await.error(), expected);
}

#[tokio::test]
async fn an_empty_body_names_currency_and_country_in_this_order_and_nothing_else() {
    let answer = Desk::new().post(SESSIONS, &json!({})).await;
    let message = "Bad value: purchase_currency, purchase_country";
    assert_eq!(answer.error(), error(400, "BAD_VALUE", message));
}
