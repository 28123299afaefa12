//! The request log, found by any id, with nothing in it that belongs to people.

use axum::body::Body;
use http::Request;
use serde_json::{Value, json};

use super::browser::Browser;
use crate::desk::{Answer, Desk, KEY, PASSWORD, USER, basic, cart};

async fn by_curl(desk: &Desk, query: &str, authorization: &str) -> Answer {
    let request = Request::get(format!("/portal/logs?q={query}"))
        .header("authorization", authorization)
        .header("accept", "application/json");
    desk.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn a_request_is_found_by_every_id_that_it_has() {
    let desk = Desk::new();
    let mut body = cart();
    body["merchant_reference1"] = json!("shop-4711");
    let session = desk.session(&body).await;
    let token = desk.approve(&session).await;
    let placed = desk.place(&token, &body).await;
    let order = placed.member("order_id");
    let capture = desk
        .call_with(
            "POST",
            &format!("/ordermanagement/v1/orders/{order}/captures"),
            &json!({"captured_amount": 100}),
            &[("klarna-idempotency-key", "key-of-the-shop-1")],
        )
        .await;
    for (id, operation) in [
        (placed.header("klarna-correlation-id"), "place_order"),
        (session.clone(), "create_session"),
        (token[..8].to_owned(), "place_order"),
        (token.to_uppercase(), "place_order"),
        (order.clone(), "capture"),
        ("SHOP-4711".to_owned(), "create_session"),
        (capture.header("capture-id"), "capture"),
        ("key-of-the-shop-1".to_owned(), "capture"),
        ("capture".to_owned(), "capture"),
    ] {
        let found = by_curl(&desk, &id, &format!("Basic {KEY}")).await;
        assert_eq!(found.status, 200, "{id}");
        let logs = found.json()["logs"].as_array().unwrap().clone();
        assert!(
            logs.iter().any(|entry| entry["operation"] == operation),
            "{id}: {logs:?}"
        );
    }
    let nothing = by_curl(&desk, "no-such-id-anywhere", &format!("Basic {KEY}")).await;
    assert_eq!(nothing.json(), json!({"logs": []}));
    let refused = by_curl(&desk, &order, "Basic d3Jvbmc=").await;
    assert_eq!(refused.error().1, "UNAUTHORIZED");
}

#[tokio::test]
async fn people_and_tokens_are_hidden_from_programs_and_from_people() {
    let desk = Desk::new();
    let session = desk.session(&cart()).await;
    let token = desk.approve(&session).await;
    let order = desk.place(&token, &cart()).await.member("order_id");
    let program = by_curl(&desk, "", &basic(&format!("{USER}:{PASSWORD}")))
        .await
        .text;
    let browser = Browser::sign_in(&desk).await;
    let list = browser.page("/portal/logs").await;
    let found = browser
        .page(&format!("/portal/logs?q={}", &token[..8]))
        .await;
    let page = browser.page(&format!("/portal/orders/{order}")).await;
    let requests = page.split("id=\"requests\"").nth(1).unwrap();
    let session_page = browser.page(&format!("/portal/sessions/{session}")).await;
    for text in [&program, &list, &found, requests, &session_page] {
        for secret in [
            "customer@email.se",
            "Alice",
            "Södra",
            "+46701740615",
            &token,
            "eyJ",
        ] {
            assert!(!text.contains(secret), "{secret}");
        }
    }
    assert!(
        found.contains(&format!("{}…", &token[..8])),
        "the head of the token is shown"
    );
    assert!(list.contains("Stockholm"));
}

#[tokio::test]
async fn a_form_is_in_the_log_like_a_call() {
    let desk = Desk::new();
    let order = desk.order(&cart()).await;
    let browser = Browser::sign_in(&desk).await;
    browser
        .done(
            &format!("/portal/orders/{order}/capture"),
            &[("amount", "1.00")],
        )
        .await;
    let found = by_curl(&desk, &order, &format!("Basic {KEY}")).await.json();
    let logged: &Value = &found["logs"][0];
    assert_eq!(logged["path"], format!("/portal/orders/{order}/capture"));
    assert_eq!(
        (&logged["operation"], &logged["status"]),
        (&json!("capture"), &json!(201))
    );
    assert_eq!(logged["request"]["captured_amount"], 100);
}

#[tokio::test]
async fn a_single_refused_request_is_shown_with_its_explanation() {
    let desk = Desk::new();
    let mut wrong = cart();
    wrong["order_amount"] = json!(1);
    let refused = desk.post("/payments/v1/sessions", &wrong).await;
    assert_eq!(refused.status, 400);
    let browser = Browser::sign_in(&desk).await;
    let id = refused.header("klarna-correlation-id");
    let page = browser.page(&format!("/portal/logs?q={id}")).await;
    let why = page.split("id=\"why\"").nth(1).unwrap();
    assert!(
        why.contains("order_amount") && why.contains("findings"),
        "{why}"
    );
    assert!(!why.contains("customer@email.se"));
}
