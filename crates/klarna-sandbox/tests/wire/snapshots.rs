//! Named snapshots: the world exactly as it was, here or elsewhere.

use serde_json::{Value, json};

use crate::desk::{Desk, cart, config};

const SNAPSHOTS: &str = "/sandbox/v1/snapshots";

async fn take(desk: &Desk, name: &str) {
    let taken = desk.post(SNAPSHOTS, &json!({"name": name})).await;
    assert_eq!(taken.status, 201, "{}", taken.text);
}

async fn restore(desk: &Desk, name: &str) {
    let restored = desk
        .post(&format!("{SNAPSHOTS}/{name}/restore"), &Value::Null)
        .await;
    assert_eq!(restored.status, 200, "{}", restored.text);
    assert_eq!(restored.json()["same_rules"], true);
}

#[tokio::test]
async fn restoring_puts_orders_clock_and_switches_back() {
    let desk = Desk::new();
    desk.advance(100).await;
    let order = desk.order(&cart()).await;
    let path = format!("/ordermanagement/v1/orders/{order}");
    let before = desk.get(&path).await.text;
    take(&desk, "before").await;

    let amount = json!({"captured_amount": 100});
    desk.post(&format!("{path}/captures"), &amount).await;
    let later = desk.order(&cart()).await;
    desk.advance(9000).await;
    desk.call(
        "PATCH",
        "/sandbox/v1/settings",
        &json!({"rate_limits": true}),
    )
    .await;
    restore(&desk, "before").await;

    assert_eq!(desk.get(&path).await.text, before);
    let gone = desk
        .get(&format!("/ordermanagement/v1/orders/{later}"))
        .await;
    assert_eq!(gone.status, 404);
    let clock = desk.get("/sandbox/v1/clock").await.json();
    assert_eq!(clock["offset_seconds"], 100);
    let settings = desk.get("/sandbox/v1/settings").await.json();
    assert_eq!(settings["rate_limits"], false);
}

#[tokio::test]
async fn a_restored_seeded_world_goes_on_with_the_same_bytes() {
    let desk = Desk::new();
    let world = desk
        .made(&json!({"seed": 8, "clock": {"frozen": true}}))
        .await;
    world.order(&cart()).await;
    take(&world, "here").await;
    let once = world.post("/payments/v1/sessions", &cart()).await;
    world.order(&cart()).await;
    restore(&world, "here").await;
    let again = world.post("/payments/v1/sessions", &cart()).await;
    assert_eq!((once.text, once.headers), (again.text, again.headers));
}

#[tokio::test]
async fn the_journal_goes_on_from_the_snapshot() {
    let directory = tempfile::tempdir().unwrap();
    let mut kept = config();
    kept.directory = Some(directory.path().to_owned());
    let desk = Desk::open(kept.clone());
    let order = desk.order(&cart()).await;
    take(&desk, "one").await;
    desk.order(&cart()).await;
    restore(&desk, "one").await;
    let after = desk.order(&cart()).await;
    let journal = desk.get("/sandbox/v1/journal").await.text;
    assert_eq!(journal.lines().count(), 2 + 3);
    drop(desk);

    let again = Desk::open(kept);
    for order in [&order, &after] {
        let found = again
            .get(&format!("/ordermanagement/v1/orders/{order}"))
            .await;
        assert_eq!(found.status, 200);
    }
    let orders = again.get("/sandbox/v1/orders").await.json();
    assert_eq!(orders["orders"].as_array().unwrap().len(), 2);
    restore(&again, "one").await;
    let orders = again.get("/sandbox/v1/orders").await.json();
    assert_eq!(orders["orders"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_snapshot_travels_as_text_to_another_sandbox() {
    let (desk, other) = (Desk::new(), Desk::new().opened_by("klarna_test_api_other"));
    let session = desk.session(&cart()).await;
    let order = desk.order(&cart()).await;
    take(&desk, "travels").await;
    let text = desk.get(&format!("{SNAPSHOTS}/travels")).await.text;

    let path = format!("{SNAPSHOTS}/arrived");
    let arrived = other.send_text("PUT", &path, text).await;
    assert_eq!(
        (arrived.status, arrived.member("name").as_str()),
        (201, "arrived")
    );
    restore(&other, "arrived").await;
    let found = other
        .get(&format!("/ordermanagement/v1/orders/{order}"))
        .await;
    assert_eq!(found.status, 200);
    // The browser side, which knows only the identifier, finds the world that took it over.
    assert!(other.sandbox.session_view(&session).await.is_some());
    other.approve(&session).await;
    let new = other.session(&cart()).await;
    assert!(other.sandbox.session_view(&new).await.is_some());
}

#[tokio::test]
async fn snapshots_are_listed_and_removed() {
    let desk = Desk::new();
    take(&desk, "b").await;
    take(&desk, "a").await;
    take(&desk, "b").await;
    let listed = desk.get(SNAPSHOTS).await.json();
    let listed = listed["snapshots"].as_array().unwrap();
    let names: Vec<_> = listed
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["a", "b"]);
    assert_eq!(listed[0]["at"], "2026-03-02T09:30:00.000Z");
    assert!(listed[0]["bytes"].as_u64().unwrap() > 100);
    let path = format!("{SNAPSHOTS}/a");
    assert_eq!(desk.call("DELETE", &path, &Value::Null).await.status, 204);
    assert_eq!(desk.call("DELETE", &path, &Value::Null).await.status, 404);
    assert_eq!(desk.get(&path).await.status, 404);
    assert_eq!(
        desk.post(&format!("{path}/restore"), &Value::Null)
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn wrong_names_and_texts_are_refused() {
    let desk = Desk::new();
    for name in [
        json!(""),
        json!("a/b"),
        json!(".."),
        json!(7),
        Value::Null,
        json!("x".repeat(65)),
    ] {
        let refused = desk.post(SNAPSHOTS, &json!({"name": name})).await;
        assert_eq!(refused.status, 400, "{name}");
    }
    for text in [
        "",
        "{}",
        "{\"snapshot\":9,\"rules\":1,\"name\":\"x\",\"at\":\"2026-01-01T00:00:00Z\"}\n{}\n",
    ] {
        let path = format!("{SNAPSHOTS}/x");
        let refused = desk.send_text("PUT", &path, text.to_owned()).await;
        assert_eq!(refused.status, 400, "{text}");
        assert!(refused.error().2.starts_with("line 1"), "{}", refused.text);
    }
    for number in 0..64 {
        take(&desk, &format!("s{number}")).await;
    }
    assert_eq!(
        desk.post(SNAPSHOTS, &json!({"name": "one-more"}))
            .await
            .status,
        409
    );
    take(&desk, "s1").await;
}
