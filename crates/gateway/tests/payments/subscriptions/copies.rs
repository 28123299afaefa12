//! Copies by hand: of an order, and of a subscription out of its rhythm.

use kassa_gateway::shop::resources;
use serde_json::{Value, json};

use super::*;
use crate::shop::refusal;

/// A copy of that order, carried to its end.
async fn copy(shop: &Shop, order_id: &str, options: Value) -> Record {
    let descriptor = &resources::order_copy::DESCRIPTOR;
    let links = [("source_order", "orders", order_id)];
    let made = make(shop, descriptor, options, &links).await.unwrap();
    assert_eq!(made.text("status"), Some("pending"));
    shop.work().await;
    shop.record("order_copies", &made.key.id).await.unwrap()
}

async fn target(shop: &Shop, copy: &Record) -> Record {
    let id = copy
        .text("target_order_id")
        .unwrap_or_else(|| panic!("{:?}", copy.body));
    shop.record("orders", id).await.unwrap()
}

#[tokio::test]
async fn a_copy_that_is_not_placed_is_a_pending_order_of_the_same_worth() {
    let mut shop = Shop::open().await;
    shop.sign_in().await;
    let order_id = shop.placed_order().await;
    let done = copy(&shop, &order_id, json!({})).await;
    assert_eq!(done.text("status"), Some("completed"));
    let order = target(&shop, &done).await;
    assert_eq!(order.text("status"), Some("pending"));
    assert_eq!(
        shop.payable(&order.key.id).await,
        shop.payable(&order_id).await
    );
    assert_eq!(order.text("order_subscription_id"), None);
    let shipments = shop.parts(&order.key.id, "shipments").await;
    assert!(shipments[0].text("shipping_method_id").is_some());
}

#[tokio::test]
async fn a_placed_copy_is_paid_by_the_wallet_and_may_replace_its_source() {
    let shop = open(model()).await;
    let (order_id, _) = subscribed(&shop, "weekly").await;
    let options = json!({ "place_target_order": true, "cancel_source_order": true });
    let done = copy(&shop, &order_id, options).await;
    assert_eq!(done.text("status"), Some("completed"), "{:?}", done.body);
    let order = target(&shop, &done).await;
    assert_eq!(order.text("status"), Some("placed"));
    shop.books_agree(&order.key.id).await;
    assert_eq!(shop.status(&order_id).await.0, "cancelled");
    shop.work().await;
    assert_eq!(
        rows(&shop, "order_subscriptions").await.len(),
        1,
        "a copy subscribes to nothing"
    );
}

#[tokio::test]
async fn without_anything_that_pays_a_copy_fails_and_keeps_its_order() {
    let mut shop = Shop::open().await;
    shop.sign_in().await;
    let order_id = shop.placed_order().await;
    for reuse in [true, false] {
        let options = json!({ "place_target_order": true, "reuse_wallet": reuse });
        let failed = copy(&shop, &order_id, options).await;
        assert_eq!(failed.text("status"), Some("failed"));
        assert!(failed.body["errors_log"]["payment_source"].is_array());
        assert_eq!(target(&shop, &failed).await.text("status"), Some("pending"));
    }
}

#[tokio::test]
async fn a_copy_by_hand_leaves_the_rhythm_of_its_subscription_alone() {
    let shop = open(model()).await;
    let (order_id, id) = subscribed(&shop, "weekly").await;
    let before = subscription(&shop, &id).await;
    let descriptor = &resources::recurring_order_copy::DESCRIPTOR;
    let links = [
        ("source_order", "orders", order_id.as_str()),
        ("order_subscription", "order_subscriptions", id.as_str()),
    ];
    let options = json!({ "place_target_order": true });
    let made = make(&shop, descriptor, options.clone(), &links)
        .await
        .unwrap();
    shop.work().await;
    let done = shop
        .record("recurring_order_copies", &made.key.id)
        .await
        .unwrap();
    assert_eq!(done.text("status"), Some("completed"), "{:?}", done.body);
    assert_eq!(renewals(&shop, &id).await.len(), 1);
    let after = subscription(&shop, &id).await;
    assert_eq!(after.body, before.body);
    change(&shop, &id, json!({ "_cancel": true }))
        .await
        .unwrap();
    let refused = make(&shop, descriptor, options, &links).await;
    assert!(refusal(refused).1.contains("order_subscription"));
}
