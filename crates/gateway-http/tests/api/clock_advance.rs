//! `POST /kassa/v1/clock/advance`.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::body::Body;
use axum::extract::ConnectInfo;
use http::{Method, Request};
use kassa_gateway_http::HttpOptions;
use serde_json::json;

use crate::house::House;

const PATH: &str = "/kassa/v1/clock/advance";

#[tokio::test]
async fn an_integration_moves_business_time() {
    let house = House::open().await;
    let integration = house.integration().await;
    let answer = integration
        .call(Method::POST, PATH, Some(json!({"seconds": 3600})))
        .await
        .expect(200);
    assert_eq!(answer.body["now"], "2026-03-02T10:00:00.000Z");
    assert_eq!(answer.body["offset_seconds"], 3600);
    let order = integration
        .create("addresses", crate::house::german_address(), json!({}))
        .await
        .expect(201);
    assert_eq!(order.attribute("created_at"), "2026-03-02T10:00:00.000Z");
}

#[tokio::test]
async fn nobody_else_does_and_never_backwards() {
    let house = House::open().await;
    let guest = house.guest("EU").await;
    guest
        .call(Method::POST, PATH, Some(json!({"seconds": 1})))
        .await
        .error(401, "UNAUTHORIZED");
    let integration = house.integration().await;
    for (body, status, code) in [
        (json!({"seconds": -1}), 422, "VALIDATION_ERROR"),
        (json!({"seconds": i64::MAX}), 422, "VALIDATION_ERROR"),
        (json!({"seconds": "1"}), 400, "INVALID_DATA_FORMAT"),
        (json!({}), 400, "INVALID_DATA_FORMAT"),
    ] {
        integration
            .call(Method::POST, PATH, Some(body))
            .await
            .error(status, code);
    }
    integration
        .call(Method::GET, PATH, None)
        .await
        .error(405, "METHOD_NOT_ALLOWED");
}

#[tokio::test]
async fn the_demo_asks_nobody_on_its_own_machine_for_a_token() {
    let house = House::with(HttpOptions {
        clock_moved: Some(Arc::new(|_| Box::pin(async { Ok(()) }))),
        ..HttpOptions::default()
    })
    .await;
    for (peer, status) in [
        (Ipv4Addr::LOCALHOST, 200),
        (Ipv4Addr::new(192, 0, 2, 1), 401),
    ] {
        let mut request = Request::post(PATH)
            .body(Body::from(json!({"seconds": 60}).to_string()))
            .unwrap();
        let peer = ConnectInfo(SocketAddr::from((peer, 50_000)));
        request.extensions_mut().insert(peer);
        house.send(request).await.expect(status);
    }
}
