//! The end of an authorization, and what happens at Klarna without us.

use kassa_gateway::payments::reconcile;
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

#[tokio::test]
async fn a_capture_and_a_refund_made_in_klarnas_portal_become_facts() {
    let shop = Shop::open().await;
    let order_id = shop.placed_order().await;
    let id = shop.klarna_order(&order_id).await["order_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = format!("/ordermanagement/v1/orders/{id}");
    let capture = json!({ "captured_amount": 900 });
    shop.klarna("POST", &format!("{path}/captures"), Some(capture))
        .await;
    let refund = json!({ "refunded_amount": 300 });
    shop.klarna("POST", &format!("{path}/refunds"), Some(refund))
        .await;
    let seen = reconcile::reconcile_order(&shop.gateway, &shop.realm, &order_id)
        .await
        .unwrap();
    assert_eq!(seen.facts.len(), 2);
    shop.books_agree(&order_id).await;
    let again = reconcile::reconcile_order(&shop.gateway, &shop.realm, &order_id)
        .await
        .unwrap();
    assert_eq!(again, reconcile::Reconciled::default());
}

#[tokio::test]
async fn reconciling_a_realm_says_what_was_different_and_then_nothing() {
    let shop = Shop::open().await;
    let order_id = shop.placed_order().await;
    let other = shop.placed_order().await;
    let id = shop.klarna_order(&order_id).await["order_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let cancel = format!("/ordermanagement/v1/orders/{id}/cancel");
    shop.klarna("POST", &cancel, None).await;
    let report = reconcile::reconcile_realm(&shop.gateway, &shop.realm)
        .await
        .unwrap();
    assert_eq!((report.read, &report.changed), (2, &vec![order_id.clone()]));
    assert_eq!(
        shop.status(&order_id).await,
        ("cancelled".into(), "voided".into())
    );
    assert_eq!(shop.status(&other).await.1, "authorized");
    let report = reconcile::reconcile_realm(&shop.gateway, &shop.realm)
        .await
        .unwrap();
    assert!(report.is_clean() && report.read == 2, "{report:?}");
}
