//! Faults on demand, as a client sees them.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::desk::{Desk, KEY, cart};

async fn add(desk: &Desk, rule: Value) -> u64 {
    let answer = desk.post("/sandbox/v1/faults", &rule).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.json()["id"].as_u64().unwrap()
}

async fn capturable() -> (Desk, String) {
    let desk = Desk::new();
    let path = format!("/ordermanagement/v1/orders/{}", desk.order(&cart()).await);
    (desk, path)
}

async fn captured(desk: &Desk, path: &str) -> i64 {
    desk.get(path).await.json()["captured_amount"]
        .as_i64()
        .unwrap()
}

#[tokio::test]
async fn an_error_before_the_effect_leaves_nothing_behind() {
    let (desk, path) = capturable().await;
    add(
        &desk,
        json!({"operation": "capture", "kind": "status_before", "status": 503}),
    )
    .await;
    let answer = desk
        .post(&format!("{path}/captures"), &json!({"captured_amount": 5}))
        .await;
    assert_eq!(
        answer.error(),
        (
            503,
            "TEMPORARILY_UNAVAILABLE".into(),
            "Temporarily unavailable".into()
        )
    );
    assert_eq!(captured(&desk, &path).await, 0);
    assert_eq!(
        desk.post(&format!("{path}/captures"), &json!({"captured_amount": 5}))
            .await
            .status,
        201
    );
}

#[tokio::test]
async fn an_error_after_the_effect_hides_it() {
    let desk = Desk::new();
    let session = desk.session(&cart()).await;
    let token = desk.approve(&session).await;
    add(
        &desk,
        json!({"operation": "place_order", "kind": "status_after"}),
    )
    .await;
    let failed = desk.place(&token, &cart()).await;
    assert_eq!(
        failed.error(),
        (500, "INTERNAL_SERVER_ERROR".into(), "Internal error".into())
    );
    let repeated = desk.place(&token, &cart()).await;
    assert_eq!(repeated.status, 200);
    assert_eq!(
        desk.get("/sandbox/v1/orders").await.json()["orders"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let logged = desk.get("/sandbox/v1/logs?q=place_order").await.json();
    assert_eq!(logged["logs"][1]["fault"], "status_after");
}

#[tokio::test]
async fn a_held_reply_waits_for_its_rule_to_go() {
    let (desk, path) = capturable().await;
    let id = add(&desk, json!({"operation": "capture", "kind": "hold_after"})).await;
    let router = desk.router.clone();
    let uri = format!("{path}/captures");
    let held = tokio::spawn(async move {
        let request = axum::http::Request::builder()
            .method("POST")
            .uri(uri)
            .header("authorization", format!("Basic {KEY}"))
            .body(axum::body::Body::from(r#"{"captured_amount": 5}"#))
            .unwrap();
        tower::ServiceExt::oneshot(router, request)
            .await
            .unwrap()
            .status()
            .as_u16()
    });
    while desk.get("/sandbox/v1/faults").await.json()["faults"][0]["held"] != 1 {
        tokio::task::yield_now().await;
    }
    assert_eq!(captured(&desk, &path).await, 5);
    assert!(!held.is_finished());
    let gone = desk
        .call("DELETE", &format!("/sandbox/v1/faults/{id}"), &Value::Null)
        .await;
    assert_eq!(gone.json()["removed"], 1);
    assert_eq!(held.await.unwrap(), 201);
}

#[tokio::test]
async fn a_held_call_has_its_effect_even_when_the_caller_left() {
    let (desk, path) = capturable().await;
    add(
        &desk,
        json!({"operation": "capture", "kind": "hold_before"}),
    )
    .await;
    {
        let body = json!({"captured_amount": 5});
        let uri = format!("{path}/captures");
        let call = desk.post(&uri, &body);
        tokio::select! {
            _ = call => panic!("the call is held"),
            () = async {
                while desk.get("/sandbox/v1/faults").await.json()["faults"][0]["held"] != 1 {
                    tokio::task::yield_now().await;
                }
            } => {}
        }
    }
    assert_eq!(captured(&desk, &path).await, 0);
    desk.call("DELETE", "/sandbox/v1/faults", &Value::Null)
        .await;
    while captured(&desk, &path).await != 5 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_hold_ends_after_its_time() {
    let (desk, path) = capturable().await;
    add(
        &desk,
        json!({"operation": "capture", "kind": "hold_before", "hold_ms": 1}),
    )
    .await;
    let answer = desk
        .post(&format!("{path}/captures"), &json!({"captured_amount": 5}))
        .await;
    assert_eq!(answer.status, 201);
}

#[tokio::test]
async fn a_dropped_connection_gives_no_answer_but_the_effect() {
    let (desk, path) = capturable().await;
    add(&desk, json!({"operation": "capture", "kind": "drop_after"})).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = desk.router.clone();
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    let mut socket = TcpStream::connect(address).await.unwrap();
    let body = r#"{"captured_amount": 5}"#;
    let request = format!(
        "POST {path}/captures HTTP/1.1\r\nhost: x\r\nauthorization: Basic {KEY}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let read =
        kassa_environment::timeout(Duration::from_secs(5), socket.read_to_end(&mut answer)).await;
    assert!(read.is_ok(), "the connection stays open");
    assert_eq!(String::from_utf8_lossy(&answer), "");
    assert_eq!(captured(&desk, &path).await, 5);
    server.abort();
}

#[tokio::test]
async fn rules_are_listed_and_checked() {
    let desk = Desk::new();
    for rule in [
        json!({"operation": "capture"}),
        json!({"operation": "capture", "kind": "explode"}),
        json!({"operation": "capture", "kind": "status_after", "status": 200}),
        json!({"operation": "capture", "kind": "status_after", "nth": 0}),
        json!({"operation": "capture", "kind": "status_after", "extra": 1}),
    ] {
        assert_eq!(
            desk.post("/sandbox/v1/faults", &rule).await.status,
            400,
            "{rule}"
        );
    }
    let id = add(
        &desk,
        json!({"operation": "refund", "nth": 2, "kind": "drop_after"}),
    )
    .await;
    let listed = desk.get("/sandbox/v1/faults").await.json();
    assert_eq!(
        listed["faults"][0],
        json!({"id": id, "operation": "refund", "nth": 2, "times": null, "kind": "drop_after",
        "status": null, "hold_ms": null, "seen": 0, "hits": 0, "held": 0})
    );
    assert_eq!(
        desk.call("DELETE", "/sandbox/v1/faults/99", &Value::Null)
            .await
            .status,
        404
    );
}
