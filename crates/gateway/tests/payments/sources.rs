//! Payment sources: both shapes, approvals, re-sync, refusals.

use kassa_gateway::shop::resources;
use kassa_gateway::{GatewayError, payments};
use serde_json::json;

use crate::shop::{Shop, draft, refusal};

#[tokio::test]
async fn a_new_source_answers_in_both_shapes() {
    let shop = Shop::open().await;
    let order_id = shop.order(1).await;
    let made = shop
        .create(
            &resources::klarna_payment::DESCRIPTOR,
            json!({}),
            &[("order", "orders", &order_id)],
        )
        .await
        .unwrap();
    assert!(made.text("client_token").is_some() && made.text("session_id").is_some());
    assert_eq!(made.body["payment_methods"][0]["identifier"], "klarna");
    let envelope = &made.body["payment_request_data"];
    assert_eq!(envelope["client_token"], made.body["client_token"]);
    assert_eq!(envelope["session_id"], made.body["session_id"]);
    assert_eq!(
        envelope["payment_method_categories"],
        made.body["payment_methods"]
    );
    assert_eq!(made.body["payment_response"], json!({}));
    let order = shop.record("orders", &order_id).await.unwrap();
    assert_eq!(order.text("payment_source_id"), Some(made.key.id.as_str()));
}

#[tokio::test]
async fn sending_the_token_echoes_it_and_keeps_the_session() {
    let shop = Shop::open().await;
    let order_id = shop.order(1).await;
    let source = shop.source(&order_id).await;
    let before = shop.record("klarna_payments", &source).await.unwrap();
    let amount = shop.payable(&order_id).await;
    let token = shop.approve(&source).await;
    let after = shop.send_token(&source, &token).await.unwrap();
    assert_eq!(after.body["auth_token"], token.as_str());
    assert!(after.body["payment_instrument"].is_object());
    assert_eq!(after.body["session_id"], before.body["session_id"]);
    assert_eq!(after.body["client_token"], before.body["client_token"]);
    assert_eq!(shop.payable(&order_id).await, amount);
    let order = shop.record("orders", &order_id).await.unwrap();
    assert_eq!(order.text("payment_source_id"), Some(source.as_str()));
    assert_eq!(shop.klarna_orders(&order_id).await, 0);
}

#[tokio::test]
async fn blank_and_endless_tokens_are_refused() {
    let shop = Shop::open().await;
    let order_id = shop.order(1).await;
    let source = shop.source(&order_id).await;
    for token in ["", "   ", &"x".repeat(256)] {
        let (_, field) = refusal(shop.send_token(&source, token).await);
        assert!(field.contains("auth_token"), "{field}");
    }
}

#[tokio::test]
async fn a_token_that_is_not_the_sessions_is_refused() {
    let shop = Shop::open().await;
    let order_id = shop.order(1).await;
    let source = shop.source(&order_id).await;
    let older = shop.approve(&source).await;
    let newest = shop.approve(&source).await;
    let (word, field) = refusal(shop.send_token(&source, &older).await);
    assert_eq!(word, "invalid");
    assert!(field.contains("auth_token"), "{field}");
    shop.send_token(&source, &newest).await.unwrap();
    shop.place(&order_id).await.unwrap();
}

#[tokio::test]
async fn a_token_sent_for_the_wrong_order_stays_its_own_orders() {
    let shop = Shop::open().await;
    let order_id = shop.order(1).await;
    let source = shop.source(&order_id).await;
    let token = shop.approve(&source).await;
    let wrong = shop.order(2).await;
    let other = shop.source(&wrong).await;
    // Its own session shows no approval, so nothing is known against the token yet.
    shop.send_token(&other, &token).await.unwrap();
    shop.send_token(&source, &token).await.unwrap();
    let (word, _) = refusal(shop.send_token(&other, &token).await);
    assert_eq!(word, "taken");
    refusal(shop.place(&wrong).await);
    shop.place(&order_id).await.unwrap();
}

#[tokio::test]
async fn the_source_of_a_placed_order_is_locked() {
    let shop = Shop::open().await;
    let order_id = shop.order(1).await;
    let source = shop.source(&order_id).await;
    let token = shop.approve(&source).await;
    shop.send_token(&source, &token).await.unwrap();
    shop.place(&order_id).await.unwrap();
    let (word, _) = refusal(shop.send_token(&source, "another").await);
    assert_eq!(word, "locked");
}

#[tokio::test]
async fn updating_brings_the_session_up_to_date() {
    let shop = Shop::open().await;
    let order_id = shop.order(1).await;
    let source = shop.source(&order_id).await;
    let update = json!({ "_update": true });
    let descriptor = &resources::klarna_payment::DESCRIPTOR;
    let after = shop
        .update(&shop.front, descriptor, &source, update, &[])
        .await
        .unwrap();
    assert_eq!(after.body["mismatched_amounts"], false);
    assert!(after.text("client_token").is_some());
}

#[tokio::test]
async fn an_expired_session_is_said_so() {
    let shop = Shop::open().await;
    let order_id = shop.order(1).await;
    let source = shop.source(&order_id).await;
    let token = shop.approve(&source).await;
    shop.advance(49 * 3600).await;
    let (word, _) = refusal(shop.send_token(&source, &token).await);
    assert_eq!(word, "expired");
}

#[tokio::test]
async fn an_expired_approval_is_said_so_and_nothing_is_asked() {
    let shop = Shop::open().await;
    let order_id = shop.approved_order().await;
    shop.advance(3601).await;
    let (word, _) = refusal(shop.place(&order_id).await);
    assert_eq!(word, "expired");
    assert!(shop.operations(&order_id, "place_order").await.is_empty());
}

#[tokio::test]
async fn other_source_types_name_external_payments() {
    let shop = Shop::open().await;
    let order_id = shop.order(1).await;
    for kind in [
        "adyen_payments",
        "axerve_payments",
        "braintree_payments",
        "checkout_com_payments",
        "paypal_payments",
        "stripe_payments",
        "satispay_payments",
    ] {
        let draft = draft(json!({}), &[("order", "orders", &order_id)]);
        let made =
            payments::payment_source::create_source(&shop.gateway, &shop.front, kind, &draft).await;
        let Err(GatewayError::Invalid(violations)) = made else {
            panic!("{kind} was taken");
        };
        assert!(
            violations[0].message.contains("external_payments"),
            "{violations:?}"
        );
    }
}

#[tokio::test]
async fn a_slow_or_failing_klarna_is_a_422_never_a_5xx() {
    let shop = Shop::open().await;
    let order_id = shop.order(1).await;
    let order = [("order", "orders", order_id.as_str())];
    for kind in ["status_before", "drop_before", "hold_before"] {
        let rule = json!({ "operation": "create_session", "kind": kind, "times": 0 });
        shop.klarna("POST", "/sandbox/v1/faults", Some(rule)).await;
        let made = shop
            .create(&resources::klarna_payment::DESCRIPTOR, json!({}), &order)
            .await;
        refusal(made);
        shop.no_faults().await;
    }
    shop.source(&order_id).await;
}
