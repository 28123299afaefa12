//! Customer tokens: made at placing when the session asked for one; the order never waits for them.

use std::sync::Arc;

use kassa_gateway::jobs;
use kassa_storage::OperationStatus;
use serde_json::json;

use crate::shop::Shop;

/// A shop with a signed-in customer and an approved order of something that recurs.
async fn subscribed() -> (Shop, String) {
    let mut shop = Shop::open().await;
    shop.sign_in().await;
    let line = json!({ "sku_code": shop.sku, "quantity": 1, "frequency": "monthly" });
    let order_id = shop.order_of(line).await;
    let source = shop.source(&order_id).await;
    let token = shop.approve(&source).await;
    shop.send_token(&source, &token).await.unwrap();
    (shop, order_id)
}

/// The recorded state of the order's customer token.
async fn state(shop: &Shop, order_id: &str) -> String {
    let order = shop.record("orders", order_id).await.unwrap();
    let source = order.text("payment_source_id").unwrap();
    let source = shop.record("klarna_payments", source).await.unwrap();
    let token = source
        .body
        .get("customer_token")
        .cloned()
        .unwrap_or_default();
    token["state"].as_str().unwrap_or("none").to_owned()
}

#[tokio::test]
async fn a_recurring_order_leaves_a_customer_token_sealed() {
    let (shop, order_id) = subscribed().await;
    shop.place(&order_id).await.unwrap();
    assert_eq!(state(&shop, &order_id).await, "created");
    assert_eq!(
        shop.last(&order_id, "customer_token").await,
        OperationStatus::Succeeded
    );
    let operation = shop.operations(&order_id, "customer_token").await.remove(0);
    let calls = &operation.outcome.unwrap()["calls"];
    assert_eq!(calls[0]["response"]["token_id"], "[hidden]");
}

#[tokio::test]
async fn a_refused_token_does_not_undo_the_order() {
    let (shop, order_id) = subscribed().await;
    let rule =
        json!({ "operation": "create_customer_token", "kind": "status_before", "status": 403 });
    shop.klarna("POST", "/sandbox/v1/faults", Some(rule)).await;
    shop.place(&order_id).await.unwrap();
    assert_eq!(state(&shop, &order_id).await, "refused");
    assert_eq!(shop.status(&order_id).await.0, "placed");
}

#[tokio::test]
async fn a_token_whose_answer_was_lost_is_a_recorded_state() {
    let (shop, order_id) = subscribed().await;
    shop.fault("create_customer_token", "drop_after").await;
    shop.place(&order_id).await.unwrap();
    shop.finish().await;
    assert_eq!(shop.status(&order_id).await.0, "placed");
    assert_eq!(state(&shop, &order_id).await, "lost");
    assert_eq!(shop.klarna_orders(&order_id).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_creation_killed_before_and_after_the_effect_ends_once() {
    for (kind, wanted) in [("hold_before", "created"), ("hold_after", "lost")] {
        let (shop, order_id) = subscribed().await;
        shop.fault("create_customer_token", kind).await;
        let shop = Arc::new(shop);
        let placing = {
            let (shop, order_id) = (Arc::clone(&shop), order_id.clone());
            tokio::spawn(async move { shop.place(&order_id).await })
        };
        loop {
            let faults = shop.klarna("GET", "/sandbox/v1/faults", None).await;
            if faults["faults"][0]["hits"] == 1 {
                break;
            }
        }
        placing.abort();
        assert!(placing.await.unwrap_err().is_cancelled());
        let shop = Arc::try_unwrap(shop).unwrap_or_else(|_| panic!("nobody else holds the shop"));
        let shop = shop.restart();
        // The held call of the dead process never has its effect.
        assert_eq!(shop.status(&order_id).await.0, "placed");
        jobs::recover(&shop.gateway).await.unwrap();
        assert_eq!(state(&shop, &order_id).await, wanted, "{kind}");
        shop.no_faults().await;
        shop.books_agree(&order_id).await;
    }
}
