//! Answers that are lost: whatever breaks off, and where, each effect happens once and is known in the end.

use std::sync::Arc;

use kassa_gateway::payments::person::{self, Finding, Resolution};
use kassa_gateway::payments::place;
use kassa_storage::OperationStatus;

use super::*;

/// Every call of one kind was the same call.
#[track_caller]
fn assert_one(own: &Own, asks: &str, times: usize) {
    let calls = own.acquirer.calls(asks);
    assert_eq!(calls.len(), times);
    for call in &calls {
        assert_eq!(call.body, calls[0].body, "the same bytes every time");
        assert_eq!(
            call.header("idempotency-key"),
            calls[0].header("idempotency-key")
        );
        call.verify(own.gateway.text("shared_secret").unwrap());
    }
    assert_eq!(own.acquirer.effects(asks), 1);
}

#[tokio::test]
async fn an_answer_lost_before_or_after_the_effect_is_asked_for_again() {
    for mode in [Mode::LostBefore, Mode::LostAfter, Mode::Status(503)] {
        let own = Own::open().await;
        let order_id = own.order().await;
        own.acquirer.script(&[mode]);
        own.shop.place(&order_id).await.unwrap();
        assert_one(&own, "authorize", 2);
        assert_eq!(
            own.shop.status(&order_id).await,
            states("placed", "authorized")
        );
        let operations = own.shop.operations(&order_id, "place_order").await;
        assert_eq!(operations.len(), 1);
    }
}

#[tokio::test]
async fn a_lost_capture_refund_and_void_happen_once() {
    let own = Own::open().await;
    let order_id = own.placed().await;
    own.acquirer.script(&[Mode::LostAfter]);
    own.shop.trigger(&order_id, "_capture").await.unwrap();
    assert_one(&own, "capture", 2);
    own.acquirer.script(&[Mode::LostBefore]);
    own.shop.trigger(&order_id, "_refund").await.unwrap();
    assert_one(&own, "refund", 2);
    assert_eq!(own.shop.status(&order_id).await.1, "refunded");
    let order_id = own.placed().await;
    own.acquirer.script(&[Mode::LostAfter]);
    own.shop.trigger(&order_id, "_cancel").await.unwrap();
    assert_one(&own, "void", 2);
    let (entries, _) = own.shop.ledger(&order_id).await;
    assert!(entries.iter().all(|entry| !entry.discrepancy));
}

#[tokio::test]
async fn a_closed_door_says_nothing_about_the_call_before() {
    for status in [401, 404, 429] {
        let own = Own::open().await;
        let order_id = own.order().await;
        own.acquirer
            .script(&[Mode::LostAfter, Mode::Status(status)]);
        own.shop.place(&order_id).await.unwrap();
        assert_one(&own, "authorize", 3);
    }
}

#[tokio::test]
async fn a_closed_door_at_once_is_a_clear_no() {
    let own = Own::open().await;
    let order_id = own.order().await;
    own.acquirer.script(&[Mode::Status(404)]);
    assert_eq!(refusal(own.shop.place(&order_id).await).0, "refused");
    assert_eq!(own.acquirer.calls("authorize").len(), 1);
    assert_eq!(own.shop.status(&order_id).await.0, "pending");
}

/// Places, and dies while the gateway keeps silent; the shop as it starts again.
async fn died(own: Own, order_id: &str) -> Own {
    own.acquirer.script(&[Mode::Silence]);
    let (gateway, front) = (Arc::clone(&own.shop.gateway), own.shop.front.clone());
    let order = order_id.to_owned();
    let placing = tokio::spawn(async move { place::place(&gateway, &front, &order).await });
    own.acquirer.something().await;
    placing.abort();
    let _ = placing.await;
    assert_eq!(own.shop.status(order_id).await.0, "placing");
    Own {
        shop: own.shop.restart(),
        ..own
    }
}

#[tokio::test]
async fn a_process_that_dies_in_the_middle_is_followed_by_the_finisher() {
    let own = Own::open().await;
    let order_id = own.order().await;
    let own = died(own, &order_id).await;
    own.shop.finish().await;
    assert_eq!(
        own.shop.status(&order_id).await,
        states("placed", "authorized")
    );
    assert_one(&own, "authorize", 2);
}

#[tokio::test]
async fn what_stays_unknown_for_days_is_a_persons_to_say() {
    let own = Own::open().await;
    let order_id = own.order().await;
    let own = died(own, &order_id).await;
    own.set(json!({ "_disable": true })).await.unwrap();
    own.acquirer.script(&[Mode::Status(500); 20]);
    own.shop.gateway.business().advance(73 * 3600);
    own.shop.work().await;
    let case = own
        .shop
        .operations(&order_id, "place_order")
        .await
        .remove(0);
    assert_eq!(case.status, OperationStatus::NeedsPerson);
    let said = Resolution {
        finding: Finding::Happened(Some("seen-1".to_owned())),
        by: "anna".to_owned(),
        why: "seen in the acquirer's portal".to_owned(),
    };
    person::resolve(&own.shop.gateway, &case.id, &said)
        .await
        .unwrap();
    assert_eq!(
        own.shop.status(&order_id).await,
        states("placed", "authorized")
    );
    let row = own.row(&order_id, "authorizations").await;
    assert_eq!(row.text("token"), Some("seen-1"));
}

#[tokio::test]
async fn another_amount_than_asked_for_is_looked_at_by_a_person() {
    let own = Own::open().await;
    let order_id = own.order().await;
    own.acquirer.script(&[Mode::Amount(1)]);
    assert_eq!(refusal(own.shop.place(&order_id).await).0, "pending");
    let case = own
        .shop
        .operations(&order_id, "place_order")
        .await
        .remove(0);
    assert_eq!(case.status, OperationStatus::NeedsPerson);
    let error = case.outcome.unwrap()["error"].to_string();
    assert!(error.contains("answered for 1 where"), "{error}");
    let said = Resolution {
        finding: Finding::DidNotHappen,
        by: "anna".to_owned(),
        why: "it was taken back there".to_owned(),
    };
    person::resolve(&own.shop.gateway, &case.id, &said)
        .await
        .unwrap();
    assert_eq!(own.shop.status(&order_id).await.0, "pending");
    own.shop.place(&order_id).await.unwrap();
}
