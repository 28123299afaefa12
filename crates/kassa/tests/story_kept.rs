//! The story of an order outlives the process that wrote it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::body::Body;
use axum::extract::ConnectInfo;
use http::{Request, header};
use http_body_util::BodyExt;
use kassa::demo::client::Client;
use kassa::demo::story::Story;
use kassa::demo::{Running, Start};
use kassa_dashboard::DashboardOptions;
use tower::ServiceExt;

/// The story page of `order`, as a browser on this machine gets it.
async fn page(running: &Running, order: &str) -> String {
    let router = kassa_dashboard::router(running.gateway().clone(), DashboardOptions::default());
    let mut request = Request::get(format!("/dashboard/orders/{order}"))
        .header(header::HOST, "localhost")
        .body(Body::empty())
        .unwrap();
    let peer = SocketAddr::from((Ipv4Addr::LOCALHOST, 40_000));
    request.extensions_mut().insert(ConnectInfo(peer));
    let response = router.oneshot(request).await.unwrap();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test]
async fn a_restart_shows_the_same_story() {
    let folder = tempfile::tempdir().unwrap();
    let start = || Start::in_folder(folder.path().join("data"));
    let running = Running::start(start()).await.unwrap();
    let ready = Arc::new(running.ready().clone());
    let mut story = Story::new(ready, Client::new(), false);
    story.whole().await.unwrap();
    let before = page(&running, &story.order).await;
    for call in [
        "POST /api/orders",
        "POST /api/line_items",
        "PATCH /api/shipments/",
        "PATCH /api/klarna_payments/",
        "POST /klarna/authorizations/",
    ] {
        assert!(before.contains(call), "{call}\n{before}");
    }
    running.stop().await.unwrap();
    let running = Running::start(start()).await.unwrap();
    assert_eq!(page(&running, &story.order).await, before);
    running.stop().await.unwrap();
}
