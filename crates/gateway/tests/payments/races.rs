//! Two things at once, or in an unlucky order: what is still under way at Klarna is neither forgotten nor counted twice.

use std::sync::Arc;

use kassa_gateway::payments::{callback, capture, order_edit, payment_source, place, reconcile};
use kassa_gateway::shop::resources;
use kassa_gateway::{GatewayError, jobs};
use kassa_klarna_api::{AuthorizationCallback, AuthorizationToken, FraudEvent, FraudNotification};
use kassa_storage::{Operation, OperationStatus};
use serde_json::{Value, json};

use crate::shop::{Shop, refusal};

/// Adds a fault; its id.
/// Makes calls go wrong by `rule`; returns its id.
pub async fn fault(shop: &Shop, rule: Value) -> u64 {
    let made = shop.klarna("POST", "/sandbox/v1/faults", Some(rule)).await;
    made["id"].as_u64().unwrap_or_else(|| panic!("{made}"))
}

/// Waits until the rule with this id has hit.
pub async fn hit(shop: &Shop, id: u64) {
    loop {
        let listed = shop.klarna("GET", "/sandbox/v1/faults", None).await;
        let rules = listed["faults"].as_array().unwrap();
        let rule = rules.iter().find(|rule| rule["id"] == id).unwrap();
        if rule["hits"].as_u64().unwrap() > 0 {
            return;
        }
        tokio::task::yield_now().await;
    }
}

/// Starts a capture that `rule` hits, and cuts its caller off there.
async fn cut_capture(shop: &Shop, order_id: &str, rule: Value) -> u64 {
    let id = fault(shop, rule).await;
    let (gateway, caller) = (Arc::clone(&shop.gateway), shop.back.clone());
    let order = order_id.to_owned();
    let running =
        tokio::spawn(async move { capture::capture_order(&gateway, &caller, &order).await });
    hit(shop, id).await;
    running.abort();
    let _ = running.await;
    id
}

async fn captures(shop: &Shop, order_id: &str) -> (usize, usize) {
    let klarna = shop.klarna_order(order_id).await;
    let rows = shop.parts(order_id, "captures").await;
    let done = rows.iter().filter(|row| row.body["succeeded"] == true);
    (klarna["captures"].as_array().unwrap().len(), done.count())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_capture_under_way_is_not_taken_for_one_made_in_the_portal() {
    let shop = Shop::open().await;
    let order_id = shop.placed_order().await;
    // The books are being read while a capture starts and has its effect.
    let hold = fault(
        &shop,
        json!({ "operation": "read_order", "kind": "hold_before" }),
    )
    .await;
    let reading = {
        let (gateway, realm) = (Arc::clone(&shop.gateway), shop.realm.clone());
        let order_id = order_id.clone();
        tokio::spawn(async move { reconcile::reconcile_order(&gateway, &realm, &order_id).await })
    };
    hit(&shop, hold).await;
    let dropped = json!({ "operation": "capture", "kind": "drop_after", "times": 0 });
    cut_capture(&shop, &order_id, dropped).await;
    let release = format!("/sandbox/v1/faults/{hold}");
    shop.klarna("DELETE", &release, None).await;
    // It may have run out of its own time instead; then it says so and writes nothing.
    drop(reading.await.unwrap());
    shop.no_faults().await;
    shop.finish().await;
    assert_eq!(captures(&shop, &order_id).await, (1, 1));
    shop.books_agree(&order_id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rate_limit_says_nothing_about_the_attempt_before() {
    let shop = Shop::open().await;
    let order_id = shop.placed_order().await;
    let held = json!({ "operation": "capture", "kind": "hold_before" });
    cut_capture(&shop, &order_id, held).await;
    let limited =
        json!({ "operation": "capture", "kind": "status_before", "status": 429, "times": 0 });
    fault(&shop, limited).await;
    shop.finish().await;
    let status = shop.last(&order_id, "capture").await;
    assert_eq!(status, OperationStatus::Pending);
    shop.no_faults().await;
    shop.finish().await;
    shop.finish().await;
    assert_eq!(captures(&shop, &order_id).await, (1, 1));
    shop.books_agree(&order_id).await;
}

#[tokio::test]
async fn an_order_that_is_edited_keeps_its_way_to_klarna() {
    let shop = Shop::open().await;
    let order_id = shop.placed_order().await;
    order_edit::start_editing(&shop.gateway, &shop.back, &order_id)
        .await
        .unwrap();
    let order = shop.record("orders", &order_id).await.unwrap();
    let source = order.text("payment_source_id").unwrap().to_owned();
    let kind = "klarna_payments";
    let deleted = payment_source::delete_source(&shop.gateway, &shop.back, kind, &source).await;
    refusal(deleted);
    order_edit::stop_editing(&shop.gateway, &shop.back, &order_id)
        .await
        .unwrap();
    shop.trigger(&order_id, "_capture").await.unwrap();
    assert_eq!(captures(&shop, &order_id).await, (1, 1));
    shop.books_agree(&order_id).await;
}

#[tokio::test]
async fn an_approval_outlives_a_placing_that_never_reached_klarna() {
    let shop = Shop::open().await;
    let order_id = shop.approved_order().await;
    let limited =
        json!({ "operation": "place_order", "kind": "status_before", "status": 429, "times": 0 });
    fault(&shop, limited).await;
    refusal(shop.place(&order_id).await);
    assert_eq!(shop.status(&order_id).await.0, "pending");
    shop.no_faults().await;
    shop.place(&order_id).await.unwrap();
    assert_eq!(shop.klarna_orders(&order_id).await, 1);
    shop.books_agree(&order_id).await;
}

#[tokio::test]
async fn a_closed_browsers_order_is_tried_again_once_klarna_can_be_asked() {
    let shop = Shop::open().await;
    let method = shop.method("klarna_payments").await;
    let descriptor = &resources::payment_method::DESCRIPTOR;
    let on = json!({ "auto_place": true });
    shop.update(&shop.back, descriptor, &method, on, &[])
        .await
        .unwrap();
    let order_id = shop.order(1).await;
    let source = shop.source(&order_id).await;
    let token = shop.approve(&source).await;
    let record = shop.record("klarna_payments", &source).await.unwrap();
    let secret = record.text("callback_secret").unwrap();
    let ticket = format!("{}~{secret}", shop.realm.as_str());
    let approval = AuthorizationCallback {
        authorization_token: AuthorizationToken::new(token),
        session_id: None,
    };
    callback::authorized(&shop.gateway, &source, &ticket, &approval)
        .await
        .unwrap();
    let limited =
        json!({ "operation": "place_order", "kind": "status_before", "status": 429, "times": 0 });
    fault(&shop, limited).await;
    for _ in 0..2 {
        shop.advance(121).await;
        shop.work().await;
        assert_eq!(shop.status(&order_id).await.0, "pending");
    }
    shop.no_faults().await;
    shop.advance(121).await;
    shop.work().await;
    assert_eq!(shop.status(&order_id).await.0, "placed");
    assert_eq!(shop.klarna_orders(&order_id).await, 1);
    shop.books_agree(&order_id).await;
}

#[tokio::test]
async fn a_refused_approval_is_given_back() {
    let shop = Shop::open().await;
    let order_id = shop.approved_order().await;
    let refused = json!({ "operation": "place_order", "kind": "status_before", "status": 403 });
    fault(&shop, refused).await;
    refusal(shop.place(&order_id).await);
    shop.work().await;
    let status = shop.last(&order_id, "cancel_approval").await;
    assert_eq!(status, OperationStatus::Succeeded);
    refusal(shop.place(&order_id).await);
    assert_eq!(shop.klarna_orders(&order_id).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_refunds_of_one_capture_share_what_it_has() {
    let shop = Shop::open().await;
    let order_id = shop.placed_order().await;
    let total = shop.payable(&order_id).await;
    let authorization = shop.parts(&order_id, "authorizations").await.remove(0);
    let descriptor = &resources::authorization::DESCRIPTOR;
    for amount in [total / 2, total - total / 2] {
        let part = json!({ "_capture": true, "_capture_amount_cents": amount });
        shop.update(&shop.back, descriptor, &authorization.key.id, part, &[])
            .await
            .unwrap();
    }
    let capture = shop.parts(&order_id, "captures").await.remove(0).key.id;
    let descriptor = &resources::capture::DESCRIPTOR;
    let amount = total / 2 - 1;
    let part = || json!({ "_refund": true, "_refund_amount_cents": amount });
    let (one, other) = tokio::join!(
        shop.update(&shop.back, descriptor, &capture, part(), &[]),
        shop.update(&shop.back, descriptor, &capture, part(), &[]),
    );
    let done = usize::from(one.is_ok()) + usize::from(other.is_ok());
    assert_eq!(done, 1, "{one:?} {other:?}");
    let row = shop.record("captures", &capture).await.unwrap();
    assert_eq!(row.body["refund_amount_cents"], amount);
    shop.books_agree(&order_id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_not_edited_while_a_capture_is_open() {
    let shop = Shop::open().await;
    let order_id = shop.placed_order().await;
    let dropped = json!({ "operation": "capture", "kind": "drop_after", "times": 0 });
    cut_capture(&shop, &order_id, dropped).await;
    let started = order_edit::start_editing(&shop.gateway, &shop.back, &order_id).await;
    assert_eq!(refusal(started).0, "pending");
    shop.no_faults().await;
    shop.finish().await;
    assert_eq!(shop.status(&order_id).await.1, "paid");
    shop.books_agree(&order_id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_order_is_given_up_once_the_open_capture_is_decided() {
    let shop = Shop::open().await;
    let order_id = shop.placed_order().await;
    let dropped = json!({ "operation": "capture", "kind": "drop_before", "times": 0 });
    cut_capture(&shop, &order_id, dropped).await;
    let order = shop.record("orders", &order_id).await.unwrap();
    let source = order.text("payment_source_id").unwrap().to_owned();
    let record = shop.record("klarna_payments", &source).await.unwrap();
    let secret = record.text("callback_secret").unwrap();
    let ticket = format!("{}~{secret}", shop.realm.as_str());
    let stop = FraudNotification {
        order_id: record.text("klarna_order_id").unwrap().to_owned(),
        event_type: FraudEvent::FraudRiskStopped,
    };
    callback::notified(&shop.gateway, &source, &ticket, &stop)
        .await
        .unwrap();
    jobs::tick(&shop.gateway).await.unwrap();
    shop.no_faults().await;
    let refused =
        json!({ "operation": "capture", "kind": "status_before", "status": 403, "times": 0 });
    fault(&shop, refused).await;
    shop.finish().await;
    shop.finish().await;
    let status = shop.last(&order_id, "capture").await;
    assert_eq!(status, OperationStatus::Failed);
    let ended = ("cancelled".to_owned(), "voided".to_owned());
    assert_eq!(shop.status(&order_id).await, ended);
    shop.books_agree(&order_id).await;
}

#[tokio::test]
async fn a_persons_case_about_something_else_does_not_hide_what_klarna_shows() {
    let shop = Shop::open().await;
    let order_id = shop.placed_order().await;
    let mut set = shop.gateway.change_set(&shop.realm);
    set.operation(Operation {
        id: "lost".to_owned(),
        order_id: order_id.clone(),
        kind: "customer_token".to_owned(),
        status: OperationStatus::NeedsPerson,
        request: Value::Null,
        context: Value::Null,
        outcome: None,
        attempts: 1,
        created_at: 1,
        updated_at: 1,
    });
    shop.gateway.commit_once(set).await.unwrap();
    let id = shop.klarna_order(&order_id).await["order_id"].clone();
    let cancel = format!("/ordermanagement/v1/orders/{}/cancel", id.as_str().unwrap());
    shop.klarna("POST", &cancel, None).await;
    let seen = reconcile::reconcile_order(&shop.gateway, &shop.realm, &order_id).await;
    assert!(seen.unwrap().changed);
    assert_eq!(shop.status(&order_id).await.1, "voided");
    shop.books_agree(&order_id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_persons_case_ends_when_klarnas_books_show_it() {
    let shop = Shop::open().await;
    let order_id = shop.placed_order().await;
    let dropped = json!({ "operation": "capture", "kind": "drop_after", "times": 0 });
    cut_capture(&shop, &order_id, dropped).await;
    let mut open = shop.operations(&order_id, "capture").await.remove(0);
    open.status = OperationStatus::NeedsPerson;
    let mut set = shop.gateway.change_set(&shop.realm);
    set.operation(open);
    shop.gateway.commit_once(set).await.unwrap();
    let seen: Result<_, GatewayError> =
        reconcile::reconcile_order(&shop.gateway, &shop.realm, &order_id).await;
    assert!(seen.unwrap().changed);
    let status = shop.last(&order_id, "capture").await;
    assert_eq!(status, OperationStatus::Succeeded);
    assert_eq!(captures(&shop, &order_id).await, (1, 1));
    shop.books_agree(&order_id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operation_that_cannot_even_be_asked_about_ends_with_a_person() {
    let shop = Shop::open().await;
    let order_id = shop.placed_order().await;
    let dropped = json!({ "operation": "capture", "kind": "drop_before", "times": 0 });
    cut_capture(&shop, &order_id, dropped).await;
    let mut open = shop.operations(&order_id, "capture").await.remove(0);
    open.context["klarna_gateway_id"] = "gone".into();
    let mut set = shop.gateway.change_set(&shop.realm);
    set.operation(open);
    shop.gateway.commit_once(set).await.unwrap();
    shop.finish().await;
    let status = shop.last(&order_id, "capture").await;
    assert_eq!(status, OperationStatus::Pending);
    shop.advance(73 * 3600).await;
    shop.work().await;
    let status = shop.last(&order_id, "capture").await;
    assert_eq!(status, OperationStatus::NeedsPerson);
    let (_, sums) = shop.ledger(&order_id).await;
    assert_eq!(sums.captured, shop.payable(&order_id).await, "still held");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_merchants_books_prove_nothing_about_a_placing() {
    for changed in [false, true] {
        let shop = Shop::open().await;
        let order_id = shop.approved_order().await;
        let never = json!({ "operation": "place_order", "kind": "drop_before", "times": 0 });
        let id = fault(&shop, never).await;
        let running = {
            let (gateway, caller) = (Arc::clone(&shop.gateway), shop.front.clone());
            let order = order_id.clone();
            tokio::spawn(async move { place::place(&gateway, &caller, &order).await })
        };
        hit(&shop, id).await;
        running.abort();
        let _ = running.await;
        shop.no_faults().await;
        if changed {
            let open = shop.operations(&order_id, "place_order").await.remove(0);
            let gateway = open.context["klarna_gateway_id"]
                .as_str()
                .unwrap()
                .to_owned();
            let descriptor = &resources::klarna_gateway::DESCRIPTOR;
            let name = json!({ "name": "Another" });
            shop.update(&shop.back, descriptor, &gateway, name, &[])
                .await
                .unwrap();
        }
        let unknown = json!({ "operation": "place_order", "kind": "status_before", "status": 404 });
        fault(&shop, unknown).await;
        shop.finish().await;
        let status = shop.last(&order_id, "place_order").await;
        let expected = if changed {
            OperationStatus::NeedsPerson
        } else {
            OperationStatus::Failed
        };
        assert_eq!(status, expected, "{changed}");
    }
}

#[tokio::test]
async fn a_void_beside_an_amount_captures_nothing() {
    let shop = Shop::open().await;
    let order_id = shop.placed_order().await;
    let authorization = shop.parts(&order_id, "authorizations").await.remove(0);
    let id = authorization.key.id;
    let descriptor = &resources::authorization::DESCRIPTOR;
    let both = json!({ "_capture": true, "_void": true });
    refusal(shop.update(&shop.back, descriptor, &id, both, &[]).await);
    let void = json!({ "_void": true, "_capture_amount_cents": 500 });
    shop.update(&shop.back, descriptor, &id, void, &[])
        .await
        .unwrap();
    assert_eq!(captures(&shop, &order_id).await, (0, 0));
    assert_eq!(shop.status(&order_id).await.1, "voided");
    shop.books_agree(&order_id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_place_one_order_once() {
    for rule in [
        None,
        Some(json!({ "operation": "place_order", "kind": "hold_after", "hold_ms": 300 })),
        Some(json!({ "operation": "place_order", "kind": "hold_before", "hold_ms": 300 })),
    ] {
        let shop = Shop::open().await;
        let twin = Arc::new(shop.twin());
        let order_id = shop.approved_order().await;
        if let Some(rule) = rule.clone() {
            fault(&shop, rule).await;
        }
        let placings = (0..20).map(|number| {
            let gateway = if number % 2 == 0 {
                &shop.gateway
            } else {
                &twin
            };
            let (gateway, caller) = (Arc::clone(gateway), shop.front.clone());
            let order = order_id.clone();
            tokio::spawn(async move { place::place(&gateway, &caller, &order).await })
        });
        for placing in placings.collect::<Vec<_>>() {
            placing
                .await
                .unwrap()
                .unwrap_or_else(|error| panic!("{rule:?}: {error}"));
        }
        assert_eq!(shop.klarna_orders(&order_id).await, 1);
        assert_eq!(shop.status(&order_id).await.0, "placed");
        shop.books_agree(&order_id).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_finishers_end_an_operation_once() {
    let shop = Shop::open().await;
    let twin = shop.twin();
    let order_id = shop.placed_order().await;
    let dropped = json!({ "operation": "capture", "kind": "drop_after", "times": 0 });
    cut_capture(&shop, &order_id, dropped).await;
    shop.no_faults().await;
    for gateway in [&*shop.gateway, &twin] {
        gateway.business().advance(60);
    }
    let operation = shop.operations(&order_id, "capture").await.remove(0).id;
    let timer = kassa_storage::Timer {
        id: "second".to_owned(),
        kind: "finish".to_owned(),
        subject: operation,
        payload: json!({}),
        due_at: 0,
        attempts: 0,
    };
    let mut set = shop.gateway.change_set(&shop.realm);
    set.set_timer(timer);
    shop.gateway.commit_once(set).await.unwrap();
    let (one, other) = tokio::join!(jobs::tick(&shop.gateway), jobs::tick(&twin));
    one.unwrap();
    other.unwrap();
    assert_eq!(captures(&shop, &order_id).await, (1, 1));
    shop.books_agree(&order_id).await;
}

#[tokio::test]
async fn cancelling_what_the_portal_has_cancelled_is_done() {
    let shop = Shop::open().await;
    let order_id = shop.placed_order().await;
    let id = shop.klarna_order(&order_id).await["order_id"].clone();
    let cancel = format!("/ordermanagement/v1/orders/{}/cancel", id.as_str().unwrap());
    shop.klarna("POST", &cancel, None).await;
    shop.trigger(&order_id, "_cancel").await.unwrap();
    let ended = ("cancelled".to_owned(), "voided".to_owned());
    assert_eq!(shop.status(&order_id).await, ended);
    assert_eq!(shop.parts(&order_id, "voids").await.len(), 1);
    shop.books_agree(&order_id).await;
    let seen = reconcile::reconcile_order(&shop.gateway, &shop.realm, &order_id).await;
    assert!(!seen.unwrap().changed);
}

#[tokio::test]
async fn a_refused_capture_makes_the_books_be_read() {
    let shop = Shop::open().await;
    let order_id = shop.placed_order().await;
    let id = shop.klarna_order(&order_id).await["order_id"].clone();
    let cancel = format!("/ordermanagement/v1/orders/{}/cancel", id.as_str().unwrap());
    shop.klarna("POST", &cancel, None).await;
    refusal(shop.trigger(&order_id, "_capture").await);
    shop.work().await;
    let ended = ("cancelled".to_owned(), "voided".to_owned());
    assert_eq!(shop.status(&order_id).await, ended);
    shop.books_agree(&order_id).await;
}
