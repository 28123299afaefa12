//! The control API: clock, logs, reset, health, switches.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use crate::desk::{Desk, cart};

#[tokio::test]
async fn health_is_open_and_the_rest_is_not() {
    let desk = Desk::new();
    let open = Request::builder()
        .uri("/sandbox/v1/health")
        .body(Body::empty())
        .unwrap();
    assert_eq!(desk.send(open).await.status, 200);
    for path in [
        "clock",
        "logs",
        "journal",
        "faults",
        "deliveries",
        "settings",
        "orders",
    ] {
        let closed = Request::builder()
            .uri(format!("/sandbox/v1/{path}"))
            .body(Body::empty())
            .unwrap();
        assert_eq!(desk.send(closed).await.status, 401, "{path}");
    }
}

#[tokio::test]
async fn the_clock_moves_forward_by_seconds_and_to_an_instant() {
    let desk = Desk::new();
    assert_eq!(
        desk.get("/sandbox/v1/clock").await.member("now"),
        "2026-03-02T09:30:00.000Z"
    );
    desk.advance(90).await;
    assert_eq!(
        desk.get("/sandbox/v1/clock").await.member("now"),
        "2026-03-02T09:31:30.000Z"
    );
    desk.clock.advance(10);
    assert_eq!(
        desk.get("/sandbox/v1/clock").await.member("now"),
        "2026-03-02T09:31:40.000Z"
    );
    let set = desk
        .post(
            "/sandbox/v1/clock/set",
            &json!({"at": "2026-04-01T00:00:00Z"}),
        )
        .await;
    assert_eq!(
        (set.status, set.member("now").as_str()),
        (200, "2026-04-01T00:00:00.000Z")
    );
    let machine = desk.get("/sandbox/v1/clock").await.member("machine_time");
    assert_eq!(machine, "2026-03-02T09:30:10.000Z");
}

#[tokio::test]
async fn the_clock_never_runs_backwards() {
    let desk = Desk::new();
    desk.advance(100).await;
    let back = desk
        .post(
            "/sandbox/v1/clock/set",
            &json!({"at": "2026-03-02T09:30:00Z"}),
        )
        .await;
    assert_eq!(back.status, 409);
    for body in [
        json!({}),
        json!({"seconds": -1}),
        json!({"seconds": "1"}),
        json!({"seconds": i64::MAX}),
        Value::Null,
    ] {
        assert_eq!(
            desk.post("/sandbox/v1/clock/advance", &body).await.status,
            400,
            "{body}"
        );
    }
    for body in [
        json!({}),
        json!({"at": "tomorrow"}),
        json!({"at": "9999-01-01T00:00:00Z"}),
    ] {
        assert_eq!(
            desk.post("/sandbox/v1/clock/set", &body).await.status,
            400,
            "{body}"
        );
    }
    assert_eq!(
        desk.get("/sandbox/v1/clock").await.member("now"),
        "2026-03-02T09:31:40.000Z"
    );
}

#[tokio::test]
async fn the_library_moves_every_world() {
    let desk = Desk::new();
    desk.sandbox.advance(60).await.unwrap();
    assert_eq!(
        desk.get("/sandbox/v1/clock").await.json()["offset_seconds"],
        60
    );
}

#[tokio::test]
async fn a_request_is_found_in_the_log_by_any_id() {
    let desk = Desk::new();
    let mut body = cart();
    body["merchant_reference1"] = json!("R-4711");
    let refused = desk.post("/payments/v1/sessions", &json!({})).await;
    let order = desk.order(&body).await;
    let correlation = refused.member("correlation_id");
    let found = desk
        .get(&format!("/sandbox/v1/logs?correlation_id={correlation}"))
        .await
        .json();
    let entry = &found["logs"][0];
    assert_eq!(found["logs"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&entry["method"], &entry["path"]),
        (&json!("POST"), &json!("/payments/v1/sessions"))
    );
    assert_eq!(
        (&entry["status"], &entry["correlation_id"]),
        (&json!(400), &json!(correlation))
    );
    assert!(entry["time"].is_string());
    for id in [order.as_str(), "R-4711"] {
        let found = desk.get(&format!("/sandbox/v1/logs?q={id}")).await.json();
        assert!(!found["logs"].as_array().unwrap().is_empty(), "{id}");
    }
}

#[tokio::test]
async fn the_log_is_redacted() {
    let desk = Desk::new();
    let session = desk.session(&cart()).await;
    let token = desk.approve(&session).await;
    desk.place(&token, &cart()).await;
    desk.get(&format!("/payments/v1/sessions/{session}")).await;
    let text = desk.get("/sandbox/v1/logs").await.text;
    for secret in [
        token.as_str(),
        "customer@email.se",
        "Blasieholmshamnen",
        "+46701740615",
        "eyJ",
    ] {
        assert!(!text.contains(secret), "{secret}");
    }
    assert!(text.contains("\"operation\":\"place_order\""));
}

#[tokio::test]
async fn reset_forgets_everything_but_clock_and_switches() {
    let desk = Desk::new();
    desk.call(
        "PATCH",
        "/sandbox/v1/settings",
        &json!({"account_period_days": 10}),
    )
    .await;
    desk.advance(60).await;
    let session = desk.session(&cart()).await;
    assert_eq!(
        desk.post("/sandbox/v1/reset", &Value::Null).await.status,
        204
    );
    assert_eq!(
        desk.get(&format!("/payments/v1/sessions/{session}"))
            .await
            .status,
        404
    );
    assert_eq!(
        desk.get("/sandbox/v1/clock").await.json()["offset_seconds"],
        60
    );
    assert_eq!(
        desk.get("/sandbox/v1/settings").await.json()["account_period_days"],
        10
    );
    assert!(desk.sandbox.session_view(&session).await.is_none());
}

#[tokio::test]
async fn wrong_switches_are_refused() {
    let desk = Desk::new();
    for body in [
        json!({"no_such": 1}),
        json!({"categories": []}),
        json!({"account_period_days": 0}),
        json!([]),
    ] {
        assert_eq!(
            desk.call("PATCH", "/sandbox/v1/settings", &body)
                .await
                .status,
            400,
            "{body}"
        );
    }
}

#[tokio::test]
async fn the_widget_sees_its_session() {
    let desk = Desk::new();
    let session = desk.session(&cart()).await;
    let view = desk.sandbox.session_view(&session).await.unwrap();
    assert_eq!(
        (
            view.order_amount,
            view.purchase_currency.as_str(),
            view.merchant_name.as_str()
        ),
        (24_400, "SEK", "Acme")
    );
    assert_eq!(view.billing_address["email"], "customer@email.se");
    assert!(view.show_form && !view.completed && !view.expired);
    desk.advance(48 * 3600).await;
    assert!(desk.sandbox.session_view(&session).await.unwrap().expired);
}

#[tokio::test]
async fn a_wrong_switch_is_named_and_nothing_changes() {
    let desk = Desk::new();
    let before = desk.get("/sandbox/v1/settings").await.json();
    for (sent, name) in [
        (
            json!({"cancel_twice": true, "cancel_thrice": true}),
            "cancel_thrice",
        ),
        (json!({"cart_updates": "perhaps"}), "cart_updates"),
        (json!({"account_period_days": 181}), "account_period_days"),
        (
            json!({"invalid_order_id_status": 418}),
            "invalid_order_id_status",
        ),
        (json!({"order_amount_path": "amount"}), "order_amount_path"),
        (json!({"categories": []}), "categories"),
        (json!({"rate_limits": "yes"}), "rate_limits"),
        (
            json!({"disabled_operations": ["fly"]}),
            "disabled_operations",
        ),
        (
            json!({"denied_operations": ["capture", ""]}),
            "denied_operations",
        ),
    ] {
        let answer = desk.call("PATCH", "/sandbox/v1/settings", &sent).await;
        let expected = (400, "BAD_VALUE".to_owned(), format!("Bad value: {name}"));
        assert_eq!(answer.error(), expected);
    }
    assert_eq!(desk.get("/sandbox/v1/settings").await.json(), before);
}

#[tokio::test]
async fn the_operations_are_listed_and_each_can_be_struck_and_denied() {
    let desk = Desk::new();
    let listed = desk.get("/sandbox/v1/operations").await.json();
    let operations = listed["operations"].as_array().unwrap();
    for known in [
        "create_session",
        "extend_due_date",
        "due_date_options",
        "check_identification",
    ] {
        assert!(operations.contains(&json!(known)), "{known}");
    }
    for operation in operations {
        let rule = json!({"operation": operation, "kind": "drop_before"});
        assert_eq!(desk.post("/sandbox/v1/faults", &rule).await.status, 201);
    }
    desk.switch(json!({"denied_operations": operations})).await;
    let stranger = desk.opened_by("klarna_test_api_wrong");
    assert_eq!(stranger.get("/sandbox/v1/operations").await.status, 401);
}
