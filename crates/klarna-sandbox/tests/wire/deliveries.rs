//! The delivery log: what was tried, what can be asked for, what is made again by hand, where callbacks may go.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use axum::response::Redirect;
use kassa_klarna_sandbox::CallbackTargets;
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::callbacks::cart_with;
use crate::desk::{Desk, config};
use crate::merchant::{Merchant, serve};

async fn approved(desk: &Desk, url: &str) -> String {
    let session = desk
        .session(&cart_with(json!({"authorization": url})))
        .await;
    desk.approve(&session).await;
    session
}

async fn listed(desk: &Desk, query: &str) -> Vec<Value> {
    let answer = desk.get(&format!("/sandbox/v1/deliveries{query}")).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["deliveries"].as_array().unwrap().clone()
}

#[tokio::test]
async fn the_log_has_time_status_duration_and_the_first_bytes_of_every_answer() {
    let long = Router::new().fallback(async || "x".repeat(100_000));
    let desk = Desk::new();
    approved(&desk, &serve(long).await).await;
    desk.sandbox.tick().await;
    let attempt = listed(&desk, "").await[0]["attempts"][0].clone();
    assert_eq!(attempt["at"], "2026-03-02T09:30:00Z");
    assert_eq!(attempt["status"], 200);
    assert_eq!(attempt["duration_us"], 0, "the test's clock stands still");
    assert_eq!(attempt["answer"].as_str().unwrap().len(), 512);
    assert_eq!(attempt["by_hand"], Value::Null);
}

#[tokio::test]
async fn the_log_is_filtered_by_subject_kind_and_state() {
    let (_merchant, address) = Merchant::open(&[]).await;
    let desk = Desk::new();
    let body = cart_with(json!({"authorization": address, "push": address}));
    let session = desk.session(&body).await;
    let token = desk.approve(&session).await;
    desk.sandbox.tick().await;
    let order = desk.place(&token, &body).await.member("order_id");
    for (query, count) in [
        (String::new(), 2),
        ("?kind=push".into(), 1),
        ("?state=delivered".into(), 1),
        ("?state=waiting&kind=push".into(), 1),
        ("?state=delivered&kind=push".into(), 0),
        (format!("?subject={order}"), 1),
        (format!("?subject={session}&kind=authorization"), 1),
        ("?limit=1".into(), 1),
    ] {
        assert_eq!(listed(&desk, &query).await.len(), count, "{query}");
    }
    for query in ["?kind=fax", "?state=gone", "?limit=x", "?colour=red"] {
        let answer = desk.get(&format!("/sandbox/v1/deliveries{query}")).await;
        assert_eq!(answer.status, 400, "{query}");
        let named = query.trim_start_matches('?').split('=').next().unwrap();
        assert!(answer.error().2.contains(named), "{}", answer.text);
    }
    let other = Desk {
        authorization: "Basic klarna_test_api_other".to_owned(),
        ..desk
    };
    assert!(listed(&other, "").await.is_empty());
}

#[tokio::test]
async fn a_callback_that_was_given_up_is_delivered_by_hand() {
    let (merchant, address) = Merchant::open(&[500; 4]).await;
    let desk = Desk::new();
    approved(&desk, &address).await;
    for _ in 0..4 {
        desk.sandbox.tick().await;
        desk.clock.advance(10);
    }
    assert_eq!(listed(&desk, "?state=given_up").await.len(), 1);
    let replayed = desk
        .post("/sandbox/v1/deliveries/1/replay", &Value::Null)
        .await;
    assert_eq!(replayed.status, 200, "{}", replayed.text);
    let shown = replayed.json();
    assert_eq!(shown["state"], "delivered");
    assert_eq!(shown["attempts"][4]["by_hand"], true);
    assert_eq!(merchant.heard().len(), 5);
    assert_eq!(merchant.heard()[4].1, merchant.heard()[0].1);
    assert_eq!(desk.get("/sandbox/v1/deliveries/1").await.json(), shown);
    let unknown = desk
        .post("/sandbox/v1/deliveries/9/replay", &Value::Null)
        .await;
    assert_eq!(unknown.status, 404);
}

#[tokio::test]
async fn a_refused_replay_takes_no_retry_away_and_a_delivered_callback_can_be_made_again() {
    let (merchant, address) = Merchant::open(&[500, 500, 500]).await;
    let desk = Desk::new();
    approved(&desk, &address).await;
    desk.sandbox.tick().await;
    let path = "/sandbox/v1/deliveries/1/replay";
    let waiting = desk.post(path, &Value::Null).await.json();
    assert_eq!(waiting["state"], "waiting");
    assert_eq!(waiting["due_at"], "2026-03-02T09:30:01Z");
    for (pause, heard) in [(1, 3), (1, 3), (1, 4)] {
        desk.clock.advance(pause);
        desk.sandbox.tick().await;
        assert_eq!(merchant.heard().len(), heard);
    }
    let again = desk.post(path, &Value::Null).await.json();
    assert_eq!(again["state"], "delivered");
    assert_eq!(merchant.heard().len(), 5);
}

#[tokio::test]
async fn a_replay_by_hand_survives_a_restart() {
    let (merchant, address) = Merchant::open(&[500]).await;
    let directory = tempfile::tempdir().unwrap();
    let open = || {
        let mut config = config();
        config.directory = Some(directory.path().to_owned());
        Desk::open(config)
    };
    let desk = open();
    approved(&desk, &address).await;
    desk.sandbox.tick().await;
    desk.post("/sandbox/v1/deliveries/1/replay", &Value::Null)
        .await;
    let before = listed(&desk, "").await;
    drop(desk);
    let desk = open();
    assert_eq!(listed(&desk, "").await, before);
    desk.clock.advance(10);
    desk.sandbox.tick().await;
    assert_eq!(merchant.heard().len(), 2, "delivered is delivered");
}

#[tokio::test]
async fn a_restart_between_two_attempts_goes_on_with_the_schedule() {
    let (merchant, address) = Merchant::open(&[500; 9]).await;
    let directory = tempfile::tempdir().unwrap();
    let mut config = config();
    config.directory = Some(directory.path().to_owned());
    let first = Desk::open(config.clone());
    approved(&first, &address).await;
    first.sandbox.tick().await;
    drop(first);
    // Attempts fall at 0, 1, 3 and 7 seconds, whoever makes them.
    for (second, heard) in [(0, 1), (1, 2), (2, 2), (3, 3), (6, 3), (7, 4), (60, 4)] {
        let desk = Desk::open(config.clone());
        desk.clock.advance(second);
        desk.sandbox.tick().await;
        assert_eq!(merchant.heard().len(), heard, "after {second} s");
    }
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let (merchant, address) = Merchant::open(&[]).await;
    let moved = Router::new().fallback(async move || Redirect::temporary(&address));
    let desk = Desk::new();
    approved(&desk, &serve(moved).await).await;
    desk.sandbox.tick().await;
    assert_eq!(listed(&desk, "").await[0]["attempts"][0]["status"], 307);
    assert!(merchant.heard().is_empty());
}

#[tokio::test]
async fn an_answer_without_an_end_is_cut_off() {
    let endless = Router::new().fallback(async || {
        let chunks = futures_util::stream::repeat_with(|| {
            Ok::<_, std::io::Error>(Bytes::from_static(&[b'y'; 1024]))
        });
        Body::from_stream(chunks)
    });
    let desk = Desk::new();
    approved(&desk, &serve(endless).await).await;
    desk.sandbox.tick().await;
    let delivery = listed(&desk, "").await[0].clone();
    assert_eq!(delivery["state"], "delivered");
    assert_eq!(
        delivery["attempts"][0]["answer"].as_str().unwrap().len(),
        512
    );
}

/// A sandbox whose callbacks go out in the background, beside a merchant that never answers.
#[tokio::test]
async fn a_merchant_that_never_answers_delays_no_other_world_and_no_other_callback() {
    let (quick, quick_address) = Merchant::open(&[]).await;
    let (_, stuck) = stuck().await;
    let desk = Desk::new();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let background = tokio::spawn(desk.sandbox.clone().background(async {
        // A dropped sender stops the loop as well.
        let _ = stopped.await;
    }));
    for _ in 0..8 {
        approved(&desk, &stuck).await;
    }
    approved(&desk, &quick_address).await;
    let other = Desk {
        authorization: "Basic klarna_test_api_other".to_owned(),
        ..desk
    };
    for _ in 0..20 {
        approved(&other, &stuck).await;
    }
    approved(&other, &quick_address).await;
    // The other world has more stuck callbacks than places, so only this world's is through before they time out.
    let heard = kassa_environment::timeout(Duration::from_secs(3), async {
        while quick.heard().is_empty() {
            tokio::task::yield_now().await;
        }
    });
    assert!(heard.await.is_ok(), "a stuck merchant delays another");
    assert_eq!(quick.heard().len(), 1);
    drop(stop);
    background.await.unwrap();
}

/// A merchant that takes every call and answers none, counting them.
async fn stuck() -> (Arc<AtomicUsize>, String) {
    let taken = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&taken);
    let router = Router::new().fallback(async move || {
        counter.fetch_add(1, Ordering::SeqCst);
        std::future::pending::<&'static str>().await
    });
    (taken, serve(router).await)
}

#[tokio::test]
async fn a_world_has_sixteen_callbacks_in_flight_and_an_answer_has_four_seconds() {
    let (taken, address) = stuck().await;
    let desk = Desk::new();
    for _ in 0..20 {
        approved(&desk, &address).await;
    }
    let sandbox = desk.sandbox.clone();
    let ticking = tokio::spawn(async move { sandbox.tick().await });
    while taken.load(Ordering::SeqCst) < 16 {
        tokio::task::yield_now().await;
    }
    let busy = desk
        .post("/sandbox/v1/deliveries/1/replay", &Value::Null)
        .await;
    assert_eq!(busy.status, 409, "it is being tried right now");
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
    assert_eq!(taken.load(Ordering::SeqCst), 16);
    while listed(&desk, "").await[19]["attempts"][0].is_null() {
        tokio::task::yield_now().await;
    }
    let first = listed(&desk, "").await[19].clone();
    assert_eq!(first["attempts"][0]["error"], "no answer in time");
    assert_eq!(first["state"], "waiting");
    ticking.abort();
}

#[tokio::test]
async fn a_callback_that_was_in_flight_at_a_crash_is_made_again() {
    let (taken, address) = stuck().await;
    let directory = tempfile::tempdir().unwrap();
    let mut config = config();
    config.directory = Some(directory.path().to_owned());
    let desk = Desk::open(config.clone());
    approved(&desk, &address).await;
    let sandbox = desk.sandbox.clone();
    let ticking = tokio::spawn(async move { sandbox.tick().await });
    while taken.load(Ordering::SeqCst) < 1 {
        tokio::task::yield_now().await;
    }
    ticking.abort();
    assert!(ticking.await.unwrap_err().is_cancelled());
    drop(desk);
    let desk = Desk::open(config);
    assert_eq!(listed(&desk, "?state=waiting").await.len(), 1);
    let sandbox = desk.sandbox.clone();
    let ticking = tokio::spawn(async move { sandbox.tick().await });
    while taken.load(Ordering::SeqCst) < 2 {
        tokio::task::yield_now().await;
    }
    ticking.abort();
}

async fn refused_by(url: &str) -> Value {
    let mut config = config();
    config.callback_targets = CallbackTargets::Public;
    let desk = Desk::open(config);
    approved(&desk, url).await;
    desk.sandbox.tick().await;
    desk.clock.advance(1);
    desk.sandbox.tick().await;
    listed(&desk, "").await[0].clone()
}

#[tokio::test]
async fn with_public_targets_nothing_inward_is_called_by_number_or_by_name() {
    let (merchant, address) = Merchant::open(&[]).await;
    let port = address.rsplit(':').next().unwrap();
    for host in [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "127.1",
        "169.254.169.254",
        "192.168.0.1",
        "224.0.0.1",
    ] {
        let delivery = refused_by(&format!("http://{host}:{port}/x")).await;
        let attempts = delivery["attempts"].as_array().unwrap();
        assert_eq!(attempts.len(), 2, "the retry is refused too: {delivery}");
        for attempt in attempts {
            let error = attempt["error"].as_str().unwrap();
            assert!(error.contains("no public address"), "{host}: {error}");
            assert!(error.contains("callback_targets"), "{host}: {error}");
            assert!(attempt["status"].is_null());
        }
    }
    assert!(merchant.heard().is_empty());
}

#[tokio::test]
async fn with_any_targets_a_name_that_resolves_to_loopback_is_called() {
    let (merchant, address) = Merchant::open(&[]).await;
    let desk = Desk::new();
    approved(&desk, &address.replace("127.0.0.1", "localhost")).await;
    desk.sandbox.tick().await;
    assert_eq!(merchant.heard().len(), 1);
}

#[tokio::test]
async fn a_callback_that_was_in_flight_at_a_restore_reports_to_nobody() {
    let (called, answered) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let slow = {
        let (called, answered) = (Arc::clone(&called), Arc::clone(&answered));
        move || async move {
            called.notify_one();
            answered.notified().await;
            StatusCode::NO_CONTENT
        }
    };
    let url = serve(Router::new().fallback(slow)).await;
    let desk = Desk::new();
    desk.order(&cart_with(json!({"push": url}))).await;
    desk.post("/sandbox/v1/snapshots", &json!({"name": "before"}))
        .await;
    let tick = desk.sandbox.tick();
    let restore = async {
        called.notified().await;
        let restored = desk
            .call("POST", "/sandbox/v1/snapshots/before/restore", &Value::Null)
            .await;
        assert_eq!(restored.status, 200, "{}", restored.text);
        // The callback of the world before ends now, and the restored world makes its own.
        answered.notify_one();
        called.notified().await;
        answered.notify_one();
    };
    tokio::join!(tick, restore);
    let listed = desk.get("/sandbox/v1/deliveries").await.json();
    let pushed = &listed["deliveries"][0];
    assert_eq!(pushed["state"], "delivered");
    assert_eq!(pushed["attempts"].as_array().unwrap().len(), 1, "{pushed}");
}
