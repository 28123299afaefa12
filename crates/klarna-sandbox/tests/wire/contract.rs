//! What the sandbox sends, read with the wire types that the client uses. The sandbox itself does not use them, so a
//! field that one side misspells shows here.

use kassa_klarna_api as wire;
use serde_json::json;

use crate::desk::{Desk, cart};

#[tokio::test]
async fn every_answer_is_understood_by_the_wire_types() {
    let desk = Desk::new();
    let mut body = cart();
    body["intent"] = json!("buy_and_tokenize");
    let created = desk.post("/payments/v1/sessions", &body).await;
    let created: wire::SessionCreated = serde_json::from_str(&created.text).unwrap();
    let id = created.session_id;
    let token = desk.approve(&id).await;
    let read = desk.get(&format!("/payments/v1/sessions/{id}")).await;
    let _: wire::Session = serde_json::from_str(&read.text).unwrap();
    let placed = desk.place(&token, &cart()).await;
    let placed: wire::CreateOrderResponse = serde_json::from_str(&placed.text).unwrap();
    let order = placed.order_id;
    let creation = json!({"purchase_country": "SE", "purchase_currency": "SEK", "locale": "sv-SE",
        "intended_use": "SUBSCRIPTION", "description": "Coffee"});
    let made = desk
        .post(
            &format!("/payments/v1/authorizations/{token}/customer-token"),
            &creation,
        )
        .await;
    let made: wire::CustomerTokenCreated = serde_json::from_str(&made.text).unwrap();
    let read = desk
        .get(&format!(
            "/customer-token/v1/tokens/{}",
            made.token_id.expose_secret()
        ))
        .await;
    let _: wire::CustomerTokenRead = serde_json::from_str(&read.text).unwrap();

    let path = format!("/ordermanagement/v1/orders/{order}");
    desk.post(
        &format!("{path}/captures"),
        &json!({"captured_amount": 5000, "reference": "op-1"}),
    )
    .await;
    desk.post(
        &format!("{path}/refunds"),
        &json!({"refunded_amount": 100, "reference": "op-2"}),
    )
    .await;
    let shown: wire::Order = serde_json::from_str(&desk.get(&path).await.text).unwrap();
    assert_eq!(shown.captures.len(), 1);
    assert_eq!(shown.refunds.len(), 1);

    let refused = desk.post("/payments/v1/sessions", &json!({})).await;
    let refused: wire::ErrorBody = serde_json::from_str(&refused.text).unwrap();
    assert_eq!(refused.error_code, "BAD_VALUE");
}
