//! Faults of callbacks and of the shopper's approval, each by header, by rule and by seed.

use serde_json::{Value, json};

use crate::callbacks::cart_with;
use crate::desk::{Desk, cart, config};
use crate::fault_ways::{WAYS, Way, call, disarm};
use crate::hosted_page::{page_for, status_after};
use crate::merchant::Merchant;

/// Approves a session under a fault.
async fn approve(desk: &Desk, session: &str, fault: &str) -> Value {
    let path = format!("/sandbox/v1/sessions/{session}/shopper");
    let answer = call(desk, "POST", &path, &json!({"action": "approve"}), fault).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

/// An approval whose authorization callback is struck.
async fn struck(way: Way, desk: &Desk, address: &str, kind: &str, parameters: Value) {
    let session = desk
        .session(&cart_with(json!({"authorization": address})))
        .await;
    let fault = way.arm(desk, "authorization", kind, &parameters).await;
    approve(desk, &session, &fault).await;
    disarm(desk).await;
}

async fn delivery(desk: &Desk) -> Value {
    desk.get("/sandbox/v1/deliveries/1").await.json()
}

#[tokio::test]
async fn a_lost_callback_never_comes_and_is_not_repeated() {
    for way in WAYS {
        let (merchant, address) = Merchant::open(&[]).await;
        let desk = Desk::new();
        struck(way, &desk, &address, "callback_lost", json!({})).await;
        desk.advance(3600).await;
        desk.sandbox.tick().await;
        assert!(merchant.heard().is_empty(), "{way:?}");
        let shown = delivery(&desk).await;
        assert_eq!(shown["state"], "lost", "{way:?}");
        assert_eq!(shown["fault"], json!({"kind": "callback_lost"}));
        let found = desk
            .post("/sandbox/v1/deliveries/1/replay", &Value::Null)
            .await
            .json();
        assert_eq!(found["state"], "delivered", "found again by hand");
        assert_eq!(merchant.heard().len(), 1);
    }
}

#[tokio::test]
async fn a_delayed_callback_comes_later_on_the_worlds_clock() {
    for way in WAYS {
        let (merchant, address) = Merchant::open(&[]).await;
        let desk = Desk::new();
        let delay = json!({"delay_seconds": 90});
        struck(way, &desk, &address, "callback_delayed", delay).await;
        for (pause, heard) in [(0, 0), (89, 0), (1, 1), (600, 1)] {
            desk.advance(pause).await;
            desk.sandbox.tick().await;
            assert_eq!(merchant.heard().len(), heard, "{way:?} after {pause}");
        }
        let fault = json!({"kind": "callback_delayed", "seconds": 90});
        assert_eq!(delivery(&desk).await["fault"], fault);
    }
}

#[tokio::test]
async fn a_delay_in_a_range_is_drawn_from_the_seed() {
    let drawn = async |seed: u64| {
        let desk = Desk::new();
        let rule = json!({"kind": "callback_delayed", "seed": seed, "delay_seconds": 10, "delay_max_seconds": 5000});
        desk.post("/sandbox/v1/faults", &rule).await;
        let body = cart_with(json!({"authorization": "http://127.0.0.1:1/"}));
        let session = desk.session(&body).await;
        approve(&desk, &session, "").await;
        delivery(&desk).await["fault"]["seconds"].as_u64().unwrap()
    };
    assert_eq!(drawn(1).await, drawn(1).await);
    assert_ne!(drawn(1).await, drawn(2).await);
    assert!((10..=5000).contains(&drawn(3).await));
}

#[tokio::test]
async fn a_duplicated_callback_comes_again_after_it_was_accepted() {
    for way in WAYS {
        let (merchant, address) = Merchant::open(&[500, 200, 500]).await;
        let desk = Desk::new();
        let copies = json!({"copies": 2});
        struck(way, &desk, &address, "callback_duplicated", copies).await;
        desk.sandbox.tick().await;
        assert_eq!(merchant.heard().len(), 1, "{way:?}: refused once");
        desk.clock.advance(1);
        desk.sandbox.tick().await;
        desk.clock.advance(60);
        desk.sandbox.tick().await;
        let heard = merchant.heard();
        assert_eq!(heard.len(), 4, "{way:?}: accepted, and two copies");
        assert!(heard.iter().all(|one| *one == heard[0]));
        assert_eq!(delivery(&desk).await["state"], "delivered", "{way:?}");
    }
}

#[tokio::test]
async fn a_reordered_callback_comes_after_the_next_one() {
    for way in WAYS {
        let (merchant, address) = Merchant::open(&[]).await;
        let desk = Desk::new();
        let urls =
            json!({"authorization": format!("{address}/auth"), "push": format!("{address}/push")});
        let body = cart_with(urls);
        let session = desk.session(&body).await;
        let fault = way
            .arm(&desk, "authorization", "callback_reordered", &json!({}))
            .await;
        let token = approve(&desk, &session, &fault).await["authorization_token"].clone();
        desk.sandbox.tick().await;
        assert!(merchant.heard().is_empty(), "{way:?}");
        desk.place(token.as_str().unwrap(), &body).await;
        desk.sandbox.tick().await;
        let paths: Vec<String> = merchant.heard().into_iter().map(|(path, _)| path).collect();
        assert_eq!(paths, ["/push", "/auth"], "{way:?}");
    }
}

#[tokio::test]
async fn a_reordered_callback_that_nothing_overtakes_comes_after_its_delay() {
    for way in WAYS {
        let (merchant, address) = Merchant::open(&[]).await;
        let desk = Desk::new();
        struck(way, &desk, &address, "callback_reordered", json!({})).await;
        for (pause, heard) in [(59, 0), (1, 1)] {
            desk.advance(pause).await;
            desk.sandbox.tick().await;
            assert_eq!(merchant.heard().len(), heard, "{way:?} after {pause}");
        }
    }
}

#[tokio::test]
async fn the_header_on_a_call_of_the_api_strikes_the_callbacks_of_that_call() {
    let (merchant, address) = Merchant::open(&[]).await;
    let desk = Desk::new();
    let body = cart_with(json!({"push": address}));
    let session = desk.session(&body).await;
    let token = desk.approve(&session).await;
    let path = format!("/payments/v1/authorizations/{token}/order");
    let both = "callback_lost, status_after; status=503";
    assert_eq!(call(&desk, "POST", &path, &body, both).await.status, 503);
    desk.sandbox.tick().await;
    assert!(merchant.heard().is_empty());
    assert_eq!(delivery(&desk).await["state"], "lost");
    assert_eq!(desk.place(&token, &body).await.status, 200);
}

#[tokio::test]
async fn a_rule_counts_the_callbacks_of_its_kind() {
    let (merchant, address) = Merchant::open(&[]).await;
    let desk = Desk::new();
    let rule = json!({"kind": "callback_lost", "operation": "push", "nth": 2});
    desk.post("/sandbox/v1/faults", &rule).await;
    let body = cart_with(json!({"authorization": address, "push": address}));
    for _ in 0..3 {
        desk.order(&body).await;
    }
    desk.sandbox.tick().await;
    assert_eq!(merchant.heard().len(), 5);
    let lost = desk
        .get("/sandbox/v1/deliveries?state=lost&kind=push")
        .await
        .json();
    assert_eq!(lost["deliveries"][0]["id"], 4);
    let rule = desk.get("/sandbox/v1/faults").await.json()["faults"][0].clone();
    assert_eq!((&rule["seen"], &rule["hits"]), (&json!(3), &json!(1)));
}

#[tokio::test]
async fn what_was_struck_stays_struck_after_a_restart_and_rules_do_not_stay() {
    let (merchant, address) = Merchant::open(&[]).await;
    let directory = tempfile::tempdir().unwrap();
    let mut config = config();
    config.directory = Some(directory.path().to_owned());
    let desk = Desk::open(config.clone());
    let rule = json!({"kind": "callback_delayed", "delay_seconds": 60, "times": 0});
    desk.post("/sandbox/v1/faults", &rule).await;
    let body = cart_with(json!({"authorization": address}));
    let session = desk.session(&body).await;
    desk.approve(&session).await;
    drop(desk);
    let desk = Desk::open(config);
    desk.sandbox.tick().await;
    assert!(merchant.heard().is_empty());
    assert_eq!(
        desk.get("/sandbox/v1/faults").await.json()["faults"],
        json!([])
    );
    desk.advance(60).await;
    desk.sandbox.tick().await;
    assert_eq!(merchant.heard().len(), 1);
    desk.approve(&session).await;
    desk.sandbox.tick().await;
    assert_eq!(merchant.heard().len(), 2, "the new one is on time");
}

async fn session_shows(desk: &Desk, session: &str) -> Value {
    let path = format!("/payments/v1/sessions/{session}");
    desk.get(&path).await.json()["authorization_token"].clone()
}

#[tokio::test]
async fn a_refused_shopper_is_approved_later_and_the_callback_tells_it() {
    for way in WAYS {
        let (merchant, address) = Merchant::open(&[]).await;
        let desk = Desk::new();
        let body = cart_with(json!({"authorization": address}));
        let session = desk.session(&body).await;
        let delay = json!({"delay_seconds": 120});
        let fault = way
            .arm(&desk, "shopper", "late_authorization", &delay)
            .await;
        let refused = approve(&desk, &session, &fault).await;
        assert_eq!(refused, json!({"approved": false, "show_form": false}));
        disarm(&desk).await;
        desk.advance(119).await;
        desk.sandbox.tick().await;
        assert!(merchant.heard().is_empty(), "{way:?}");
        assert_eq!(session_shows(&desk, &session).await, Value::Null);
        desk.advance(1).await;
        desk.sandbox.tick().await;
        let told: Value = serde_json::from_str(&merchant.heard()[0].1).unwrap();
        assert_eq!(told["session_id"], session, "{way:?}");
        let token = told["authorization_token"].as_str().unwrap();
        assert_eq!(session_shows(&desk, &session).await, token);
        assert_eq!(desk.place(token, &body).await.status, 200, "{way:?}");
        let logged = desk.get("/sandbox/v1/logs?q=shopper").await.json()["logs"][0].clone();
        assert_eq!(logged["fault"], "late_authorization");
        assert_eq!(logged["fault_by"], way.shown());
    }
}

#[tokio::test]
async fn a_late_approval_survives_a_restart_and_is_for_the_cart_that_was_seen() {
    let (merchant, address) = Merchant::open(&[]).await;
    let directory = tempfile::tempdir().unwrap();
    let mut config = config();
    config.directory = Some(directory.path().to_owned());
    let desk = Desk::open(config.clone());
    let body = cart_with(json!({"authorization": address}));
    let session = desk.session(&body).await;
    approve(&desk, &session, "late_authorization; delay_seconds=30").await;
    let mut other = body.clone();
    other["order_lines"][1]["name"] = json!("Express");
    let path = format!("/payments/v1/sessions/{session}");
    assert_eq!(desk.post(&path, &other).await.status, 204);
    drop(desk);
    let desk = Desk::open(config);
    desk.advance(30).await;
    desk.sandbox.tick().await;
    let told: Value = serde_json::from_str(&merchant.heard()[0].1).unwrap();
    let token = told["authorization_token"].as_str().unwrap();
    assert_eq!(desk.place(token, &other).await.status, 409);
}

#[tokio::test]
async fn an_ordinary_approval_takes_the_place_of_a_late_one() {
    let (merchant, address) = Merchant::open(&[]).await;
    let desk = Desk::new();
    let body = cart_with(json!({"authorization": address}));
    let session = desk.session(&body).await;
    approve(&desk, &session, "late_authorization").await;
    let token = desk.approve(&session).await;
    desk.advance(3600 - 1).await;
    desk.sandbox.tick().await;
    assert_eq!(merchant.heard().len(), 1);
    assert_eq!(desk.place(&token, &body).await.status, 200);
}

#[tokio::test]
async fn a_late_approval_comes_to_nothing_when_its_session_is_over() {
    let (merchant, address) = Merchant::open(&[]).await;
    let desk = Desk::new();
    let body = cart_with(json!({"authorization": address}));
    let session = desk.session(&body).await;
    approve(&desk, &session, "late_authorization; delay_seconds=172800").await;
    desk.advance(48 * 3600).await;
    desk.sandbox.tick().await;
    assert!(merchant.heard().is_empty());
    let wrong = json!({"action": "approve", "late_seconds": 172_801});
    let fresh = desk.session(&cart()).await;
    assert_eq!(desk.shopper(&fresh, &wrong).await.status, 400);
}

#[tokio::test]
async fn a_fault_of_the_api_does_not_strike_the_shopper() {
    let desk = Desk::new();
    let session = desk.session(&cart()).await;
    let path = format!("/sandbox/v1/sessions/{session}/shopper");
    let body = json!({"action": "approve"});
    let refused = call(&desk, "POST", &path, &body, "status_before").await;
    assert_eq!(refused.status, 400);
    assert!(refused.error().2.contains("status_before"));
}

#[tokio::test]
async fn on_a_hosted_page_too_the_shopper_is_approved_later() {
    let (merchant, address) = Merchant::open(&[]).await;
    let desk = Desk::new();
    let body = cart_with(json!({"authorization": address}));
    let page = page_for(&desk, &body, json!({})).await;
    let rule = json!({"kind": "late_authorization"});
    desk.post("/sandbox/v1/faults", &rule).await;
    assert_eq!(status_after(&desk, &page, "approve").await, "FAILED");
    desk.advance(60).await;
    desk.sandbox.tick().await;
    let told: Value = serde_json::from_str(&merchant.heard()[0].1).unwrap();
    let token = told["authorization_token"].as_str().unwrap();
    assert_eq!(desk.place(token, &body).await.status, 200);
}

#[tokio::test]
async fn the_status_callback_of_a_hosted_page_is_struck_by_its_name() {
    let (merchant, address) = Merchant::open(&[]).await;
    let desk = Desk::new();
    let rule = json!({"kind": "callback_lost", "operation": "status_update", "times": 0});
    desk.post("/sandbox/v1/faults", &rule).await;
    let urls = json!({"merchant_urls": {"status_update": address}});
    let page = page_for(&desk, &cart(), urls).await;
    status_after(&desk, &page, "open").await;
    desk.sandbox.tick().await;
    assert!(merchant.heard().is_empty());
    let lost = desk.get("/sandbox/v1/deliveries?state=lost").await.json();
    assert_eq!(lost["deliveries"][0]["kind"], "status_update");
}
