//! Calls over real sockets: what arrives, what is refused, and what a failure proves.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Redirect;
use axum::routing::post;
use kassa_outbound::{Answer, CallFailure, CallLimits, Outbound, Post, Signing, Target, Targets};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

type Seen = Arc<Mutex<Vec<(HeaderMap, Bytes)>>>;

const LIMITS: CallLimits = CallLimits {
    answer_within: Duration::from_secs(5),
    answer_bytes: 16,
};

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// Somebody who takes calls at `/ok`, sends them on from `/moved`, and talks too much at `/long`.
async fn receiver() -> (SocketAddr, Seen) {
    let (listener, address) = listen().await;
    let seen = Seen::default();
    let kept = seen.clone();
    let router = Router::new()
        .route(
            "/ok",
            post(|headers: HeaderMap, body: Bytes| async move {
                kept.lock().unwrap().push((headers, body));
                (StatusCode::ACCEPTED, "thanks")
            }),
        )
        .route("/moved", post(|| async { Redirect::temporary("/ok") }))
        .route("/long", post(|| async { "a".repeat(1_000) }));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (address, seen)
}

async fn call(targets: Targets, url: &str, limits: CallLimits) -> Result<Answer, CallFailure> {
    let post = Post {
        url,
        body: Bytes::from_static(b"{}"),
        idempotency_key: None,
        signing: Signing {
            secret: "secret",
            topic: "orders.place",
            id: "msg_1",
            at: "2026-03-02T09:00:00Z".parse().unwrap(),
        },
    };
    Outbound::new(targets).send(&post, limits).await
}

#[tokio::test]
async fn a_call_arrives_signed() {
    let (address, seen) = receiver().await;
    let answer = call(Targets::Loopback, &format!("http://{address}/ok"), LIMITS)
        .await
        .unwrap();
    assert_eq!(
        (answer.status, &answer.body[..], answer.whole),
        (202, &b"thanks"[..], true)
    );
    let seen = seen.lock().unwrap();
    let (headers, body) = &seen[0];
    assert_eq!(&body[..], b"{}");
    assert_eq!(headers["content-type"], "application/json");
    assert_eq!(headers["x-commercelayer-topic"], "orders.place");
    assert_eq!(headers["webhook-id"], "msg_1");
    assert!(
        headers["webhook-signature"]
            .to_str()
            .unwrap()
            .starts_with("v1,")
    );
}

#[tokio::test]
async fn a_name_is_refused_by_what_it_resolves_to() {
    let (address, seen) = receiver().await;
    let url = format!("https://localhost:{}/ok", address.port());
    // The name alone says nothing yet.
    assert!(Target::parse(&url, Targets::Public).is_ok());
    let refused = call(Targets::Public, &url, LIMITS).await.unwrap_err();
    assert!(matches!(refused, CallFailure::Refused(_)), "{refused:?}");
    let plain = format!("http://localhost:{}/ok", address.port());
    assert_eq!(
        call(Targets::Loopback, &plain, LIMITS)
            .await
            .unwrap()
            .status,
        202
    );
    assert_eq!(seen.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let (address, seen) = receiver().await;
    let answer = call(
        Targets::Loopback,
        &format!("http://{address}/moved"),
        LIMITS,
    )
    .await
    .unwrap();
    assert_eq!((answer.status, answer.is_success()), (307, false));
    assert!(seen.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_long_answer_is_cut() {
    let (address, _) = receiver().await;
    let answer = call(Targets::Loopback, &format!("http://{address}/long"), LIMITS)
        .await
        .unwrap();
    assert_eq!(
        (answer.status, answer.body.len(), answer.whole),
        (200, 16, false)
    );
}

#[tokio::test]
async fn a_closed_port_proves_that_nothing_happened() {
    let (listener, address) = listen().await;
    drop(listener);
    let failure = call(Targets::Loopback, &format!("http://{address}/ok"), LIMITS)
        .await
        .unwrap_err();
    assert!(matches!(failure, CallFailure::NotSent(_)), "{failure:?}");
    assert!(failure.proves_nothing_happened());
}

#[tokio::test]
async fn a_dropped_connection_proves_nothing() {
    let (listener, address) = listen().await;
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            stream.shutdown().await.unwrap();
        }
    });
    let failure = call(Targets::Loopback, &format!("http://{address}/ok"), LIMITS)
        .await
        .unwrap_err();
    assert!(!failure.proves_nothing_happened(), "{failure:?}");
}

#[tokio::test]
async fn a_silent_receiver_is_left_after_the_limit() {
    let (listener, address) = listen().await;
    let limits = CallLimits {
        answer_within: Duration::from_millis(50),
        ..LIMITS
    };
    let url = format!("http://{address}/ok");
    let failure = call(Targets::Loopback, &url, limits).await.unwrap_err();
    assert_eq!(failure, CallFailure::TimedOut(limits.answer_within));
    assert!(!failure.proves_nothing_happened());
    drop(listener);
}
