//! The journal: restart, export, replay, torn lines, snapshots.

use std::fs;

use serde_json::{Value, json};

use crate::desk::{Desk, cart, config};

fn kept_in(directory: &std::path::Path) -> Desk {
    let mut config = config();
    config.directory = Some(directory.to_owned());
    Desk::open(config)
}

#[tokio::test]
async fn a_restart_keeps_sessions_orders_and_the_clock() {
    let directory = tempfile::tempdir().unwrap();
    let desk = kept_in(directory.path());
    desk.advance(3600).await;
    let session = desk.session(&cart()).await;
    let token = desk.approve(&session).await;
    let placed = desk.place(&token, &cart()).await;
    let path = format!("/ordermanagement/v1/orders/{}", placed.member("order_id"));
    let key = [("klarna-idempotency-key", "k-1")];
    let captures = format!("{path}/captures");
    let captured = desk
        .call_with("POST", &captures, &json!({"captured_amount": 100}), &key)
        .await;
    let before = desk.get(&path).await.json();
    drop(desk);

    let again = kept_in(directory.path());
    assert_eq!(again.get(&path).await.json(), before);
    assert_eq!(again.place(&token, &cart()).await.json(), placed.json());
    let repeated = again
        .call_with("POST", &captures, &json!({"captured_amount": 100}), &key)
        .await;
    assert_eq!(repeated.header("capture-id"), captured.header("capture-id"));
    assert_eq!(
        again.get("/sandbox/v1/clock").await.json()["offset_seconds"],
        3600
    );
    assert!(
        again
            .sandbox
            .session_view(&session)
            .await
            .unwrap()
            .completed
    );
}

#[tokio::test]
async fn an_exported_journal_replays_to_the_same_world() {
    let desk = Desk::new();
    let order = desk.order(&cart()).await;
    desk.advance(60).await;
    let path = format!("/ordermanagement/v1/orders/{order}");
    desk.post(
        &format!("{path}/captures"),
        &json!({"captured_amount": 100}),
    )
    .await;
    let before = desk.get(&path).await.json();
    let journal = desk.get("/sandbox/v1/journal").await.text;
    let (header, entries) = journal.split_once('\n').unwrap();
    let header: Value = serde_json::from_str(header).unwrap();
    assert_eq!(
        (&header["journal"], &header["born"]["name"]),
        (&json!(2), &json!("Acme"))
    );

    desk.post("/sandbox/v1/reset", &Value::Null).await;
    assert_eq!(desk.get(&path).await.status, 404);
    let answer = desk
        .send_text("POST", "/sandbox/v1/journal/replay", journal.clone())
        .await;
    assert_eq!(answer.json()["same_rules"], true, "{}", answer.text);
    assert_eq!(desk.get(&path).await.json(), before);
    let again = desk.get("/sandbox/v1/journal").await.text;
    assert_eq!(again.split_once('\n').unwrap().1, entries);
}

#[tokio::test]
async fn a_broken_journal_is_refused_with_its_line() {
    let desk = Desk::new();
    let answer = desk
        .post("/sandbox/v1/journal/replay", &json!({"journal": 2}))
        .await;
    assert_eq!(answer.status, 400);
    assert!(answer.error().2.starts_with("Line 1: "), "{}", answer.text);
}

#[tokio::test]
async fn a_torn_last_line_is_cut_off_and_the_rest_is_kept() {
    let directory = tempfile::tempdir().unwrap();
    let desk = kept_in(directory.path());
    let order = desk.order(&cart()).await;
    drop(desk);
    let file = directory.path().join("UG100219_a1b2c3.journal");
    let torn = "{\"at\":\"2026-03-02T09:30:00Z\",\"torn";
    // Behind it may stand room that was made ahead, and in that what the disk took out of order.
    for tail in [
        torn.to_owned(),
        format!("{torn}{}ed\":1}}\n", "\0".repeat(4096)),
        "\0".repeat(9),
    ] {
        let mut text = fs::read_to_string(&file).unwrap();
        text.push_str(&tail);
        fs::write(&file, text).unwrap();
        let again = kept_in(directory.path());
        let path = format!("/ordermanagement/v1/orders/{order}");
        assert_eq!(again.get(&path).await.status, 200);
        again.order(&cart()).await;
    }
    let whole = fs::read_to_string(&file).unwrap();
    assert!(whole.ends_with("}\n") && !whole.contains('\0') && !whole.contains(torn));
    kept_in(directory.path());
}

#[tokio::test]
async fn a_damaged_journal_closes_its_world_and_no_other() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(
        directory.path().join("UG100219_a1b2c3.journal"),
        "{\"journal\":1,\"rules\":1,\"world\":\"w\"}\nnonsense\n",
    )
    .unwrap();
    let desk = kept_in(directory.path());
    let closed = desk.post("/payments/v1/sessions", &cart()).await;
    assert_eq!(
        (closed.status, closed.member("error_code").as_str()),
        (500, "INTERNAL_SERVER_ERROR")
    );
    let other = desk.opened_by("klarna_test_api_other");
    other.order(&cart()).await;
}

#[tokio::test]
async fn a_journal_of_the_first_format_is_read() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("UG100219_a1b2c3.journal");
    let lines = "{\"journal\":1,\"rules\":1,\"world\":\"w\"}\n\
        {\"at\":\"2026-03-02T09:30:00Z\",\"seed\":1,\"command\":\"advance_clock\",\"by_us\":60000000}\n";
    fs::write(&path, lines).unwrap();
    let desk = kept_in(directory.path());
    let clock = desk.get("/sandbox/v1/clock").await.json();
    assert_eq!(clock["offset_seconds"], 60);
    // Other rules wrote it, so it goes on from the world that it led to.
    let text = fs::read_to_string(&path).unwrap();
    let header: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    assert_eq!(
        (&header["base"], &header["journal"]),
        (&json!(true), &json!(2))
    );
    assert_eq!(text.lines().count(), 2);
}

#[tokio::test]
async fn an_orderly_stop_leaves_a_snapshot_that_the_next_start_uses() {
    let directory = tempfile::tempdir().unwrap();
    let desk = kept_in(directory.path());
    let order = desk.order(&cart()).await;
    desk.sandbox.clone().background(async {}).await;
    drop(desk);
    assert!(directory.path().join("UG100219_a1b2c3.snapshot").exists());
    let again = kept_in(directory.path());
    let path = format!("/ordermanagement/v1/orders/{order}");
    again
        .post(
            &format!("{path}/captures"),
            &json!({"captured_amount": 100}),
        )
        .await;
    drop(again);
    let last = kept_in(directory.path());
    assert_eq!(last.get(&path).await.json()["captured_amount"], 100);
}

#[tokio::test]
async fn reads_stay_out_of_the_journal() {
    let desk = Desk::new();
    let order = desk.order(&cart()).await;
    let before = desk.get("/sandbox/v1/journal").await.text;
    desk.get(&format!("/ordermanagement/v1/orders/{order}"))
        .await;
    desk.get("/payments/v1/sessions/nobody").await;
    assert_eq!(desk.get("/sandbox/v1/journal").await.text, before);
}

#[cfg(unix)]
#[tokio::test]
async fn journal_and_snapshot_are_readable_by_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = tempfile::tempdir().unwrap();
    let desk = kept_in(directory.path());
    desk.order(&cart()).await;
    desk.sandbox.clone().background(async {}).await;
    for name in ["UG100219_a1b2c3.journal", "UG100219_a1b2c3.snapshot"] {
        let mode = fs::metadata(directory.path().join(name))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}
