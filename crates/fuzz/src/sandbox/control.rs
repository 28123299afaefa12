//! The control API: bodies and query strings below `/sandbox/v1/`, and the journals and snapshots sent to it.

use kassa_klarna_sandbox::{ReplayError, replay};
use serde_json::{Value, json};

use super::doors::{body, sent_as_body, target};
use super::seeds;
use super::stage::with;
use crate::answer::block_on;
use crate::input::{documents, texts};
use crate::parser::parsers;
use crate::signal;

parsers! {
    clock_advance "POST /sandbox/v1/clock/advance" =>
        |data| moved("POST /sandbox/v1/clock/advance", data),
        documents([json!({"seconds": 3600}), json!({"seconds": 316_224_000})]);
    clock_set "POST /sandbox/v1/clock/set" =>
        |data| moved("POST /sandbox/v1/clock/set", data), documents([json!({"at": "2026-06-01T00:00:00Z"})]);
    customer_token_change "PATCH /sandbox/v1/customer-tokens/{customer_token}" =>
        |data| body("PATCH /sandbox/v1/customer-tokens/{customer_token}", data),
        documents([json!({"status": "SUSPENDED"}), json!({"charges": "declined"}), json!({"charges": "accepted"})]);
    deliveries_query "GET /sandbox/v1/deliveries?" =>
        |data| target("GET /sandbox/v1/deliveries?{}", data),
        texts(["subject=x&state=waiting&limit=5", "kind=push&state=delivered", "kind=authorization"]);
    delivery_id "GET /sandbox/v1/deliveries/{}" =>
        |data| target("GET /sandbox/v1/deliveries/{}", data), texts(["1", "18446744073709551615", "-1"]);
    disputes_query "GET /sandbox/v1/disputes?" =>
        |data| target("GET /sandbox/v1/disputes?{}", data), texts(["order_id=x", ""]);
    explain_query "GET /sandbox/v1/explain?" => explain, explain_seeds();
    explain_cart "POST /sandbox/v1/explain" =>
        |data| body("POST /sandbox/v1/explain?call=place_order", data), documents(seeds::sessions());
    fault_rule "POST /sandbox/v1/faults" => |data| faulty("POST /sandbox/v1/faults", data),
        documents(fault_rules());
    fault_rule_id "DELETE /sandbox/v1/faults/{}" =>
        |data| target("DELETE /sandbox/v1/faults/{}", data), texts(["1", "x"]);
    fault_profile "PUT /sandbox/v1/faults/profile" => |data| faulty("PUT /sandbox/v1/faults/profile", data),
        documents([
            json!({"seed": 7, "rates": {"status_before": 500, "drop_after": 500, "callback_lost": 1000}}),
            json!({"seed": 1, "rates": {"status_after": 1000}, "operations": ["read_session"], "status": 503,
                "maintenance": {"every_minutes": 60, "lasts_minutes": 59}}),
        ]);
    page_shopper "POST /sandbox/v1/hpp-sessions/{page}/shopper" =>
        |data| body("POST /sandbox/v1/hpp-sessions/{page}/shopper", data),
        documents(["open", "back", "cancel", "error", "approve", "pend", "decline", "manual_id_check"]
            .map(|action| json!({"action": action})));
    outbox_query "GET /sandbox/v1/outbox?" =>
        |data| target("GET /sandbox/v1/outbox?{}", data), texts(["session_id=x&limit=3", "limit=0"]);
    logs_query "GET /sandbox/v1/logs?" =>
        |data| target("GET /sandbox/v1/logs?{}", data), texts(["correlation_id=x&q=sessions&limit=7", "q=%25"]);
    sandbox_order_id "GET /sandbox/v1/orders/{}" =>
        |data| target("GET /sandbox/v1/orders/{}", data), texts(["x", "%00"]);
    settings_change "PATCH /sandbox/v1/settings" => |data| faulty("PATCH /sandbox/v1/settings", data), settings();
    shopper "POST /sandbox/v1/sessions/{session}/shopper" =>
        |data| body("POST /sandbox/v1/sessions/{session}/shopper", data), documents(visits());
    snapshot_take "POST /sandbox/v1/snapshots" =>
        |data| body("POST /sandbox/v1/snapshots", data), documents([json!({"name": "before-refund"})]);
    snapshot_name "GET /sandbox/v1/snapshots/{}" =>
        |data| target("GET /sandbox/v1/snapshots/{}", data), texts(["as-it-began", "../x", "%2e%2e%2fx"]);
    snapshot_text "PUT /sandbox/v1/snapshots/fuzzed, then restored and used" => snapshot, snapshot_seeds();
    world_make "POST /sandbox/v1/worlds" => |data| body("POST /sandbox/v1/worlds", data),
        documents([
            json!({}),
            json!({"name": "Shop", "seed": 7, "clock": {"at": "2026-01-01T00:00:00Z", "frozen": true},
                "settings": {"rate_limits": true}, "username": "PK9_fuzz", "password": "secret-of-it",
                "api_key": "klarna_test_api_nine"}),
        ]);
    worlds_query "GET /sandbox/v1/worlds?" =>
        |data| target("GET /sandbox/v1/worlds?{}", data), texts(["limit=2&from=1", "limit=0"]);
    world_name "DELETE /sandbox/v1/worlds/{}" =>
        |data| target("DELETE /sandbox/v1/worlds/{}", data), texts(["nobody", "PK00001_fuzz"]);
    journal_lines "POST /sandbox/v1/journal/replay, and `kassa sandbox replay`" => journal, journal_seeds();
}

/// A clock that was moved still tells a time, and never runs backwards.
fn moved(line: &str, data: &[u8]) {
    with(async |stage| {
        let before = stage
            .call("GET /sandbox/v1/clock", Value::Null)
            .await
            .text("/now");
        let answer = sent_as_body(stage, line, data).await;
        let after = stage
            .call("GET /sandbox/v1/clock", Value::Null)
            .await
            .expect(200)
            .text("/now");
        assert!(
            before <= after || after.len() > before.len(),
            "the clock went from {before} to {after}"
        );
        if answer.status < 300 {
            stage
                .call("GET /sandbox/v1/orders", Value::Null)
                .await
                .expect(200);
        }
    });
}

/// `{session}` and the like in the bytes are filled in.
fn explain(data: &[u8]) {
    with(async |stage| {
        let text = String::from_utf8_lossy(data);
        let query = stage.filled(&text);
        let target = format!("/sandbox/v1/explain?{query}");
        if let Some(request) = super::doors::to(stage, http::Method::GET, target.as_bytes()) {
            stage.send("explain_query", request).await;
        }
    });
}

fn explain_seeds() -> Vec<Vec<u8>> {
    texts([
        "session_id={session}",
        "order_id={order}",
        "token={authorization}",
        "token={customer_token}",
        "correlation_id=x",
        "session_id=a&order_id=b",
    ])
}

/// Switches and faults: whatever is set, the control API answers on, and a call is answered or struck.
fn faulty(line: &str, data: &[u8]) {
    with(async |stage| {
        sent_as_body(stage, line, data).await;
        for path in [
            "/payments/v1/sessions/{session}",
            "/ordermanagement/v1/orders/{order}",
        ] {
            let path = stage.filled(path);
            if let Some(request) = super::doors::to(stage, http::Method::GET, path.as_bytes()) {
                stage.send_under_faults(request).await;
            }
        }
        stage
            .call("GET /sandbox/v1/faults", Value::Null)
            .await
            .expect(200);
        stage
            .call("DELETE /sandbox/v1/faults", Value::Null)
            .await
            .expect(200);
        stage
            .call("DELETE /sandbox/v1/faults/profile", Value::Null)
            .await
            .expect(204);
    });
}

fn fault_rules() -> Vec<Value> {
    vec![
        json!({"kind": "status_before", "operation": "read_session", "nth": 1, "times": 2, "status": 503}),
        json!({"kind": "drop_after", "per_mille": 500, "seed": 3}),
        json!({"kind": "hold_before", "hold_ms": 1, "hold_max_ms": 2}),
        json!({"kind": "maintenance", "from": "2026-03-02T08:00:00Z", "until": "2026-03-02T10:00:00Z"}),
        json!({"kind": "callback_delayed", "delay_seconds": 5, "delay_max_seconds": 9}),
        json!({"kind": "late_authorization", "operation": "shopper", "late_seconds": 60}),
    ]
}

/// The switches as they are, so that none is forgotten, and a few of them changed.
fn settings() -> Vec<Vec<u8>> {
    let all = with(async |stage| stage.call("GET /sandbox/v1/settings", Value::Null).await);
    documents([
        all.document().clone(),
        json!({"rate_limits": true, "header_faults": false, "denied_operations": ["capture"]}),
    ])
}

fn visits() -> Vec<Value> {
    vec![
        json!({"action": "approve"}),
        json!({"action": "decline"}),
        json!({"action": "pend", "minutes": 5, "decision": "accepted"}),
        json!({"action": "approve", "auto_finalize": false, "data": {"billing_address": {"email": "alice@example.com"}}}),
        json!({"action": "approve", "late_seconds": 30, "payment_method": "pay_later", "challenge": "success"}),
        json!({"action": "finalize"}),
    ]
}

/// A snapshot that is taken in can be restored, and the world in it answers.
fn snapshot(data: &[u8]) {
    with(async |stage| {
        let taken = sent_as_body(stage, "PUT /sandbox/v1/snapshots/fuzzed", data).await;
        if taken.status >= 300 {
            return;
        }
        let restored = sent_as_body(stage, "POST /sandbox/v1/snapshots/fuzzed/restore", b"").await;
        restored.expect(200);
        world_answers(stage).await;
    });
}

fn snapshot_seeds() -> Vec<Vec<u8>> {
    let line = "GET /sandbox/v1/snapshots/as-it-began";
    let kept = with(async |stage| stage.call(line, Value::Null).await.expect(200));
    vec![kept.body.to_vec()]
}

/// A journal is replayed or refused, both by the file chore and by the control API, and what came of it answers.
fn journal(data: &[u8]) {
    match block_on(replay(&String::from_utf8_lossy(data))) {
        Ok(replayed) => {
            signal::taken();
            signal::saw((
                "replayed",
                replayed.answers.min(9),
                replayed.difference.is_some(),
            ));
        }
        Err(ReplayError::Sandbox(error)) => panic!("a replay in memory failed: {error}"),
        Err(refused) => signal::saw(("refused", signal::words(&refused.to_string()))),
    }
    with(async |stage| {
        let answer = sent_as_body(stage, "POST /sandbox/v1/journal/replay", data).await;
        if answer.status < 300 {
            world_answers(stage).await;
        }
    });
}

fn journal_seeds() -> Vec<Vec<u8>> {
    let whole = with(async |stage| {
        stage
            .call("POST /sandbox/v1/journal/replay", Value::Null)
            .await;
        stage
            .call("POST /payments/v1/sessions", seeds::cart("buy"))
            .await
            .expect(200);
        stage
            .call("GET /ordermanagement/v1/orders/{order}", Value::Null)
            .await
            .expect(200);
        let capture = json!({"captured_amount": 100});
        stage
            .call("POST /ordermanagement/v1/orders/{order}/captures", capture)
            .await
            .expect(201);
        stage
            .call("GET /sandbox/v1/journal", Value::Null)
            .await
            .expect(200)
    });
    let old = r#"{"journal":1,"rules":1,"world":"w"}
{"at":"2026-03-02T09:00:00Z","seed":1,"command":"advance_clock","by_us":5}"#;
    vec![whole.body.to_vec(), old.as_bytes().to_vec()]
}

/// Reads and exports that walk through everything a world has.
async fn world_answers(stage: &super::stage::Stage) {
    for line in [
        "GET /sandbox/v1/clock",
        "GET /sandbox/v1/orders",
        "GET /sandbox/v1/orders/{order}",
        "GET /sandbox/v1/deliveries",
        "GET /sandbox/v1/disputes",
        "GET /sandbox/v1/outbox",
        "GET /sandbox/v1/settings",
        "GET /sandbox/v1/journal",
        "GET /payments/v1/sessions/{session}",
        "GET /ordermanagement/v1/orders/{order}",
        "GET /customer-token/v1/tokens/{customer_token}",
        "GET /hpp/v1/sessions/{page}",
    ] {
        stage.call(line, Value::Null).await.below_500(line);
    }
}
