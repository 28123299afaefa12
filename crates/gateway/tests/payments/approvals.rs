//! Approvals that will not be used are given back at Klarna.

use kassa_gateway::shop::resources;
use kassa_storage::OperationStatus;
use serde_json::json;

use crate::shop::Shop;

/// Whether Klarna still takes the token.
async fn is_alive(shop: &Shop, token: &str) -> bool {
    let path = format!("/payments/v1/authorizations/{token}");
    shop.klarna("DELETE", &path, None).await.is_null()
}

async fn approved(shop: &Shop) -> (String, String, String) {
    let order_id = shop.order(1).await;
    let source = shop.source(&order_id).await;
    let token = shop.approve(&source).await;
    shop.send_token(&source, &token).await.unwrap();
    (order_id, source, token)
}

#[tokio::test]
async fn when_the_source_is_replaced() {
    let shop = Shop::open().await;
    let (order_id, old, token) = approved(&shop).await;
    let new = shop.source(&order_id).await;
    assert_ne!(old, new);
    assert!(shop.record("klarna_payments", &old).await.is_none());
    shop.work().await;
    assert_eq!(
        shop.last(&order_id, "cancel_approval").await,
        OperationStatus::Succeeded
    );
    assert!(!is_alive(&shop, &token).await);
}

#[tokio::test]
async fn when_the_amount_changes() {
    let shop = Shop::open().await;
    let (order_id, _, token) = approved(&shop).await;
    let line = json!({ "sku_code": shop.sku, "quantity": 1 });
    let order = [("order", "orders", order_id.as_str())];
    shop.create(&resources::line_item::DESCRIPTOR, line, &order)
        .await
        .unwrap();
    shop.work().await;
    assert_eq!(
        shop.last(&order_id, "cancel_approval").await,
        OperationStatus::Succeeded
    );
    assert!(!is_alive(&shop, &token).await);
}

#[tokio::test]
async fn when_the_order_is_deleted() {
    let shop = Shop::open().await;
    let (order_id, _, token) = approved(&shop).await;
    let descriptor = &resources::order::DESCRIPTOR;
    shop.gateway
        .delete(&shop.back, descriptor, &order_id)
        .await
        .unwrap();
    shop.work().await;
    assert!(!is_alive(&shop, &token).await);
}

#[tokio::test]
async fn also_when_klarna_cannot_be_reached_at_first() {
    let shop = Shop::open().await;
    let (order_id, _, token) = approved(&shop).await;
    shop.fault("cancel_authorization", "drop_before").await;
    shop.source(&order_id).await;
    shop.work().await;
    shop.no_faults().await;
    shop.finish().await;
    assert_eq!(
        shop.last(&order_id, "cancel_approval").await,
        OperationStatus::Succeeded
    );
    assert!(!is_alive(&shop, &token).await);
}

#[tokio::test]
async fn never_after_the_order_was_placed() {
    let shop = Shop::open().await;
    let order_id = shop.placed_order().await;
    shop.finish().await;
    assert!(
        shop.operations(&order_id, "cancel_approval")
            .await
            .is_empty()
    );
}
