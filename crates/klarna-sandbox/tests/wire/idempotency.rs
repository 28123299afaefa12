//! What an idempotency key is compared within and what is kept under it: the two questions that switches answer.

use serde_json::{Value, json};

use crate::desk::{Answer, Desk, cart};

const KEY: [(&str, &str); 1] = [("Klarna-Idempotency-Key", "k-1")];

async fn call(desk: &Desk, order: &str, rest: &str, body: &Value) -> Answer {
    let path = format!("/ordermanagement/v1/orders/{order}{rest}");
    desk.call_with("POST", &path, body, &KEY).await
}

async fn captured(desk: &Desk, order: &str) -> Value {
    let path = format!("/ordermanagement/v1/orders/{order}");
    desk.get(&path).await.json()["captured_amount"].clone()
}

#[tokio::test]
async fn a_key_repeats_its_answer_over_operations_and_orders() {
    let desk = Desk::new();
    let (one, two) = (desk.order(&cart()).await, desk.order(&cart()).await);
    let body = json!({"captured_amount": 10});
    let first = call(&desk, &one, "/captures", &body).await;
    let other_order = call(&desk, &two, "/captures", &body).await;
    let other_call = call(&desk, &one, "/refunds", &json!({"refunded_amount": 5})).await;
    for answer in [other_order, other_call] {
        assert_eq!(answer.header("capture-id"), first.header("capture-id"));
        assert_eq!((answer.status, answer.text.as_str()), (201, ""));
    }
    assert_eq!(captured(&desk, &two).await, 0);
}

#[tokio::test]
async fn a_key_can_belong_to_an_operation_or_to_a_resource() {
    for (scope, other_order) in [("operation", 0), ("resource", 10)] {
        let desk = Desk::new();
        desk.switch(json!({"idempotency_scope": scope})).await;
        let (one, two) = (desk.order(&cart()).await, desk.order(&cart()).await);
        let body = json!({"captured_amount": 10});
        for order in [&one, &two, &one] {
            assert_eq!(call(&desk, order, "/captures", &body).await.status, 201);
        }
        assert_eq!(captured(&desk, &one).await, 10, "{scope}");
        assert_eq!(captured(&desk, &two).await, other_order, "{scope}");
        let refund = call(&desk, &one, "/refunds", &json!({"refunded_amount": 5})).await;
        assert!(refund.headers.contains_key("refund-id"), "{scope}");
    }
}

#[tokio::test]
async fn refusals_can_be_kept_too() {
    let desk = Desk::new();
    let order = desk.order(&cart()).await;
    desk.switch(json!({"keep_refusals_under_key": true})).await;
    let refused = call(
        &desk,
        &order,
        "/captures",
        &json!({"captured_amount": 99_999}),
    )
    .await;
    assert_eq!(refused.status, 403);
    let again = call(&desk, &order, "/captures", &json!({"captured_amount": 10})).await;
    assert_eq!(again.error(), refused.error());
}
