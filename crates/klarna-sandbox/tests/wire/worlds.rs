//! Worlds on the fly: who makes them, what is chosen for them, that they are isolated and repeatable.

use std::sync::Arc;

use kassa_environment::{ManualClock, SystemEntropy};
use kassa_klarna_sandbox::Sandbox;
use serde_json::{Value, json};

use crate::desk::{Answer, Desk, KEY, cart, config};

const WORLDS: &str = "/sandbox/v1/worlds";

#[tokio::test]
async fn a_world_made_on_the_fly_is_alone_with_its_orders_clock_and_faults() {
    let desk = Desk::new();
    let made = desk.post(WORLDS, &Value::Null).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let (username, password) = (made.member("username"), made.member("password"));
    let login = desk.logged_in(&username, &password);
    let world = desk.opened_by(&made.member("api_key"));
    let order = world.order(&cart()).await;
    let path = format!("/ordermanagement/v1/orders/{order}");
    assert_eq!(login.get(&path).await.status, 200);
    assert_eq!(desk.get(&path).await.status, 404);

    world.advance(3600).await;
    assert_eq!(
        desk.get("/sandbox/v1/clock").await.json()["offset_seconds"],
        0
    );
    let fault = json!({"operation": "*", "kind": "status_before", "times": 0});
    world.post("/sandbox/v1/faults", &fault).await;
    assert_eq!(world.get(&path).await.status, 500);
    assert_eq!(
        desk.get("/sandbox/v1/faults").await.json()["faults"],
        json!([])
    );
    let settings = json!({"account_period_days": 3});
    world.call("PATCH", "/sandbox/v1/settings", &settings).await;
    let others = desk.get("/sandbox/v1/settings").await.json();
    assert_eq!(others["account_period_days"], 28);
}

#[tokio::test]
async fn what_is_chosen_for_a_world_is_what_it_gets() {
    let desk = Desk::new();
    let chosen = json!({
        "name": "Shop of shops", "username": "K_chosen", "password": "a-password", "api_key": "a-key",
        "clock": {"at": "2024-02-29T12:00:00Z"}, "settings": {"account_period_days": 5},
    });
    let made = desk.post(WORLDS, &chosen).await;
    assert_eq!(
        made.json(),
        json!({"username": "K_chosen", "password": "a-password", "api_key": "a-key", "name": "Shop of shops",
            "seed": null})
    );
    let world = desk.logged_in("K_chosen", "a-password");
    assert_eq!(
        world.get("/sandbox/v1/clock").await.member("now"),
        "2024-02-29T12:00:00.000Z"
    );
    desk.clock.advance(10);
    assert_eq!(
        world.get("/sandbox/v1/clock").await.member("now"),
        "2024-02-29T12:00:10.000Z"
    );
    let session = world.session(&cart()).await;
    assert_eq!(
        desk.sandbox
            .session_view(&session)
            .await
            .unwrap()
            .merchant_name,
        "Shop of shops"
    );
    let order = world.order(&cart()).await;
    let order = world
        .get(&format!("/ordermanagement/v1/orders/{order}"))
        .await
        .json();
    assert_eq!(order["expires_at"], "2024-03-05T00:00:00.000Z");
}

#[tokio::test]
async fn ten_thousand_worlds_live_in_one_process() {
    let desk = Desk::new();
    let mut keys = Vec::new();
    for _ in 0..10_000 {
        keys.push(desk.post(WORLDS, &Value::Null).await.member("api_key"));
    }
    for key in keys.iter().step_by(2_500) {
        let world = desk.opened_by(key);
        let session = world.session(&cart()).await;
        let token = world.approve(&session).await;
        assert_eq!(world.place(&token, &cart()).await.status, 200);
        assert!(desk.sandbox.session_view(&session).await.unwrap().completed);
        assert_eq!(
            world.get("/sandbox/v1/orders").await.json()["orders"]
                .as_array()
                .unwrap()
                .len(),
            1
        );
    }
    let mut listed = 0;
    let mut path = format!("{WORLDS}?limit=1000");
    loop {
        let page = desk.get(&path).await.json();
        let worlds = page["worlds"].as_array().unwrap();
        listed += worlds.len();
        assert!(worlds.iter().all(|world| world.get("password").is_none()));
        match page["next"].as_u64() {
            Some(next) => path = format!("{WORLDS}?limit=1000&from={next}"),
            None => break,
        }
    }
    assert_eq!(listed, 10_000);
}

/// A sandbox on a machine of its own: another time, other chance.
fn machine(start: &str) -> Desk {
    let clock = Arc::new(ManualClock::new(start.parse().unwrap()));
    let sandbox = Sandbox::open(config(), clock.clone(), Arc::new(SystemEntropy)).unwrap();
    Desk::of(sandbox, clock)
}

/// A shop's day with its mistakes.
async fn day(world: &Desk) -> Vec<Answer> {
    let mut answers = Vec::new();
    let session = world.post("/payments/v1/sessions", &cart()).await;
    let session_id = session.member("session_id");
    answers.push(session);
    answers.push(
        world
            .post("/payments/v1/sessions", &json!({"purchase_country": "XX"}))
            .await,
    );
    answers.push(
        world
            .get(&format!("/payments/v1/sessions/{session_id}"))
            .await,
    );
    let approved = world
        .shopper(&session_id, &json!({"action": "approve"}))
        .await;
    let token = approved.member("authorization_token");
    answers.push(approved);
    let placed = world.place(&token, &cart()).await;
    let order = format!("/ordermanagement/v1/orders/{}", placed.member("order_id"));
    answers.push(placed);
    answers.push(world.get("/payments/v1/nothing").await);
    world.advance(60).await;
    let captures = format!("{order}/captures");
    answers.push(
        world
            .post(&captures, &json!({"captured_amount": 100}))
            .await,
    );
    answers.push(
        world
            .post(&captures, &json!({"captured_amount": 1_000_000}))
            .await,
    );
    answers.push(
        world
            .post(&format!("{order}/refunds"), &json!({"refunded_amount": 50}))
            .await,
    );
    answers.push(world.get(&order).await);
    let reset = world.post("/sandbox/v1/reset", &Value::Null).await;
    assert_eq!(reset.status, 204);
    answers.push(world.post("/payments/v1/sessions", &cart()).await);
    answers
}

#[tokio::test]
async fn a_seed_gives_the_same_bytes_on_any_machine() {
    let birth =
        json!({"seed": 42, "name": "CI", "clock": {"at": "2026-01-01T00:00:00Z", "frozen": true}});
    let (one, two) = (
        machine("2026-03-02T09:30:00Z"),
        machine("2031-07-01T00:00:00.123Z"),
    );
    two.order(&cart()).await;
    let one = day(&one.made(&birth).await).await;
    let two = day(&two.made(&birth).await).await;
    for (one, two) in one.iter().zip(&two) {
        assert_eq!(
            (one.status, &one.text, &one.headers),
            (two.status, &two.text, &two.headers)
        );
    }
    // After a reset the world begins again.
    assert_eq!(one[0].text, one[one.len() - 1].text);
}

#[tokio::test]
async fn another_seed_or_another_name_gives_other_identifiers() {
    let desk = Desk::new();
    let one = desk
        .made(&json!({"seed": 1, "name": "a"}))
        .await
        .session(&cart())
        .await;
    let two = desk
        .made(&json!({"seed": 2, "name": "a"}))
        .await
        .session(&cart())
        .await;
    let three = desk
        .made(&json!({"seed": 1, "name": "b"}))
        .await
        .session(&cart())
        .await;
    assert!(one != two && one != three);
    for (session, name) in [(&one, "a"), (&two, "a"), (&three, "b")] {
        assert_eq!(
            desk.sandbox
                .session_view(session)
                .await
                .unwrap()
                .merchant_name,
            name
        );
    }
    let twin = desk.post(WORLDS, &json!({"seed": 1, "name": "a"})).await;
    assert_eq!(twin.status, 409);
    assert!(
        twin.error().2.contains("choose another name"),
        "{}",
        twin.text
    );
}

#[tokio::test]
async fn reads_and_refusals_do_not_disturb_the_identifiers_of_a_seeded_world() {
    let (one, two) = (Desk::new(), Desk::new());
    let birth = json!({"seed": 9});
    let (one, two) = (one.made(&birth).await, two.made(&birth).await);
    for _ in 0..3 {
        two.get("/payments/v1/sessions/nobody").await;
        two.get("/payments/v1/nothing").await;
    }
    assert_eq!(one.session(&cart()).await, two.session(&cart()).await);
}

#[tokio::test]
async fn a_clock_that_stands_still_moves_when_it_is_told_to() {
    let desk = Desk::new();
    let world = desk.made(&json!({"clock": {"frozen": true}})).await;
    desk.clock.advance(1000);
    let shown = world.get("/sandbox/v1/clock").await;
    assert_eq!(
        (shown.member("now").as_str(), &shown.json()["frozen"]),
        ("2026-03-02T09:30:00.000Z", &json!(true))
    );
    world.advance(60).await;
    let run = world.post("/sandbox/v1/clock/run", &Value::Null).await;
    assert_eq!(run.member("now"), "2026-03-02T09:31:00.000Z");
    desk.clock.advance(5);
    assert_eq!(
        world.get("/sandbox/v1/clock").await.member("now"),
        "2026-03-02T09:31:05.000Z"
    );
    let frozen = world.post("/sandbox/v1/clock/freeze", &Value::Null).await;
    desk.clock.advance(5);
    let later = world.get("/sandbox/v1/clock").await;
    assert_eq!(later.member("now"), frozen.member("now"));
}

#[tokio::test]
async fn wrong_wishes_for_a_world_are_refused_with_their_names() {
    let desk = Desk::new();
    for (body, named) in [
        (json!({"seeds": 1}), "seeds"),
        (json!({"seed": -1}), "-1"),
        (json!({"username": "a/b"}), "username"),
        (json!({"username": "x"}), "username"),
        (json!({"password": "a b c"}), "password"),
        (json!({"api_key": ""}), "api_key"),
        (json!({"name": ""}), "name"),
        (json!({"clock": {"at": "soon"}}), "soon"),
        (json!({"settings": {"no_such": 1}}), "no_such"),
        (json!({"settings": {"account_period_days": 0}}), "settings"),
        (json!([]), "expected"),
    ] {
        let refused = desk.post(WORLDS, &body).await;
        assert_eq!(refused.status, 400, "{body}");
        assert!(
            refused.error().2.contains(named),
            "{body}: {}",
            refused.text
        );
    }
    for taken in [
        json!({"username": crate::desk::USER}),
        json!({"api_key": KEY}),
    ] {
        assert_eq!(desk.post(WORLDS, &taken).await.status, 409, "{taken}");
    }
}

#[tokio::test]
async fn with_an_admin_key_nothing_else_makes_worlds() {
    let mut with_key = config();
    with_key.admin_key = Some("the-admin-key".to_owned());
    let desk = Desk::open(with_key);
    assert_eq!(desk.post(WORLDS, &Value::Null).await.status, 401);
    assert_eq!(desk.get(WORLDS).await.status, 401);
    let admin = desk.opened_by("the-admin-key");
    let world = admin.made(&Value::Null).await;
    assert_eq!(world.post(WORLDS, &Value::Null).await.status, 401);
    assert_eq!(
        admin.get(WORLDS).await.json()["worlds"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(admin.get("/sandbox/v1/clock").await.status, 401);
    world.order(&cart()).await;
}

#[tokio::test]
async fn a_removed_world_is_gone_with_everything_in_it() {
    let directory = tempfile::tempdir().unwrap();
    let mut kept = config();
    kept.directory = Some(directory.path().to_owned());
    let desk = Desk::open(kept.clone());
    let chosen = json!({"username": "K_gone", "api_key": "key-of-gone"});
    let world = desk.made(&chosen).await;
    let session = world.session(&cart()).await;
    world
        .post("/sandbox/v1/snapshots", &json!({"name": "s"}))
        .await;
    let path = format!("{WORLDS}/K_gone");
    assert_eq!(desk.call("DELETE", &path, &Value::Null).await.status, 204);
    assert_eq!(world.get("/sandbox/v1/clock").await.status, 401);
    assert!(desk.sandbox.session_view(&session).await.is_none());
    assert_eq!(desk.call("DELETE", &path, &Value::Null).await.status, 404);
    let left = std::fs::read_dir(directory.path()).unwrap();
    let left: Vec<_> = left
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(
        !left.iter().any(|name| name.starts_with("K_gone")),
        "{left:?}"
    );
    // Those of the configuration stay.
    let configured = format!("{WORLDS}/{}", crate::desk::USER);
    assert_eq!(
        desk.call("DELETE", &configured, &Value::Null).await.status,
        404
    );

    let again = desk.made(&chosen).await;
    assert_eq!(
        again.get("/sandbox/v1/snapshots").await.json()["snapshots"],
        json!([])
    );
    drop((desk, world, again));
    let desk = Desk::open(kept);
    assert_eq!(
        desk.opened_by("key-of-gone")
            .get("/sandbox/v1/clock")
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn worlds_made_on_the_fly_survive_a_restart_called_or_not() {
    let directory = tempfile::tempdir().unwrap();
    let mut kept = config();
    kept.directory = Some(directory.path().to_owned());
    let birth = json!({"seed": 5, "name": "Kept", "settings": {"account_period_days": 2},
        "clock": {"at": "2026-01-01T00:00:00Z", "frozen": true}});
    let alone = Desk::new().made(&birth).await;
    let (first, second) = (alone.session(&cart()).await, alone.session(&cart()).await);

    let desk = Desk::open(kept.clone());
    let called = desk.post(WORLDS, &birth).await.member("api_key");
    assert_eq!(desk.opened_by(&called).session(&cart()).await, first);
    let silent = desk
        .post(WORLDS, &json!({"settings": {"account_period_days": 2}}))
        .await;
    drop(desk);

    let desk = Desk::open(kept);
    assert_eq!(desk.opened_by(&called).session(&cart()).await, second);
    let silent = desk.opened_by(&silent.member("api_key"));
    let settings = silent.get("/sandbox/v1/settings").await.json();
    assert_eq!(settings["account_period_days"], 2);
    let text = std::fs::read_to_string(directory.path().join("worlds.catalogue")).unwrap();
    assert!(!text.contains(&called), "a secret in {text}");
}
