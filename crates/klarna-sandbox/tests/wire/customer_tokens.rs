//! Customer tokens: made from an authorization, read, cancelled, charged.

use serde_json::{Value, json};

use crate::desk::{Answer, Desk, cart};

fn error(status: u16, code: &str, message: &str) -> (u16, String, String) {
    (status, code.to_owned(), message.to_owned())
}

fn with_intent(intent: &str) -> Value {
    let mut body = cart();
    body["intent"] = json!(intent);
    body
}

fn creation() -> Value {
    json!({"purchase_country": "SE", "purchase_currency": "SEK", "locale": "sv-SE", "intended_use": "SUBSCRIPTION",
        "description": "Coffee every month", "customer": {"date_of_birth": "1941-03-21", "gender": "female"}})
}

fn charge() -> Value {
    json!({"purchase_currency": "SEK", "order_amount": 12_500, "order_tax_amount": 2500, "order_lines": [
        {"type": "physical", "name": "Coffee", "quantity": 1, "unit_price": 12_500, "tax_rate": 2500,
         "total_amount": 12_500, "total_tax_amount": 2500}]})
}

async fn approved(desk: &Desk, intent: &str) -> String {
    let session = desk.session(&with_intent(intent)).await;
    desk.approve(&session).await
}

async fn create(desk: &Desk, token: &str, body: &Value) -> Answer {
    desk.post(
        &format!("/payments/v1/authorizations/{token}/customer-token"),
        body,
    )
    .await
}

async fn customer_token(desk: &Desk) -> String {
    let token = approved(desk, "tokenize").await;
    create(desk, &token, &creation()).await.member("token_id")
}

async fn order(desk: &Desk, token: &str, body: &Value) -> Answer {
    desk.post(&format!("/customer-token/v1/tokens/{token}/order"), body)
        .await
}

#[tokio::test]
async fn tokenize_gives_a_customer_token_and_no_order() {
    let desk = Desk::new();
    let token = approved(&desk, "tokenize").await;
    let placed = desk.place(&token, &with_intent("tokenize")).await;
    assert_eq!(placed.error().1, "INVALID_OPERATION");
    let created = create(&desk, &token, &creation()).await;
    assert_eq!(created.status, 200, "{}", created.text);
    assert_eq!(
        created.json()["customer"],
        json!({"date_of_birth": "1941-03-21", "gender": "female"})
    );
    assert_eq!(created.json()["billing_address"]["postal_code"], "11148");
    assert!(created.json()["payment_method_reference"].is_string());
}

#[tokio::test]
async fn buying_gives_no_customer_token() {
    let desk = Desk::new();
    let token = approved(&desk, "buy").await;
    let expected = error(
        403,
        "INVALID_OPERATION",
        "Not allowed to create customer token for intent buy",
    );
    assert_eq!(create(&desk, &token, &creation()).await.error(), expected);
}

#[tokio::test]
async fn the_combined_intents_give_both_in_either_order() {
    for intent in ["buy_and_tokenize", "buy_and_default_tokenize"] {
        for order_first in [true, false] {
            let desk = Desk::new();
            let token = approved(&desk, intent).await;
            if order_first {
                assert_eq!(desk.place(&token, &cart()).await.status, 200);
                assert_eq!(create(&desk, &token, &creation()).await.status, 200);
            } else {
                assert_eq!(create(&desk, &token, &creation()).await.status, 200);
                assert_eq!(desk.place(&token, &cart()).await.status, 200);
            }
        }
    }
}

#[tokio::test]
async fn one_authorization_gives_one_customer_token() {
    let desk = Desk::new();
    let token = approved(&desk, "buy_and_tokenize").await;
    assert_eq!(create(&desk, &token, &creation()).await.status, 200);
    let expected = error(
        403,
        "INVALID_OPERATION",
        "Authorization token already consumed",
    );
    assert_eq!(create(&desk, &token, &creation()).await.error(), expected);
}

#[tokio::test]
async fn a_customer_token_needs_a_live_authorization() {
    let desk = Desk::new();
    let token = approved(&desk, "tokenize").await;
    desk.advance(3600).await;
    let expected = error(404, "NOT_FOUND", "Invalid authorization token");
    assert_eq!(create(&desk, &token, &creation()).await.error(), expected);
}

#[tokio::test]
async fn creation_is_validated_and_bound_to_the_sessions_country() {
    let desk = Desk::new();
    let token = approved(&desk, "tokenize").await;
    for (name, value, path) in [
        ("description", json!(""), "description"),
        ("intended_use", json!("GIFT"), "intended_use"),
        ("locale", Value::Null, "locale"),
        ("purchase_currency", Value::Null, "purchase_currency"),
        (
            "billing_address",
            json!({"country": "DE"}),
            "purchase_country",
        ),
    ] {
        let mut body = creation();
        body[name] = value;
        let expected = error(400, "BAD_VALUE", &format!("Bad value: {path}"));
        assert_eq!(create(&desk, &token, &body).await.error(), expected);
    }
    let mut lower = creation();
    lower["intended_use"] = json!("subscription");
    assert_eq!(create(&desk, &token, &lower).await.status, 200);
}

#[tokio::test]
async fn a_customer_token_is_read_with_its_method() {
    let desk = Desk::new();
    let session = desk.session(&with_intent("tokenize")).await;
    let visit = json!({"action": "approve", "payment_method": "card"});
    let token = desk
        .shopper(&session, &visit)
        .await
        .member("authorization_token");
    let id = create(&desk, &token, &creation()).await.member("token_id");
    let read = desk
        .get(&format!("/customer-token/v1/tokens/{id}"))
        .await
        .json();
    assert_eq!(
        (&read["status"], &read["payment_method_type"]),
        (&json!("ACTIVE"), &json!("CARD"))
    );
    for member in ["brand", "expiry_date", "masked_number"] {
        assert!(read["card"][member].is_string());
    }
    let unknown = desk.get("/customer-token/v1/tokens/nobody").await;
    assert_eq!(
        unknown.error(),
        error(404, "NOT_FOUND", "Invalid customer-token ID")
    );
}

#[tokio::test]
async fn a_customer_token_places_orders() {
    let desk = Desk::new();
    let id = customer_token(&desk).await;
    let placed = order(&desk, &id, &charge()).await;
    assert_eq!(placed.status, 200, "{}", placed.text);
    assert_eq!(placed.json()["fraud_status"], "ACCEPTED");
    let path = format!("/ordermanagement/v1/orders/{}", placed.member("order_id"));
    let shown = desk.get(&path).await.json();
    assert_eq!(
        (&shown["order_amount"], &shown["purchase_country"]),
        (&json!(12_500), &json!("SE"))
    );
    assert_eq!(shown["billing_address"]["postal_code"], "11148");
}

#[tokio::test]
async fn the_same_idempotency_key_repeats_the_token_order_whatever_the_body() {
    let desk = Desk::new();
    let id = customer_token(&desk).await;
    let path = format!("/customer-token/v1/tokens/{id}/order");
    let key = [("klarna-idempotency-key", "k-1")];
    let first = desk.call_with("POST", &path, &charge(), &key).await;
    let mut other = charge();
    other["merchant_reference1"] = json!("other");
    assert_eq!(
        desk.call_with("POST", &path, &other, &key).await.json(),
        first.json()
    );
    assert_ne!(
        order(&desk, &id, &charge()).await.json()["order_id"],
        first.json()["order_id"]
    );
    desk.advance(24 * 3600).await;
    assert_ne!(
        desk.call_with("POST", &path, &charge(), &key).await.json()["order_id"],
        first.json()["order_id"]
    );
}

#[tokio::test]
async fn token_orders_have_limits_of_their_own() {
    let desk = Desk::new();
    let id = customer_token(&desk).await;
    let with = |name: &str, value: Value| {
        let mut body = charge();
        body[name] = value;
        body
    };
    let with_line = |name: &str, value: Value| {
        let mut body = charge();
        body["order_lines"][0][name] = value;
        body
    };
    for (body, path) in [
        (with("order_amount", json!(0)), "order_amount"),
        (with("order_tax_amount", Value::Null), "order_tax_amount"),
        (
            with("merchant_urls", json!({"push": "https://example.com/"})),
            "merchant_urls.confirmation",
        ),
        (
            with("shipping_address", json!({"phone": "1234"})),
            "shipping_address.phone",
        ),
        (
            with_line("unit_price", json!(100_000_001)),
            "order_lines[0].unit_price",
        ),
        (
            with_line("type", json!("return_fee")),
            "order_lines[0].type",
        ),
        (
            with_line("merchant_data", json!("x".repeat(256))),
            "order_lines[0].merchant_data",
        ),
        (
            with_line("total_amount", json!(12_501)),
            "order_lines[0].total_amount",
        ),
    ] {
        let expected = error(400, "BAD_VALUE", &format!("Bad value: {path}"));
        assert_eq!(order(&desk, &id, &body).await.error(), expected);
    }
    let foreign = order(&desk, &id, &with("purchase_currency", json!("EUR"))).await;
    assert_eq!(foreign.error().1, "UNAVAILABLE_PAYMENT_METHOD");
}

#[tokio::test]
async fn a_cancelled_customer_token_never_charges_again() {
    let desk = Desk::new();
    let id = customer_token(&desk).await;
    let path = format!("/customer-token/v1/tokens/{id}/status");
    let wrong = desk
        .call("PATCH", &path, &json!({"status": "ACTIVE"}))
        .await;
    assert_eq!(wrong.error(), error(400, "BAD_VALUE", "Bad value: status"));
    // A shipped plugin sends lower case.
    assert_eq!(
        desk.call("PATCH", &path, &json!({"status": "cancelled"}))
            .await
            .status,
        202
    );
    // Accepted, not yet processed.
    let read = async || {
        desk.get(&format!("/customer-token/v1/tokens/{id}"))
            .await
            .json()
    };
    assert_eq!(read().await["status"], "ACTIVE");
    desk.advance(1).await;
    let refused = order(&desk, &id, &charge()).await.error();
    assert_eq!((refused.0, refused.1.as_str()), (403, "TOKEN_CANCELED"));
    assert_eq!(read().await["status"], "CANCELLED");
    // For good: the answer is the same, the status too.
    let again = json!({"status": "CANCELLED"});
    assert_eq!(desk.call("PATCH", &path, &again).await.status, 202);
    let unknown = desk
        .call(
            "PATCH",
            "/customer-token/v1/tokens/nobody/status",
            &json!({"status": "CANCELLED"}),
        )
        .await;
    assert_eq!(unknown.error(), error(404, "NOT_FOUND", "Invalid token ID"));
}

#[tokio::test]
async fn an_unknown_customer_token_has_a_code_of_its_own() {
    let refused = order(&Desk::new(), "nobody", &charge()).await.error();
    assert_eq!((refused.0, refused.1.as_str()), (404, "TOKEN_NOT_FOUND"));
}

#[tokio::test]
async fn the_mixed_intent_keeps_the_default_method() {
    let desk = Desk::new();
    let session = desk.session(&with_intent("buy_and_default_tokenize")).await;
    let visit = json!({"action": "approve", "payment_method": "slice_it_by_card"});
    let approval = desk.shopper(&session, &visit).await;
    let token = approval.member("authorization_token");
    let placed = desk.place(&token, &cart()).await.json();
    assert_eq!(
        placed["authorized_payment_method"]["type"],
        "slice_it_by_card"
    );
    let id = create(&desk, &token, &creation()).await.member("token_id");
    let read = desk
        .get(&format!("/customer-token/v1/tokens/{id}"))
        .await
        .json();
    assert_eq!(read["payment_method_type"], "INVOICE");
}
