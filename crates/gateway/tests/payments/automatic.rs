//! What happens without anybody asking: captures right after placing, fraud decisions, and what only a person can end.

use kassa_gateway::payments::callback;
use kassa_gateway::shop::resources;
use kassa_gateway::{Caller, GatewayError, jobs};
use kassa_klarna_api::{FraudEvent, FraudNotification};
use kassa_storage::OperationStatus;
use serde_json::{Value, json};

use crate::shop::{Shop, refusal};

async fn capture_automatically(shop: &Shop, most: Option<i64>) {
    let method = shop.method("klarna_payments").await;
    let on = json!({ "auto_capture": true, "auto_capture_max_amount_cents": most });
    let descriptor = &resources::payment_method::DESCRIPTOR;
    shop.update(&shop.back, descriptor, &method, on, &[])
        .await
        .unwrap();
}

#[tokio::test]
async fn a_method_that_captures_at_once_leaves_a_paid_order() {
    let shop = Shop::open().await;
    capture_automatically(&shop, None).await;
    let order_id = shop.placed_order().await;
    assert_eq!(
        shop.status(&order_id).await,
        ("placed".into(), "paid".into())
    );
    shop.books_agree(&order_id).await;
    shop.finish().await;
    assert_eq!(shop.operations(&order_id, "capture").await.len(), 1);
}

#[tokio::test]
async fn beyond_its_ceiling_it_does_not() {
    let shop = Shop::open().await;
    capture_automatically(&shop, Some(100)).await;
    let order_id = shop.placed_order().await;
    shop.finish().await;
    assert_eq!(
        shop.status(&order_id).await,
        ("placed".into(), "authorized".into())
    );
    let placing = &shop.operations(&order_id, "place_order").await[0];
    let reason = &placing.outcome.as_ref().unwrap()["capture_skipped"];
    assert!(
        reason
            .as_str()
            .unwrap()
            .contains("auto_capture_max_amount_cents 100"),
        "{reason}"
    );
}

#[tokio::test]
async fn an_automatic_capture_without_an_answer_is_finished_later() {
    let shop = Shop::open().await;
    capture_automatically(&shop, None).await;
    let order_id = shop.approved_order().await;
    let rule = json!({ "operation": "capture", "kind": "drop_after", "times": 3 });
    shop.klarna("POST", "/sandbox/v1/faults", Some(rule)).await;
    shop.place(&order_id).await.unwrap();
    shop.finish().await;
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

/// Nobody would ask again: the shopper has gone, and the office believes that it is automatic.
#[tokio::test]
async fn an_automatic_capture_that_klarna_turned_away_is_tried_again() {
    let shop = Shop::open().await;
    capture_automatically(&shop, None).await;
    let order_id = shop.approved_order().await;
    let limited =
        json!({ "operation": "capture", "kind": "status_before", "status": 429, "times": 0 });
    shop.klarna("POST", "/sandbox/v1/faults", Some(limited))
        .await;
    shop.place(&order_id).await.unwrap();
    assert_eq!(shop.status(&order_id).await.1, "authorized");
    shop.advance(61).await;
    shop.work().await;
    assert_eq!(
        shop.status(&order_id).await.1,
        "authorized",
        "the second time as well"
    );
    shop.no_faults().await;
    shop.advance(61).await;
    shop.work().await;
    assert_eq!(
        shop.status(&order_id).await.1,
        "authorized",
        "the wait has doubled"
    );
    shop.advance(60).await;
    shop.work().await;
    assert_eq!(shop.status(&order_id).await.1, "paid");
    shop.books_agree(&order_id).await;
    let captures = shop.operations(&order_id, "capture").await;
    assert_eq!(captures.len(), 3);
    shop.advance(7 * 3600).await;
    shop.work().await;
    assert_eq!(shop.operations(&order_id, "capture").await.len(), 3);
}

/// What Klarna has looked at and refused is for a person.
#[tokio::test]
async fn an_automatic_capture_that_klarna_refused_is_not_repeated() {
    let shop = Shop::open().await;
    capture_automatically(&shop, None).await;
    let order_id = shop.approved_order().await;
    let refused = json!({ "operation": "capture", "kind": "status_before", "status": 403 });
    shop.klarna("POST", "/sandbox/v1/faults", Some(refused))
        .await;
    shop.place(&order_id).await.unwrap();
    shop.advance(7 * 3600).await;
    shop.work().await;
    assert_eq!(shop.status(&order_id).await.1, "authorized");
    assert_eq!(shop.operations(&order_id, "capture").await.len(), 1);
}

/// Placed by Klarna's push, so nobody captured beside it: the timer that was written with the placing does.
#[tokio::test]
async fn an_order_that_a_push_placed_is_captured_by_its_timer() {
    let shop = Shop::open().await;
    capture_automatically(&shop, None).await;
    let order_id = shop.approved_order().await;
    let source = shop.record("orders", &order_id).await.unwrap();
    let source = source.text("payment_source_id").unwrap().to_owned();
    let record = shop.record("klarna_payments", &source).await.unwrap();
    let secret = record.text("callback_secret").unwrap();
    let ticket = format!("{}~{secret}", shop.realm.as_str());
    let rule = json!({ "operation": "place_order", "kind": "drop_after", "times": 0 });
    let id = crate::races::fault(&shop, rule).await;
    let placing = {
        let (gateway, caller, order_id) =
            (shop.gateway.clone(), shop.front.clone(), order_id.clone());
        tokio::spawn(async move {
            kassa_gateway::payments::place::place(&gateway, &caller, &order_id).await
        })
    };
    crate::races::hit(&shop, id).await;
    placing.abort();
    let _ = placing.await;
    shop.no_faults().await;
    let made = crate::person::made_at_klarna(&shop, &order_id).await;
    callback::pushed(&shop.gateway, &source, &ticket, &made)
        .await
        .unwrap();
    assert_eq!(shop.status(&order_id).await.1, "authorized");
    shop.finish().await;
    assert_eq!(shop.status(&order_id).await.1, "paid");
    shop.books_agree(&order_id).await;
}

/// A placed order under review that ends with `verdict` after a minute; its source, and its id at Klarna.
async fn under_review(shop: &Shop, verdict: &str) -> (String, String, String) {
    let order_id = shop.order(1).await;
    let source = shop.source(&order_id).await;
    let record = shop.record("klarna_payments", &source).await.unwrap();
    let path = format!(
        "/sandbox/v1/sessions/{}/shopper",
        record.text("session_id").unwrap()
    );
    let visit = json!({ "action": "pend", "minutes": 1, "decision": verdict });
    let said = shop.klarna("POST", &path, Some(visit)).await;
    let token = said["authorization_token"]
        .as_str()
        .unwrap_or_else(|| panic!("{said}"));
    shop.send_token(&source, token).await.unwrap();
    shop.place(&order_id).await.unwrap();
    let klarna_order = shop.klarna_order(&order_id).await["order_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let secret = record.text("callback_secret").unwrap();
    let ticket = format!("{}~{secret}", shop.realm.as_str());
    shop.advance(61).await;
    let event = FraudNotification {
        order_id: klarna_order.clone(),
        // What the event says does not matter: the order is read.
        event_type: FraudEvent::Other("SOMETHING".to_owned()),
    };
    callback::notified(&shop.gateway, &source, &ticket, &event)
        .await
        .unwrap();
    callback::notified(&shop.gateway, &source, &ticket, &event)
        .await
        .unwrap();
    (order_id, source, klarna_order)
}

async fn review(shop: &Shop, order_id: &str) -> Value {
    shop.parts(order_id, "authorizations").await[0].body["fraud_review"].clone()
}

#[tokio::test]
async fn an_accepted_order_can_be_captured() {
    let shop = Shop::open().await;
    let (order_id, _, _) = under_review(&shop, "accept").await;
    assert_eq!(review(&shop, &order_id).await, "accepted");
    shop.trigger(&order_id, "_capture").await.unwrap();
    shop.books_agree(&order_id).await;
}

#[tokio::test]
async fn an_accepted_order_of_a_method_that_captures_at_once_is_captured_then() {
    let shop = Shop::open().await;
    capture_automatically(&shop, None).await;
    let (order_id, _, _) = under_review(&shop, "accept").await;
    shop.work().await;
    assert_eq!(shop.status(&order_id).await.1, "paid");
    shop.books_agree(&order_id).await;
}

#[tokio::test]
async fn a_rejected_order_is_given_up_once() {
    let shop = Shop::open().await;
    let (order_id, _, _) = under_review(&shop, "reject").await;
    assert_eq!(review(&shop, &order_id).await, "rejected");
    refusal(shop.trigger(&order_id, "_capture").await);
    shop.work().await;
    assert_eq!(
        shop.status(&order_id).await,
        ("cancelled".into(), "voided".into())
    );
    assert_eq!(shop.parts(&order_id, "voids").await.len(), 1);
    shop.books_agree(&order_id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_used_by_somebody_else_meanwhile_goes_to_a_person() {
    let shop = Shop::open().await;
    let order_id = shop.order(1).await;
    let source = shop.source(&order_id).await;
    let token = shop.approve(&source).await;
    shop.send_token(&source, &token).await.unwrap();
    shop.fault("place_order", "hold_before").await;
    let placing = {
        let (gateway, caller, order_id) =
            (shop.gateway.clone(), shop.front.clone(), order_id.clone());
        tokio::spawn(async move {
            kassa_gateway::payments::place::place(&gateway, &caller, &order_id).await
        })
    };
    loop {
        let faults = shop.klarna("GET", "/sandbox/v1/faults", None).await;
        if faults["faults"][0]["hits"] == 1 {
            break;
        }
    }
    placing.abort();
    assert!(placing.await.unwrap_err().is_cancelled());
    let mut operation = shop.operations(&order_id, "place_order").await.remove(0);
    let body = operation.request["body"].as_str().unwrap();
    let mut other: Value = serde_json::from_str(body).unwrap();
    other["merchant_reference1"] = "somebody else".into();
    let path = format!("/payments/v1/authorizations/{token}/order");
    let placed = shop.klarna("POST", &path, Some(other)).await;
    assert!(placed["order_id"].is_string(), "{placed}");
    shop.no_faults().await;
    shop.finish().await;
    operation = shop.operations(&order_id, "place_order").await.remove(0);
    assert_eq!(
        operation.status,
        OperationStatus::NeedsPerson,
        "{:?}",
        operation.outcome
    );
    assert_eq!(shop.status(&order_id).await.0, "placing");
    let (word, _) = refusal(shop.place(&order_id).await);
    assert_eq!(word, "pending");
    assert!(!shop.ledger(&order_id).await.0.is_empty());
}

#[tokio::test]
async fn the_clock_moves_in_test_mode_only_and_remembers() {
    let shop = Shop::open().await;
    let before = shop.gateway.business_now(&shop.realm);
    jobs::clock::advance(&shop.gateway, &shop.back, 3600)
        .await
        .unwrap();
    assert!(
        shop.gateway
            .business_now(&shop.realm)
            .duration_since(before)
            .as_secs()
            >= 3600
    );
    let stored = jobs::clock::stored_offset(shop.gateway.store().as_ref())
        .await
        .unwrap();
    assert_eq!(stored, 3600);
    refusal(jobs::clock::advance(&shop.gateway, &shop.back, -1).await);
    refusal(jobs::clock::advance(&shop.gateway, &shop.back, i64::MAX).await);
    let live = Caller {
        realm: kassa_storage::Realm::new(shop.realm.organization(), false),
        ..shop.back.clone()
    };
    let denied = jobs::clock::advance(&shop.gateway, &live, 1).await;
    assert!(matches!(denied, Err(GatewayError::Denied(_))));
}

#[tokio::test]
async fn moving_the_clock_of_test_mode_leaves_live_mode_alone() {
    let shop = Shop::open().await;
    let live = kassa_storage::Realm::new(shop.realm.organization(), false);
    let in_an_hour = |realm: &kassa_storage::Realm| kassa_storage::Timer {
        id: "deadline".to_owned(),
        kind: "finish".to_owned(),
        subject: "nothing".to_owned(),
        payload: json!({}),
        due_at: shop.gateway.now_us(realm) + 3_600_000_000,
        attempts: 0,
    };
    for realm in [&shop.realm, &live] {
        let mut set = shop.gateway.change_set(realm);
        set.set_timer(in_an_hour(realm));
        shop.gateway.commit_once(set).await.unwrap();
    }
    let before = shop.gateway.business_now(&live);
    jobs::clock::advance(&shop.gateway, &shop.back, 30 * 86_400)
        .await
        .unwrap();
    let passed = shop.gateway.business_now(&live).duration_since(before);
    assert!(passed.as_secs() < 60, "{passed}");
    shop.work().await;
    jobs::recover(&shop.gateway).await.unwrap();
    for (realm, waiting) in [(&shop.realm, 0), (&live, 1)] {
        let scope = kassa_storage::Scope::realm(realm.clone());
        let mut snapshot = shop.gateway.snapshot(&scope).await.unwrap();
        let timers = snapshot.timers("nothing").await.unwrap();
        assert_eq!(timers.len(), waiting, "{}", realm.as_str());
    }
}
