//! Pending orders: who gets them, when they are decided, what follows.

use serde_json::{Value, json};

use crate::desk::{Desk, cart};

fn american() -> Value {
    json!({"purchase_country": "US", "purchase_currency": "USD", "locale": "en-US", "order_amount": 21_000,
        "order_tax_amount": 1000, "order_lines": [
            {"type": "physical", "name": "Mug", "quantity": 2, "unit_price": 10_000, "total_amount": 20_000},
            {"type": "sales_tax", "name": "Tax", "quantity": 1, "unit_price": 1000, "tax_rate": 0, "total_amount": 1000,
             "total_tax_amount": 0}]})
}

async fn pending(body: &Value, visit: &Value) -> (Desk, String) {
    let desk = Desk::new();
    let session = desk.session(body).await;
    let token = desk
        .shopper(&session, visit)
        .await
        .member("authorization_token");
    let placed = desk.place(&token, body).await;
    assert_eq!(placed.json()["fraud_status"], "PENDING");
    let path = format!("/ordermanagement/v1/orders/{}", placed.member("order_id"));
    (desk, path)
}

fn test_shopper(tag: &str) -> Value {
    json!({"action": "approve", "billing_address": {"email": format!("customer+{tag}@email.us")}})
}

#[tokio::test]
async fn a_pending_order_is_decided_after_the_minutes_in_the_address() {
    let (desk, path) = pending(&american(), &test_shopper("pend-accept-05")).await;
    desk.advance(299).await;
    assert_eq!(desk.get(&path).await.json()["fraud_status"], "PENDING");
    desk.advance(1).await;
    assert_eq!(desk.get(&path).await.json()["fraud_status"], "ACCEPTED");
    assert_eq!(
        desk.post(
            &format!("{path}/captures"),
            &json!({"captured_amount": 21_000})
        )
        .await
        .status,
        201
    );
}

#[tokio::test]
async fn a_pending_order_is_not_captured_unless_switched() {
    let (desk, path) = pending(&american(), &test_shopper("pend-accept-05")).await;
    let captures = format!("{path}/captures");
    let refused = desk.post(&captures, &json!({"captured_amount": 1})).await;
    assert_eq!(refused.error().1, "CAPTURE_NOT_ALLOWED");
    desk.call(
        "PATCH",
        "/sandbox/v1/settings",
        &json!({"capture_while_pending": true}),
    )
    .await;
    assert_eq!(
        desk.post(&captures, &json!({"captured_amount": 1}))
            .await
            .status,
        201
    );
}

#[tokio::test]
async fn a_rejected_order_can_be_taken_over_for_four_hours() {
    let (desk, path) = pending(&american(), &test_shopper("pend-reject-00")).await;
    desk.advance(4 * 3600 - 1).await;
    let shown = desk.get(&path).await.json();
    assert_eq!(
        (&shown["fraud_status"], &shown["status"]),
        (&json!("REJECTED"), &json!("AUTHORIZED"))
    );
    assert_eq!(
        desk.post(
            &format!("{path}/captures"),
            &json!({"captured_amount": 21_000})
        )
        .await
        .status,
        201
    );
    desk.advance(3600).await;
    assert_eq!(desk.get(&path).await.json()["status"], "CAPTURED");
}

#[tokio::test]
async fn a_rejected_order_is_cancelled_after_four_hours() {
    let (desk, path) = pending(&american(), &test_shopper("pend-reject-00")).await;
    desk.advance(4 * 3600).await;
    let shown = desk.get(&path).await.json();
    assert_eq!(
        (&shown["fraud_status"], &shown["status"]),
        (&json!("REJECTED"), &json!("CANCELLED"))
    );
}

#[tokio::test]
async fn the_shopper_may_be_told_to_pend_in_any_market() {
    let visit = json!({"action": "pend", "minutes": 1, "decision": "reject"});
    let (desk, path) = pending(&cart(), &visit).await;
    desk.advance(60).await;
    assert_eq!(desk.get(&path).await.json()["fraud_status"], "REJECTED");
}

#[tokio::test]
async fn auto_capture_waits_for_the_decision() {
    let desk = Desk::new();
    let session = desk.session(&american()).await;
    let token = desk
        .shopper(&session, &test_shopper("pend-accept-05"))
        .await
        .member("authorization_token");
    let mut body = american();
    body["auto_capture"] = json!(true);
    let path = format!(
        "/ordermanagement/v1/orders/{}",
        desk.place(&token, &body).await.member("order_id")
    );
    assert_eq!(desk.get(&path).await.json()["captured_amount"], 0);
    desk.advance(300).await;
    assert_eq!(desk.get(&path).await.json()["status"], "CAPTURED");
}
