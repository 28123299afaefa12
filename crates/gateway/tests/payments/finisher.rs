//! The finisher ends whatever a process left half-way, once, and the books agree afterwards.

use std::sync::Arc;

use kassa_gateway::{GatewayError, jobs};
use kassa_storage::OperationStatus;
use serde_json::json;

use crate::shop::Shop;

/// Starts `trigger` and kills it while Klarna holds the call; returns once the intent is written.
async fn killed_mid_call(
    shop: Shop,
    order_id: &str,
    fault: (&str, &str),
    operation: &str,
    trigger: &str,
) -> Shop {
    shop.fault(fault.0, fault.1).await;
    let shop = Arc::new(shop);
    let running = {
        let (shop, order_id, trigger) =
            (Arc::clone(&shop), order_id.to_owned(), trigger.to_owned());
        tokio::spawn(async move {
            if trigger == "_place" {
                shop.place(&order_id).await
            } else {
                shop.trigger(&order_id, &trigger).await.map(drop)
            }
        })
    };
    while shop.operations(order_id, operation).await.is_empty() {
        tokio::task::yield_now().await;
    }
    // Lets the request reach Klarna before its sender dies.
    tokio::task::yield_now().await;
    let reached = async {
        loop {
            let faults = shop.klarna("GET", "/sandbox/v1/faults", None).await;
            if faults["faults"][0]["hits"] == 1 {
                break;
            }
        }
    };
    reached.await;
    running.abort();
    let ended: Result<Result<(), GatewayError>, _> = running.await;
    assert!(ended.unwrap_err().is_cancelled());
    let shop = Arc::try_unwrap(shop).unwrap_or_else(|_| panic!("nobody else holds the shop"));
    let shop = shop.restart();
    shop.no_faults().await;
    shop
}

#[tokio::test(flavor = "multi_thread")]
async fn a_placing_killed_before_and_after_the_effect_ends_placed_once() {
    for kind in ["hold_before", "hold_after"] {
        let shop = Shop::open().await;
        let order_id = shop.approved_order().await;
        let shop = killed_mid_call(
            shop,
            &order_id,
            ("place_order", kind),
            "place_order",
            "_place",
        )
        .await;
        assert_eq!(shop.status(&order_id).await.0, "placing");
        jobs::recover(&shop.gateway).await.unwrap();
        assert_eq!(
            shop.status(&order_id).await,
            ("placed".into(), "authorized".into()),
            "{kind}"
        );
        assert_eq!(shop.klarna_orders(&order_id).await, 1);
        shop.finish().await;
        shop.books_agree(&order_id).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_capture_killed_before_and_after_the_effect_happens_once() {
    for kind in ["hold_before", "hold_after"] {
        let shop = Shop::open().await;
        let order_id = shop.placed_order().await;
        let shop = killed_mid_call(shop, &order_id, ("capture", kind), "capture", "_capture").await;
        shop.finish().await;
        assert_eq!(shop.status(&order_id).await.1, "paid", "{kind}");
        assert_eq!(
            shop.klarna_order(&order_id).await["captures"]
                .as_array()
                .unwrap()
                .len(),
            1
        );
        assert_eq!(
            shop.last(&order_id, "capture").await,
            OperationStatus::Succeeded
        );
        shop.books_agree(&order_id).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_killed_before_and_after_the_effect_happens_once() {
    for kind in ["hold_before", "hold_after"] {
        let shop = Shop::open().await;
        let order_id = shop.placed_order().await;
        shop.trigger(&order_id, "_capture").await.unwrap();
        let shop = killed_mid_call(shop, &order_id, ("refund", kind), "refund", "_refund").await;
        shop.finish().await;
        assert_eq!(
            shop.status(&order_id).await,
            ("cancelled".into(), "refunded".into()),
            "{kind}"
        );
        assert_eq!(
            shop.klarna_order(&order_id).await["refunds"]
                .as_array()
                .unwrap()
                .len(),
            1
        );
        shop.books_agree(&order_id).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_void_killed_before_and_after_the_effect_happens_once() {
    for kind in ["hold_before", "hold_after"] {
        let shop = Shop::open().await;
        let order_id = shop.placed_order().await;
        let shop = killed_mid_call(shop, &order_id, ("cancel", kind), "cancel", "_cancel").await;
        shop.finish().await;
        assert_eq!(
            shop.status(&order_id).await,
            ("cancelled".into(), "voided".into()),
            "{kind}"
        );
        assert_eq!(shop.klarna_order(&order_id).await["status"], "CANCELLED");
        shop.books_agree(&order_id).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_capture_is_looked_up_by_its_reference_once_klarna_forgot_the_key() {
    let shop = Shop::open().await;
    let order_id = shop.placed_order().await;
    let shop = killed_mid_call(
        shop,
        &order_id,
        ("capture", "hold_after"),
        "capture",
        "_capture",
    )
    .await;
    shop.advance(25 * 3600).await;
    shop.work().await;
    assert_eq!(shop.status(&order_id).await.1, "paid");
    assert_eq!(
        shop.klarna_order(&order_id).await["captures"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    shop.books_agree(&order_id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_capture_that_never_arrived_is_given_up_once_klarna_forgot_the_key() {
    let shop = Shop::open().await;
    let order_id = shop.placed_order().await;
    let rule = json!({ "operation": "capture", "kind": "drop_before", "times": 0 });
    shop.klarna("POST", "/sandbox/v1/faults", Some(rule)).await;
    let running = {
        let gateway = Arc::clone(&shop.gateway);
        let (caller, order_id) = (shop.back.clone(), order_id.clone());
        tokio::spawn(async move {
            kassa_gateway::payments::capture::capture_order(&gateway, &caller, &order_id).await
        })
    };
    while shop.operations(&order_id, "capture").await.is_empty() {
        tokio::task::yield_now().await;
    }
    running.abort();
    let _ = running.await;
    shop.no_faults().await;
    shop.advance(25 * 3600).await;
    shop.work().await;
    assert_eq!(
        shop.last(&order_id, "capture").await,
        OperationStatus::Failed
    );
    assert_eq!(shop.status(&order_id).await.1, "authorized");
    shop.books_agree(&order_id).await;
    shop.trigger(&order_id, "_capture").await.unwrap();
    shop.books_agree(&order_id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn running_the_finisher_again_changes_nothing() {
    let shop = Shop::open().await;
    let order_id = shop.approved_order().await;
    let shop = killed_mid_call(
        shop,
        &order_id,
        ("place_order", "hold_after"),
        "place_order",
        "_place",
    )
    .await;
    let (one, other) = tokio::join!(jobs::recover(&shop.gateway), jobs::recover(&shop.gateway));
    one.unwrap();
    other.unwrap();
    let before = shop.record("orders", &order_id).await.unwrap();
    shop.finish().await;
    shop.finish().await;
    assert_eq!(shop.record("orders", &order_id).await.unwrap(), before);
    assert_eq!(shop.klarna_orders(&order_id).await, 1);
}
