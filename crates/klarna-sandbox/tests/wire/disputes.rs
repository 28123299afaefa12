//! Disputes of the shoppers who are published for them.

use serde_json::{Value, json};

use crate::desk::Desk;
use crate::test_shoppers::small_cart;

const DAY: i64 = 24 * 3600;

/// An order of a shopper who disputes for this reason.
async fn disputed(desk: &Desk, reason: &str) -> String {
    let cart = small_cart("DE", "EUR");
    let session = desk.session(&cart).await;
    let email = format!("customer+de+disputed-{reason}@klarna.com");
    let visit = json!({"action": "approve", "billing_address": {"email": email}});
    let token = desk
        .shopper(&session, &visit)
        .await
        .member("authorization_token");
    desk.place(&token, &cart).await.member("order_id")
}

async fn manage(desk: &Desk, order: &str, call: &str, body: &Value) {
    let path = format!("/ordermanagement/v1/orders/{order}/{call}");
    let answer = desk.post(&path, body).await;
    assert!((200..300).contains(&answer.status), "{}", answer.text);
}

async fn disputes(desk: &Desk, order: &str) -> Vec<Value> {
    let answer = desk
        .get(&format!("/sandbox/v1/disputes?order_id={order}"))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["disputes"].as_array().unwrap().clone()
}

#[tokio::test]
async fn every_capture_of_a_disputing_shopper_is_disputed() {
    let desk = Desk::new();
    for reason in [
        "return",
        "goods_not_received",
        "already_paid",
        "faulty_goods",
        "incorrect_invoice",
        "unauthorized_purchase",
        "non_compliance",
        "non_guaranteed_payment_program",
        "return_not_possible",
    ] {
        let order = disputed(&desk, reason).await;
        assert!(disputes(&desk, &order).await.is_empty());
        manage(
            &desk,
            &order,
            "captures",
            &json!({"captured_amount": 20_000}),
        )
        .await;
        manage(&desk, &order, "captures", &json!({"captured_amount": 5000})).await;
        let found = disputes(&desk, &order).await;
        let amounts: Vec<_> = found
            .iter()
            .map(|dispute| &dispute["disputed_amount"])
            .collect();
        assert_eq!(found.len(), 2, "{reason}");
        assert!(amounts.contains(&&json!(20_000)) && amounts.contains(&&json!(5000)));
        for dispute in found {
            assert_eq!(dispute["reason"], reason);
            let state = match reason {
                "unauthorized_purchase" => "ARBITRATION_PENDING",
                _ => "PRE_ARBITRATION",
            };
            assert_eq!(dispute["state"], state);
        }
    }
}

#[tokio::test]
async fn an_unanswered_dispute_goes_to_arbitration_after_21_days_and_is_lost_after_34() {
    let desk = Desk::new();
    let order = disputed(&desk, "faulty_goods").await;
    manage(
        &desk,
        &order,
        "captures",
        &json!({"captured_amount": 50_000}),
    )
    .await;
    for (days, state, outcome) in [
        (21, "ARBITRATION_PENDING", Value::Null),
        (13, "CLOSED", json!("LOST")),
    ] {
        desk.advance(days * DAY).await;
        let found = disputes(&desk, &order).await;
        assert_eq!(
            (&found[0]["state"], &found[0]["outcome"]),
            (&json!(state), &outcome)
        );
    }
}

#[tokio::test]
async fn a_refund_of_the_disputed_amount_ends_the_dispute() {
    let desk = Desk::new();
    let order = disputed(&desk, "return").await;
    manage(
        &desk,
        &order,
        "captures",
        &json!({"captured_amount": 20_000}),
    )
    .await;
    manage(
        &desk,
        &order,
        "refunds",
        &json!({"refunded_amount": 19_999}),
    )
    .await;
    assert_eq!(disputes(&desk, &order).await[0]["state"], "PRE_ARBITRATION");
    manage(&desk, &order, "refunds", &json!({"refunded_amount": 1})).await;
    let ended = disputes(&desk, &order).await;
    assert_eq!(ended[0]["state"], "CLOSED");
    assert_eq!(ended[0]["closed_by"], "refund");
}

#[tokio::test]
async fn goods_that_were_shipped_win_the_dispute_about_their_arrival() {
    let desk = Desk::new();
    let order = disputed(&desk, "goods_not_received").await;
    let shipped = json!({"captured_amount": 50_000, "shipping_info": [{"shipping_company": "Post", "tracking_number": "1"}]});
    manage(&desk, &order, "captures", &shipped).await;
    desk.advance(34 * DAY).await;
    let ended = disputes(&desk, &order).await;
    assert_eq!(
        (&ended[0]["outcome"], &ended[0]["closed_by"]),
        (&json!("WON"), &json!("shipping_info"))
    );
}

#[tokio::test]
async fn a_high_risk_order_is_disputed_as_a_whole_and_ends_with_its_cancellation() {
    let desk = Desk::new();
    let order = disputed(&desk, "high_risk_order").await;
    let open = disputes(&desk, &order).await;
    assert_eq!(
        (&open[0]["capture_id"], &open[0]["disputed_amount"]),
        (&Value::Null, &json!(50_000))
    );
    assert_eq!(open[0]["state"], "ARBITRATION_PENDING");
    manage(&desk, &order, "cancel", &Value::Null).await;
    let ended = disputes(&desk, &order).await;
    assert_eq!(
        (&ended[0]["outcome"], &ended[0]["closed_by"]),
        (&json!("WON"), &json!("cancellation"))
    );

    let kept = disputed(&desk, "high_risk_order").await;
    manage(
        &desk,
        &kept,
        "captures",
        &json!({"captured_amount": 50_000}),
    )
    .await;
    desk.advance(13 * DAY).await;
    assert_eq!(disputes(&desk, &kept).await[0]["outcome"], "LOST");
}

#[tokio::test]
async fn other_shoppers_dispute_nothing_and_all_disputes_are_listed_oldest_first() {
    let desk = Desk::new();
    let peaceful = desk.order(&small_cart("DE", "EUR")).await;
    manage(
        &desk,
        &peaceful,
        "captures",
        &json!({"captured_amount": 50_000}),
    )
    .await;
    let mut orders = Vec::new();
    for reason in ["return", "already_paid"] {
        let order = disputed(&desk, reason).await;
        manage(
            &desk,
            &order,
            "captures",
            &json!({"captured_amount": 50_000}),
        )
        .await;
        desk.advance(60).await;
        orders.push(json!(order));
    }
    let listed = desk.get("/sandbox/v1/disputes").await.json();
    let of_orders: Vec<_> = listed["disputes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["order_id"].clone())
        .collect();
    assert_eq!(of_orders, orders);
}
