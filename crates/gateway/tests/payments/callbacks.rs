//! What Klarna calls: the closed browser, the second source of a lost placing, fraud decisions.

use kassa_gateway::GatewayError;
use kassa_gateway::payments::callback;
use kassa_klarna_api::{AuthorizationCallback, AuthorizationToken, FraudEvent, FraudNotification};
use kassa_storage::{Guard, OperationStatus, Put};
use serde_json::json;

use crate::shop::{Shop, refusal};

/// The ticket in the source's callback addresses.
async fn ticket(shop: &Shop, source: &str) -> String {
    let record = shop.record("klarna_payments", source).await.unwrap();
    format!(
        "{}~{}",
        shop.realm.as_str(),
        record.text("callback_secret").unwrap()
    )
}

async fn switch_on(shop: &Shop) {
    let method = shop.method("klarna_payments").await;
    let descriptor = &kassa_gateway::shop::resources::payment_method::DESCRIPTOR;
    let on = json!({ "auto_place": true });
    shop.update(&shop.back, descriptor, &method, on, &[])
        .await
        .unwrap();
}

fn approval(token: &str) -> AuthorizationCallback {
    AuthorizationCallback {
        authorization_token: AuthorizationToken::new(token),
        session_id: None,
    }
}

#[tokio::test]
async fn a_closed_browsers_order_is_placed_two_minutes_later() {
    let shop = Shop::open().await;
    switch_on(&shop).await;
    let order_id = shop.order(1).await;
    let source = shop.source(&order_id).await;
    let token = shop.approve(&source).await;
    let ticket = ticket(&shop, &source).await;
    callback::authorized(&shop.gateway, &source, &ticket, &approval(&token))
        .await
        .unwrap();
    let stored = shop.record("klarna_payments", &source).await.unwrap();
    assert_eq!(stored.text("auth_token"), Some(token.as_str()));
    shop.work().await;
    assert_eq!(shop.status(&order_id).await.0, "pending");
    shop.advance(121).await;
    shop.work().await;
    assert_eq!(shop.status(&order_id).await.0, "placed");
    assert_eq!(shop.klarna_orders(&order_id).await, 1);
    callback::authorized(&shop.gateway, &source, &ticket, &approval(&token))
        .await
        .unwrap();
}

#[tokio::test]
async fn the_browser_may_be_faster() {
    let shop = Shop::open().await;
    switch_on(&shop).await;
    let order_id = shop.order(1).await;
    let source = shop.source(&order_id).await;
    let token = shop.approve(&source).await;
    let ticket = ticket(&shop, &source).await;
    callback::authorized(&shop.gateway, &source, &ticket, &approval(&token))
        .await
        .unwrap();
    shop.send_token(&source, &token).await.unwrap();
    shop.place(&order_id).await.unwrap();
    shop.advance(121).await;
    shop.work().await;
    assert_eq!(shop.klarna_orders(&order_id).await, 1);
    assert_eq!(shop.operations(&order_id, "place_order").await.len(), 1);
}

#[tokio::test]
async fn without_the_switch_the_token_is_kept_and_nothing_is_placed() {
    let shop = Shop::open().await;
    let method = shop.method("klarna_payments").await;
    let descriptor = &kassa_gateway::shop::resources::payment_method::DESCRIPTOR;
    shop.update(
        &shop.back,
        descriptor,
        &method,
        json!({ "auto_place": false }),
        &[],
    )
    .await
    .unwrap();
    let order_id = shop.order(1).await;
    let source = shop.source(&order_id).await;
    let token = shop.approve(&source).await;
    let ticket = ticket(&shop, &source).await;
    callback::authorized(&shop.gateway, &source, &ticket, &approval(&token))
        .await
        .unwrap();
    shop.advance(121).await;
    shop.work().await;
    assert_eq!(shop.status(&order_id).await.0, "pending");
}

#[tokio::test]
async fn a_token_that_the_session_does_not_show_does_not_count() {
    let shop = Shop::open().await;
    let order_id = shop.order(1).await;
    let source = shop.source(&order_id).await;
    shop.approve(&source).await;
    let ticket = ticket(&shop, &source).await;
    let invented = approval("00000000-0000-4000-8000-000000000000");
    let told = callback::authorized(&shop.gateway, &source, &ticket, &invented).await;
    assert!(
        matches!(told, Err(GatewayError::NotFound { .. })),
        "{told:?}"
    );
    let stored = shop.record("klarna_payments", &source).await.unwrap();
    assert_eq!(stored.text("auth_token"), None);
}

#[tokio::test]
async fn a_wrong_secret_is_not_found() {
    let shop = Shop::open().await;
    let order_id = shop.order(1).await;
    let source = shop.source(&order_id).await;
    let token = shop.approve(&source).await;
    let wrong = format!("{}~{}", shop.realm.as_str(), "A".repeat(43));
    for ticket in [wrong.as_str(), "A", "", "other.test~x"] {
        let told = callback::authorized(&shop.gateway, &source, ticket, &approval(&token)).await;
        assert!(
            matches!(told, Err(GatewayError::NotFound { .. })),
            "{told:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_ends_a_placing_that_only_a_person_could_have_decided() {
    let shop = Shop::open().await;
    let order_id = shop.approved_order().await;
    let source = shop.record("orders", &order_id).await.unwrap();
    let source = source.text("payment_source_id").unwrap().to_owned();
    let ticket = ticket(&shop, &source).await;
    shop.place(&order_id).await.unwrap();
    let klarna_order = shop.klarna_order(&order_id).await["order_id"]
        .as_str()
        .unwrap()
        .to_owned();
    reopen(&shop, &order_id).await;
    let told = callback::pushed(
        &shop.gateway,
        &source,
        &ticket,
        "00000000-0000-4000-8000-000000000000",
    );
    assert!(matches!(told.await, Err(GatewayError::NotFound { .. })));
    callback::pushed(&shop.gateway, &source, &ticket, &klarna_order)
        .await
        .unwrap();
    assert_eq!(
        shop.last(&order_id, "place_order").await,
        OperationStatus::Succeeded
    );
    assert_eq!(shop.status(&order_id).await.0, "placed");
}

/// Puts the order back to where a lost answer leaves it, with a person asked.
async fn reopen(shop: &Shop, order_id: &str) {
    let mut operation = shop.operations(order_id, "place_order").await.remove(0);
    operation.status = OperationStatus::NeedsPerson;
    let mut order = shop.record("orders", order_id).await.unwrap();
    order.body.insert("status".to_owned(), "placing".into());
    order
        .body
        .insert("place_operation_id".to_owned(), operation.id.clone().into());
    order.body.remove("placed_at");
    let mut set = shop.gateway.change_set(&shop.realm);
    for row in shop.parts(order_id, "authorizations").await {
        set.deletes.push((row.key, Guard::ByRoot));
    }
    set.puts.push(Put {
        guard: Guard::At(order.version),
        record: order,
    });
    set.operations.push(operation);
    shop.gateway.commit_once(set).await.unwrap();
}

/// A placed order under review.
async fn pending_review(shop: &Shop) -> (String, String, String) {
    let order_id = shop.order(1).await;
    let source = shop.source(&order_id).await;
    let record = shop.record("klarna_payments", &source).await.unwrap();
    let path = format!(
        "/sandbox/v1/sessions/{}/shopper",
        record.text("session_id").unwrap()
    );
    let said = shop
        .klarna("POST", &path, Some(json!({ "action": "pend" })))
        .await;
    let token = said["authorization_token"]
        .as_str()
        .unwrap_or_else(|| panic!("{said}"))
        .to_owned();
    shop.send_token(&source, &token).await.unwrap();
    shop.place(&order_id).await.unwrap();
    let klarna_order = shop.klarna_order(&order_id).await["order_id"]
        .as_str()
        .unwrap()
        .to_owned();
    (order_id, source, klarna_order)
}

#[tokio::test]
async fn a_capture_is_refused_while_the_review_is_open() {
    let shop = Shop::open().await;
    let (order_id, _, _) = pending_review(&shop).await;
    let rows = shop.parts(&order_id, "authorizations").await;
    assert_eq!(rows[0].body["fraud_review"], "pending");
    refusal(shop.trigger(&order_id, "_capture").await);
    assert!(shop.operations(&order_id, "capture").await.is_empty());
}

#[tokio::test]
async fn a_notification_is_only_a_reason_to_read() {
    let shop = Shop::open().await;
    let (order_id, source, klarna_order) = pending_review(&shop).await;
    let ticket = ticket(&shop, &source).await;
    let accepted = FraudNotification {
        order_id: klarna_order,
        event_type: FraudEvent::FraudRiskAccepted,
    };
    callback::notified(&shop.gateway, &source, &ticket, &accepted)
        .await
        .unwrap();
    let rows = shop.parts(&order_id, "authorizations").await;
    assert_eq!(rows[0].body["fraud_review"], "pending");
}

#[tokio::test]
async fn a_stopped_order_is_given_up() {
    let shop = Shop::open().await;
    let order_id = shop.placed_order().await;
    let order = shop.record("orders", &order_id).await.unwrap();
    let source = order.text("payment_source_id").unwrap().to_owned();
    let ticket = ticket(&shop, &source).await;
    let stopped = FraudNotification {
        order_id: shop.klarna_order(&order_id).await["order_id"]
            .as_str()
            .unwrap()
            .to_owned(),
        event_type: FraudEvent::FraudRiskStopped,
    };
    callback::notified(&shop.gateway, &source, &ticket, &stopped)
        .await
        .unwrap();
    refusal(shop.trigger(&order_id, "_capture").await);
    shop.work().await;
    assert_eq!(
        shop.status(&order_id).await,
        ("cancelled".into(), "voided".into())
    );
    shop.books_agree(&order_id).await;
}
