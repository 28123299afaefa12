//! The end of an authorization.

use kassa_storage::OperationStatus;
use serde_json::json;

use crate::shop::Shop;

const DAY: i64 = 24 * 3600;

#[tokio::test]
async fn an_authorization_is_extended_before_it_ends() {
    let shop = Shop::open().await;
    let order_id = shop.placed_order().await;
    shop.advance(26 * DAY).await;
    shop.work().await;
    assert_eq!(
        shop.last(&order_id, "extend_authorization").await,
        OperationStatus::Succeeded
    );
    shop.advance(4 * DAY).await;
    shop.work().await;
    assert_eq!(shop.klarna_order(&order_id).await["status"], "AUTHORIZED");
    shop.trigger(&order_id, "_capture").await.unwrap();
    shop.books_agree(&order_id).await;
}

#[tokio::test]
async fn an_expiry_is_folded_in_as_the_fact_it_is() {
    let shop = Shop::open().await;
    let order_id = shop.placed_order().await;
    let rule = json!({ "operation": "extend", "kind": "status_before", "status": 403, "times": 0 });
    shop.klarna("POST", "/sandbox/v1/faults", Some(rule)).await;
    shop.advance(26 * DAY).await;
    shop.work().await;
    shop.advance(4 * DAY).await;
    shop.work().await;
    assert_eq!(shop.klarna_order(&order_id).await["status"], "EXPIRED");
    assert_eq!(shop.status(&order_id).await.1, "voided");
    shop.books_agree(&order_id).await;
}

#[tokio::test]
async fn a_settled_order_is_watched_no_longer() {
    let shop = Shop::open().await;
    let order_id = shop.placed_order().await;
    shop.trigger(&order_id, "_capture").await.unwrap();
    shop.advance(40 * DAY).await;
    shop.work().await;
    assert!(
        shop.operations(&order_id, "extend_authorization")
            .await
            .is_empty()
    );
}
