//! A journal replayed in a fresh sandbox answers every request with the same bytes.

use axum::body::Body;
use axum::http::Request;
use kassa_klarna_sandbox::{Action, Replayed, Visit, replay};
use serde_json::{Value, json};

use crate::desk::{Desk, KEY, cart};

async fn settings(desk: &Desk, body: Value) {
    let changed = desk.call("PATCH", "/sandbox/v1/settings", &body).await;
    assert_eq!(changed.status, 200, "{}", changed.text);
}

/// Bodies that are refused before they become a command.
async fn refusals(desk: &Desk) {
    let sessions = "/payments/v1/sessions";
    desk.send_text("POST", sessions, "{\"torn\": ".to_owned())
        .await;
    desk.get("/payments/v1/nothing?at=all").await;
    desk.call("PUT", sessions, &cart()).await;
    for body in [
        Body::from(vec![0xff, 0xfe]),
        Body::from(vec![b' '; 1_100_000]),
    ] {
        let length = match body {
            _ if http_body_len(&body) > 1_000_000 => 1_100_000,
            _ => 2,
        };
        let request = Request::builder()
            .method("POST")
            .uri(sessions)
            .header("content-length", length)
            .header("authorization", format!("Basic {KEY}"));
        desk.send(request.body(body).unwrap()).await;
    }
}

fn http_body_len(body: &Body) -> u64 {
    axum::body::HttpBody::size_hint(body).exact().unwrap_or(0)
}

/// Orders, money, idempotency, mistakes.
async fn orders(desk: &Desk) {
    let session = desk.session(&cart()).await;
    desk.get(&format!("/payments/v1/sessions/{session}")).await;
    let changed = json!({"merchant_reference1": "R-1"});
    desk.post(&format!("/payments/v1/sessions/{session}"), &changed)
        .await;
    let token = desk.approve(&session).await;
    desk.advance(61).await;
    let placed = desk.place(&token, &cart()).await;
    desk.place(&token, &cart()).await;
    desk.place("0b1e5c3a-0000-4000-8000-000000000000", &cart())
        .await;
    let order = format!("/ordermanagement/v1/orders/{}", placed.member("order_id"));
    let key = [("klarna-idempotency-key", "k-1")];
    for _ in 0..2 {
        let body = json!({"captured_amount": 1000});
        desk.call_with("POST", &format!("{order}/captures"), &body, &key)
            .await;
    }
    let too_much = json!({"captured_amount": 1_000_000});
    desk.post(&format!("{order}/captures"), &too_much).await;
    desk.post(&format!("{order}/refunds"), &json!({"refunded_amount": 10}))
        .await;
    desk.post(&format!("{order}/cancel"), &Value::Null).await;
    desk.post(
        &format!("{order}/release-remaining-authorization"),
        &Value::Null,
    )
    .await;
    desk.get(&order).await;
}

/// Kinds of faults, by rule and by header; maintenance; a header that cannot be read.
async fn faults(desk: &Desk) {
    for kind in ["hold_before", "hold_after"] {
        let rule = json!({"operation": "create_session", "kind": kind, "hold_ms": 1});
        assert_eq!(desk.post("/sandbox/v1/faults", &rule).await.status, 201);
        desk.post("/payments/v1/sessions", &cart()).await;
    }
    for fault in [
        "drop_before",
        "drop_after",
        "status_before; status=503",
        "status_after; status=504",
        "rate_limited",
        "edge_page_before",
        "edge_page_after; status=503",
        "truncated_body",
        "wrong_content_type",
        "no_rate_headers",
        "no such fault",
    ] {
        let asked = [("kassa-fault", fault)];
        let body = cart();
        desk.call_with("POST", "/payments/v1/sessions", &body, &asked)
            .await;
    }
    let session = desk.session(&cart()).await;
    let path = format!("/sandbox/v1/sessions/{session}/shopper");
    let late = [("kassa-fault", "late_authorization; delay_seconds=30")];
    let refused = desk
        .call_with("POST", &path, &json!({"action": "approve"}), &late)
        .await;
    assert_eq!(refused.json()["approved"], false);
    desk.advance(31).await;
    desk.sandbox.tick().await;
    let token = desk
        .get(&format!("/payments/v1/sessions/{session}"))
        .await
        .member("authorization_token");
    let place = format!("/payments/v1/authorizations/{token}/order");
    let sticks = [("kassa-fault", "error_sticks; status=409")];
    desk.call_with("POST", &place, &cart(), &sticks).await;
    assert_eq!(desk.place(&token, &cart()).await.status, 409);
    let closed = json!({"operation": "*", "kind": "maintenance", "until": "2099-01-01T00:00:00Z"});
    let rule = desk.post("/sandbox/v1/faults", &closed).await;
    assert_eq!(rule.status, 201, "{}", rule.text);
    assert_eq!(
        desk.post("/payments/v1/sessions", &cart()).await.status,
        503
    );
    desk.shopper(&session, &json!({"action": "approve"})).await;
    desk.call("DELETE", "/sandbox/v1/faults", &Value::Null)
        .await;
}

/// Everything that the journal can hold.
async fn run(desk: &Desk) {
    orders(desk).await;
    refusals(desk).await;
    faults(desk).await;
    settings(desk, json!({"rate_limits": true, "journal_reads": true})).await;
    for _ in 0..6 {
        desk.post("/payments/v1/sessions", &cart()).await;
    }
    settings(desk, json!({"rate_limits": false})).await;
    orders(desk).await;
    // What happens without a request: the widget, and everything else but the answers of the API.
    let session = desk.session(&cart()).await;
    let visit = Visit::bare(Action::Approve);
    desk.sandbox.shopper(&session, visit).await.unwrap();
    desk.sandbox.set_public_url("http://moved.test");
    desk.get(&format!("/payments/v1/sessions/{session}")).await;
    desk.post("/sandbox/v1/reset", &Value::Null).await;
    orders(desk).await;
}

async fn replayed(journal: &str) -> Replayed {
    let replayed = replay(journal).await.unwrap();
    assert!(replayed.same_rules && !replayed.truncated);
    replayed
}

async fn exported(desk: &Desk) -> String {
    desk.get("/sandbox/v1/journal").await.text
}

#[tokio::test]
async fn a_run_with_faults_and_errors_replays_to_the_same_bytes() {
    for whole in [false, true] {
        let desk = Desk::new();
        settings(&desk, json!({"journal_answers": whole})).await;
        run(&desk).await;
        let journal = exported(&desk).await;
        let replayed = replayed(&journal).await;
        assert!(replayed.difference.is_none(), "{:?}", replayed.difference);
        assert!(replayed.answers > 50, "{replayed:?}");
        for kind in [
            "drop_after",
            "status_before",
            "too_large",
            "base64",
            "\"rate\":",
            "moved.test",
            "read_order",
        ] {
            let kind = kind.replace("read_order", "\"call\":\"read\"");
            assert!(journal.contains(&kind), "{kind}");
        }
    }
}

#[tokio::test]
async fn a_seeded_world_replays_as_well() {
    let desk = Desk::new();
    let world = desk
        .made(&json!({"seed": 3, "clock": {"frozen": true}}))
        .await;
    orders(&world).await;
    let journal = exported(&world).await;
    assert!(replayed(&journal).await.difference.is_none());
}

#[tokio::test]
async fn a_journal_that_goes_on_from_a_snapshot_replays_as_well() {
    let desk = Desk::new();
    orders(&desk).await;
    desk.post("/sandbox/v1/snapshots", &json!({"name": "noon"}))
        .await;
    let restored = desk
        .post("/sandbox/v1/snapshots/noon/restore", &Value::Null)
        .await;
    assert_eq!(restored.status, 200, "{}", restored.text);
    orders(&desk).await;
    let journal = exported(&desk).await;
    let replayed = replayed(&journal).await;
    assert!(replayed.difference.is_none(), "{:?}", replayed.difference);
    assert_eq!(journal.lines().count(), replayed.entries + 2);
}

#[tokio::test]
async fn the_first_answer_that_differs_is_told_with_its_line() {
    let desk = Desk::new();
    settings(&desk, json!({"journal_answers": true})).await;
    orders(&desk).await;
    let journal = exported(&desk).await;
    let line = journal
        .lines()
        .position(|line| line.contains("\"call\":\"capture\""))
        .unwrap();

    let other = journal.replacen(
        "{\"captured_amount\":1000}",
        "{\"captured_amount\":9999999}",
        1,
    );
    let difference = replayed(&other).await.difference.unwrap();
    assert_eq!(difference.line, line + 1);
    assert!(difference.request.ends_with("/captures"), "{difference:?}");
    assert!(
        difference.what.contains("status 201 was recorded, now 403"),
        "{difference:?}"
    );

    let created = journal.lines().nth(2).unwrap();
    let mut entry: Value = serde_json::from_str(created).unwrap();
    entry["seed"] = json!(0);
    let other = journal.replacen(created, &entry.to_string(), 1);
    let difference = replayed(&other).await.difference.unwrap();
    assert_eq!(difference.line, 3);
    assert!(
        difference.what.contains("the body differs from byte"),
        "{difference:?}"
    );
    assert!(journal.contains(&difference.correlation_id));
}

#[tokio::test]
async fn what_is_no_journal_is_refused_with_its_line() {
    assert!(
        replay("nonsense")
            .await
            .unwrap_err()
            .to_string()
            .starts_with("line 1: ")
    );
    let desk = Desk::new();
    desk.session(&cart()).await;
    let torn = format!("{}{{\"at\":", exported(&desk).await);
    assert!(
        replay(&torn)
            .await
            .unwrap_err()
            .to_string()
            .starts_with("line 3: ")
    );
}
