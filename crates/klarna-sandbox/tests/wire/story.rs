//! The main story: session, approval, order, capture, refund, cancel.

use serde_json::{Value, json};

use crate::desk::{Desk, cart};

#[tokio::test]
async fn a_purchase_goes_from_session_to_captured_and_refunded() {
    let desk = Desk::new();
    let created = desk.post("/payments/v1/sessions", &cart()).await;
    assert_eq!(created.status, 200);
    assert_eq!(
        created.json()["client_token"]
            .as_str()
            .unwrap()
            .split('.')
            .count(),
        3
    );
    assert_eq!(
        created.json()["payment_method_categories"][0]["identifier"],
        "klarna"
    );
    assert_eq!(created.json().as_object().unwrap().len(), 3);
    let session = created.member("session_id");

    let token = desk.approve(&session).await;
    let placed = desk.place(&token, &cart()).await;
    assert_eq!(placed.status, 200);
    assert_eq!(placed.json()["fraud_status"], "ACCEPTED");
    assert_eq!(
        placed.json()["authorized_payment_method"]["type"],
        "invoice"
    );
    let path = format!("/ordermanagement/v1/orders/{}", placed.member("order_id"));

    let order = desk.get(&path).await.json();
    assert_eq!(order["status"], "AUTHORIZED");
    assert_eq!(order["remaining_authorized_amount"], 24_400);
    assert_eq!(order["expires_at"], "2026-03-30T00:00:00.000Z");

    let captured = desk
        .post(
            &format!("{path}/captures"),
            &json!({"captured_amount": 20_000}),
        )
        .await;
    assert_eq!((captured.status, captured.text.as_str()), (201, ""));
    let location = captured.header("location");
    assert_eq!(
        location,
        format!(
            "http://sandbox.test{path}/captures/{}",
            captured.header("capture-id")
        )
    );
    assert_eq!(desk.get(&path).await.json()["status"], "PART_CAPTURED");

    let refunded = desk
        .post(
            &format!("{path}/refunds"),
            &json!({"refunded_amount": 5000}),
        )
        .await;
    assert_eq!(refunded.status, 201);
    assert!(refunded.headers.contains_key("refund-id"));
    let order = desk.get(&path).await.json();
    assert_eq!(
        (&order["captured_amount"], &order["refunded_amount"]),
        (&json!(20_000), &json!(5000))
    );
    assert_eq!(order["status"], "PART_CAPTURED");

    let cancelled = desk.post(&format!("{path}/cancel"), &Value::Null).await;
    let expected = (
        403,
        "CANCEL_NOT_ALLOWED".into(),
        "Order has previous captures. Cancel not possible.".into(),
    );
    assert_eq!(cancelled.error(), expected);
}

#[tokio::test]
async fn an_untouched_order_can_be_cancelled_once() {
    let desk = Desk::new();
    let order = desk.order(&cart()).await;
    let path = format!("/ordermanagement/v1/orders/{order}");
    assert_eq!(
        desk.post(&format!("{path}/cancel"), &Value::Null)
            .await
            .status,
        204
    );
    let shown = desk.get(&path).await.json();
    assert_eq!(
        (&shown["status"], &shown["remaining_authorized_amount"]),
        (&json!("CANCELLED"), &json!(0))
    );
    let again = desk.post(&format!("{path}/cancel"), &Value::Null).await;
    assert_eq!(again.error().1, "CANCEL_NOT_ALLOWED");
}
