//! Maintenance: for a span of the world's time everything is 503 and nothing is told.

use serde_json::{Value, json};

use crate::callbacks::cart_with;
use crate::desk::{Desk, cart};
use crate::fault_ways::call;
use crate::merchant::Merchant;

/// The desk's clock shows 09:30.
async fn window(desk: &Desk, from: &str, until: &str) {
    let at = |time: &str| format!("2026-03-02T{time}:00Z");
    let rule = json!({"kind": "maintenance", "from": at(from), "until": at(until)});
    let answer = desk.post("/sandbox/v1/faults", &rule).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
}

async fn is_closed(desk: &Desk, method: &str, path: &str) -> bool {
    let answer = desk.call(method, path, &Value::Null).await;
    let closed = answer.status == 503;
    if closed {
        // Customer tokens have a code of their own.
        let code = match path.starts_with("/customer-token") {
            true => "SERVICE_UNAVAILABLE",
            false => "TEMPORARILY_UNAVAILABLE",
        };
        assert_eq!(answer.error().1, code);
        assert!(answer.headers.contains_key("klarna-correlation-id"));
    }
    closed
}

#[tokio::test]
async fn a_window_closes_everything_from_its_first_to_its_last_second() {
    let desk = Desk::new();
    let order = format!("/ordermanagement/v1/orders/{}", desk.order(&cart()).await);
    let session = desk.session(&cart()).await;
    window(&desk, "10:00", "10:30").await;
    for (pause, closed) in [
        (0, false),
        (1799, false),
        (1, true),
        (1799, true),
        (1, false),
    ] {
        desk.advance(pause).await;
        for (method, path) in [
            ("GET", order.as_str()),
            ("POST", "/payments/v1/sessions"),
            ("GET", "/customer-token/v1/tokens/x"),
            ("GET", "/hpp/v1/sessions/x"),
            ("GET", "/payments/v1/nothing"),
        ] {
            assert_eq!(is_closed(&desk, method, path).await, closed, "{path}");
        }
        let visit = desk.shopper(&session, &json!({"action": "cancel"})).await;
        assert_eq!(visit.status == 503, closed, "{}", visit.text);
        let page = "/sandbox/v1/hpp-sessions/x/shopper";
        let visit = desk.post(page, &json!({"action": "approve"})).await;
        assert_eq!(visit.status, if closed { 503 } else { 404 });
        assert_eq!(desk.get("/sandbox/v1/clock").await.status, 200);
    }
    let logged = desk.get("/sandbox/v1/logs?q=read_order").await.json()["logs"].clone();
    assert_eq!(logged[1]["fault"], "maintenance");
    assert_eq!(logged[1]["fault_by"], "rule 1");
    assert_eq!(logged[0]["fault"], Value::Null);
    let rule = desk.get("/sandbox/v1/faults").await.json()["faults"][0].clone();
    assert_eq!(rule["hits"], 14, "five calls and two visits, twice");
}

#[tokio::test]
async fn callbacks_wait_until_the_window_is_over() {
    let (merchant, address) = Merchant::open(&[500]).await;
    let desk = Desk::new();
    let session = desk
        .session(&cart_with(json!({"authorization": address})))
        .await;
    desk.approve(&session).await;
    desk.sandbox.tick().await;
    assert_eq!(merchant.heard().len(), 1, "refused, so it will be repeated");
    window(&desk, "09:00", "10:00").await;
    desk.advance(10).await;
    let next = desk.sandbox.tick().await;
    assert_eq!(merchant.heard().len(), 1);
    let until = json!("2026-03-02T10:00:00Z");
    let world_is_ahead = 10;
    let next = next.unwrap() + jiff::SignedDuration::from_secs(world_is_ahead);
    assert_eq!(json!(next), until, "nothing to do before");
    let listed = desk.get("/sandbox/v1/deliveries").await.json();
    assert_eq!(listed["deliveries"][0]["held_until"], until);
    desk.advance(1790).await;
    desk.sandbox.tick().await;
    assert_eq!(merchant.heard().len(), 2);
}

#[tokio::test]
async fn a_removed_window_ends_at_once() {
    let (merchant, address) = Merchant::open(&[]).await;
    let desk = Desk::new();
    let session = desk
        .session(&cart_with(json!({"authorization": address})))
        .await;
    desk.approve(&session).await;
    window(&desk, "09:00", "23:00").await;
    desk.sandbox.tick().await;
    assert!(merchant.heard().is_empty());
    desk.call("DELETE", "/sandbox/v1/faults/1", &Value::Null)
        .await;
    desk.sandbox.tick().await;
    assert_eq!(merchant.heard().len(), 1);
}

#[tokio::test]
async fn a_late_approval_waits_too() {
    let (merchant, address) = Merchant::open(&[]).await;
    let desk = Desk::new();
    let body = cart_with(json!({"authorization": address}));
    let session = desk.session(&body).await;
    let late = json!({"action": "approve", "late_seconds": 60});
    desk.shopper(&session, &late).await;
    window(&desk, "09:31", "09:35").await;
    for (pause, heard) in [(60, 0), (239, 0), (1, 1)] {
        desk.advance(pause).await;
        desk.sandbox.tick().await;
        assert_eq!(merchant.heard().len(), heard, "after {pause}");
    }
}

#[tokio::test]
async fn under_a_seed_windows_come_by_themselves_and_at_the_same_times() {
    let closed = async |seed: u64| {
        let desk = Desk::new();
        let profile = json!({"seed": seed, "rates": {},
            "maintenance": {"every_minutes": 60, "lasts_minutes": 10}});
        desk.call("PUT", "/sandbox/v1/faults/profile", &profile)
            .await;
        let mut minutes = Vec::new();
        for minute in 0..240 {
            if is_closed(&desk, "GET", "/payments/v1/nothing").await {
                minutes.push(minute);
            }
            desk.advance(60).await;
        }
        minutes
    };
    let first = closed(1).await;
    assert_eq!(first, closed(1).await);
    assert_ne!(first, closed(2).await);
    assert!((30..=50).contains(&first.len()), "{first:?}");
}

#[tokio::test]
async fn a_window_is_no_matter_of_one_request() {
    let desk = Desk::new();
    let session = format!("/payments/v1/sessions/{}", desk.session(&cart()).await);
    let refused = call(&desk, "GET", &session, &Value::Null, "maintenance").await;
    assert_eq!(refused.status, 400);
}
