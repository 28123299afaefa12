//! Worlds are loaded at their first call, leave the memory when idle, and lose nothing by it; long journals are cut.

use std::fs;
use std::path::Path;

use kassa_klarna_sandbox::SandboxConfig;
use serde_json::{Value, json};

use crate::desk::{Desk, USER, cart, config};
use crate::merchant::Merchant;

fn kept_in(directory: &Path) -> SandboxConfig {
    SandboxConfig {
        directory: Some(directory.to_owned()),
        ..config()
    }
}

async fn is_loaded(desk: &Desk, username: &str) -> bool {
    let listed = desk.get("/sandbox/v1/worlds?limit=1000").await.json();
    let listed = listed["worlds"].as_array().unwrap().clone();
    let found = listed.iter().find(|world| world["username"] == username);
    found.unwrap()["loaded"].as_bool().unwrap()
}

#[tokio::test]
async fn an_idle_world_leaves_the_memory_and_comes_back_as_it_was() {
    let directory = tempfile::tempdir().unwrap();
    let desk = Desk::open(kept_in(directory.path()));
    let world = desk.made(&json!({"username": "K_idle"})).await;
    assert!(!is_loaded(&desk, "K_idle").await);
    let session = world.session(&cart()).await;
    let token = world.approve(&session).await;
    world.advance(60).await;
    assert!(is_loaded(&desk, "K_idle").await);

    desk.clock.advance(29 * 60);
    desk.sandbox.tick().await;
    assert!(is_loaded(&desk, "K_idle").await);
    desk.clock.advance(2 * 60);
    desk.sandbox.tick().await;
    assert!(!is_loaded(&desk, "K_idle").await);
    assert!(directory.path().join("K_idle.snapshot").exists());

    // The browser side loads it as well as the merchant's.
    assert!(
        desk.sandbox
            .session_view(&session)
            .await
            .unwrap()
            .authorized
    );
    assert_eq!(world.place(&token, &cart()).await.status, 200);
    assert!(is_loaded(&desk, "K_idle").await);
    let clock = world.get("/sandbox/v1/clock").await.json();
    assert_eq!(clock["offset_seconds"], 60);
}

#[tokio::test]
async fn fault_rules_keep_a_world_in_memory() {
    let directory = tempfile::tempdir().unwrap();
    let desk = Desk::open(kept_in(directory.path()));
    let world = desk.made(&json!({"username": "K_faulty"})).await;
    world
        .post(
            "/sandbox/v1/faults",
            &json!({"operation": "*", "kind": "drop_after"}),
        )
        .await;
    desk.clock.advance(24 * 3600);
    desk.sandbox.tick().await;
    assert!(is_loaded(&desk, "K_faulty").await);
    world
        .call("DELETE", "/sandbox/v1/faults", &Value::Null)
        .await;
    desk.clock.advance(24 * 3600);
    desk.sandbox.tick().await;
    assert!(!is_loaded(&desk, "K_faulty").await);
}

#[tokio::test]
async fn a_world_in_memory_only_is_never_unloaded() {
    let desk = Desk::new();
    let world = desk.made(&json!({"username": "K_memory"})).await;
    let session = world.session(&cart()).await;
    desk.clock.advance(24 * 3600);
    desk.sandbox.tick().await;
    assert!(desk.sandbox.session_view(&session).await.is_some());
}

#[tokio::test]
async fn a_hosted_page_opens_after_a_restart_before_its_merchant_calls() {
    let directory = tempfile::tempdir().unwrap();
    let desk = Desk::open(kept_in(directory.path()));
    let session = desk.session(&cart()).await;
    let body = json!({
        "payment_session_url": format!("http://sandbox.test/payments/v1/sessions/{session}"),
        "merchant_urls": {"success": "https://shop.example/thanks"},
    });
    let page = desk.post("/hpp/v1/sessions", &body).await;
    assert_eq!(page.status, 201, "{}", page.text);
    let [shown, code] = ["redirect_url", "qr_code_url"].map(|name| {
        page.member(name)
            .trim_start_matches("http://sandbox.test")
            .to_owned()
    });
    drop(desk);
    let again = Desk::open(kept_in(directory.path()));
    assert_eq!(again.opened_by("").get(&shown).await.status, 200);
    drop(again);
    let again = Desk::open(kept_in(directory.path()));
    assert_eq!(again.opened_by("").get(&code).await.status, 200);
}

#[tokio::test]
async fn a_device_is_found_in_a_world_that_is_not_in_memory() {
    let directory = tempfile::tempdir().unwrap();
    let desk = Desk::open(kept_in(directory.path()));
    let world = desk.made(&json!({"username": "K_counter"})).await;
    let session = world.session(&cart()).await;
    let body = json!({"payment_session_url": format!("http://sandbox.test/payments/v1/sessions/{session}")});
    let page = world.post("/hpp/v1/sessions", &body).await;
    let access_id = "klarna:09f4a78d-d096-47d4-a0f6-abcf680c70fe";
    let sent = json!({"method": "token", "contact_information": {"access_id": access_id}});
    let id = page.member("session_id");
    let path = format!("/hpp/v1/sessions/{id}/distribution");
    assert_eq!(world.post(&path, &sent).await.status, 204);

    let device = format!("/hpp/devices/{access_id}");
    let led_to = page.member("redirect_url");
    desk.clock.advance(31 * 60);
    desk.sandbox.tick().await;
    assert!(!is_loaded(&desk, "K_counter").await);
    assert_eq!(
        desk.opened_by("").get(&device).await.header("location"),
        led_to
    );
    drop(desk);
    let again = Desk::open(kept_in(directory.path()));
    assert_eq!(
        again.opened_by("").get(&device).await.header("location"),
        led_to
    );
}

/// A cart whose order is pushed to this address.
fn pushed(url: &str) -> Value {
    let mut cart = cart();
    cart["merchant_urls"] = json!({"push": url, "notification": url});
    cart
}

#[tokio::test]
async fn a_callback_is_made_though_its_world_was_unloaded_or_never_called_again() {
    let directory = tempfile::tempdir().unwrap();
    let (merchant, address) = Merchant::open(&[]).await;
    let desk = Desk::open(kept_in(directory.path()));
    let world = desk.made(&json!({"username": "K_owing"})).await;
    let body = pushed(&format!("{address}/n"));
    let session = world.session(&body).await;
    let pend = json!({"action": "pend", "minutes": 120, "decision": "accept"});
    let token = world
        .shopper(&session, &pend)
        .await
        .member("authorization_token");
    assert_eq!(world.place(&token, &body).await.status, 200);
    desk.sandbox.tick().await;
    let before = merchant.heard().len();

    desk.clock.advance(31 * 60);
    let next = desk.sandbox.tick().await;
    assert!(!is_loaded(&desk, "K_owing").await);
    assert!(next.is_some());
    drop((world, desk));

    // A start finds it, and nobody has to call the world.
    let start: jiff::Timestamp = "2026-03-02T10:30:00Z".parse().unwrap();
    let desk = Desk::open_at(kept_in(directory.path()), start);
    desk.sandbox.tick().await;
    assert!(!is_loaded(&desk, "K_owing").await);
    desk.clock.advance(3601);
    desk.sandbox.tick().await;
    assert_eq!(merchant.heard().len(), before + 1);
}

#[tokio::test]
async fn a_long_journal_begins_anew_from_a_snapshot_and_nothing_is_lost() {
    let directory = tempfile::tempdir().unwrap();
    let mut short = kept_in(directory.path());
    short.compact_after = 20_000;
    let desk = Desk::open(short.clone());
    let mut orders = Vec::new();
    for _ in 0..40 {
        orders.push(desk.order(&cart()).await);
    }
    let path = directory.path().join(format!("{USER}.journal"));
    let header = || -> Value {
        let text = fs::read_to_string(&path).unwrap();
        serde_json::from_str(text.lines().next().unwrap()).unwrap()
    };
    // It is cut beside the calls; the last cut may still be under way.
    for _ in 0..1000 {
        if header()["generation"].as_u64() > Some(0) {
            break;
        }
        desk.order(&cart()).await;
    }
    assert_eq!(header()["base"], true);
    let captured = format!("/ordermanagement/v1/orders/{}/captures", orders[0]);
    desk.post(&captured, &json!({"captured_amount": 7})).await;
    let shown = desk
        .get(&format!("/ordermanagement/v1/orders/{}", orders[0]))
        .await
        .text;
    let listed = desk.get("/sandbox/v1/orders").await.text;
    drop(desk);

    let again = Desk::open(short);
    for order in &orders {
        assert_eq!(
            again
                .get(&format!("/ordermanagement/v1/orders/{order}"))
                .await
                .status,
            200
        );
    }
    let first = again
        .get(&format!("/ordermanagement/v1/orders/{}", orders[0]))
        .await;
    assert_eq!(first.text, shown);
    assert_eq!(again.get("/sandbox/v1/orders").await.text, listed);
}

#[tokio::test]
async fn a_snapshot_of_earlier_rules_is_where_a_world_starts_after_an_upgrade() {
    let directory = tempfile::tempdir().unwrap();
    let desk = Desk::open(kept_in(directory.path()));
    let order = desk.order(&cart()).await;
    desk.sandbox.clone().background(async {}).await;
    drop(desk);
    let path = directory.path().join(format!("{USER}.journal"));
    let text = fs::read_to_string(&path).unwrap();
    let rules = text
        .split("\"rules\":")
        .nth(1)
        .unwrap()
        .split(',')
        .next()
        .unwrap();
    // Entries before the snapshot are not looked at any more: under other rules they could lead elsewhere.
    let old = text
        .replacen(&format!("\"rules\":{rules}"), "\"rules\":0", 1)
        .replacen("\"seed\":", "\"dees\":", 1);
    assert_eq!(old.len(), text.len());
    fs::write(&path, old).unwrap();

    let again = Desk::open(kept_in(directory.path()));
    let found = again
        .get(&format!("/ordermanagement/v1/orders/{order}"))
        .await;
    assert_eq!(found.status, 200);
    let now = fs::read_to_string(&path).unwrap();
    assert!(now.contains(&format!("\"rules\":{rules}")) && now.contains("\"base\":true"));
}

#[tokio::test]
async fn an_expired_session_is_a_tombstone_that_says_so() {
    let desk = Desk::new();
    let session = desk.session(&cart()).await;
    desk.advance(49 * 3600).await;
    let view = desk.sandbox.session_view(&session).await.unwrap();
    assert!(view.expired && !view.completed && view.order_lines.is_null());
    let read = desk.get(&format!("/payments/v1/sessions/{session}")).await;
    assert_eq!(read.error().1, "NOT_FOUND");
}
