//! Each status of the published table, once.

use axum::body::Body;
use http::{Method, header};
use kassa_gateway_http::HttpOptions;
use serde_json::json;

use crate::house::{House, JSON_API};

#[tokio::test]
async fn accept_must_allow_json_api() {
    let house = House::open().await;
    let guest = house.guest("EU").await;
    let mut request = guest
        .request(Method::GET, "/api/organization")
        .body(Body::empty())
        .unwrap();
    request
        .headers_mut()
        .insert(header::ACCEPT, "application/json".parse().unwrap());
    house.send(request).await.error(406, "NOT_ACCEPTABLE");
}

#[tokio::test]
async fn content_type_must_be_json_api() {
    let house = House::open().await;
    let guest = house.guest("EU").await;
    let mut request = guest
        .request(Method::POST, "/api/orders")
        .body(Body::from(json!({"data": {"type": "orders"}}).to_string()))
        .unwrap();
    request
        .headers_mut()
        .insert(header::CONTENT_TYPE, "application/json".parse().unwrap());
    house
        .send(request)
        .await
        .error(415, "UNSUPPORTED_MEDIA_TYPE");
}

#[tokio::test]
async fn no_token_or_a_wrong_one_is_401() {
    let house = House::open().await;
    let mut guest = house.guest("EU").await;
    let mut request = guest
        .request(Method::GET, "/api/organization")
        .body(Body::empty())
        .unwrap();
    request.headers_mut().remove(header::AUTHORIZATION);
    let answer = house.send(request).await;
    answer.error(401, "INVALID_TOKEN");
    assert_eq!(answer.headers[header::WWW_AUTHENTICATE], "Bearer");
    guest.token.push('x');
    guest
        .get("/api/organization")
        .await
        .error(401, "INVALID_TOKEN");
    guest.token = "nonsense".to_owned();
    guest
        .get("/api/organization")
        .await
        .error(401, "INVALID_TOKEN");
}

#[tokio::test]
async fn an_expired_token_is_401_and_only_machine_time_ends_it() {
    let house = House::open().await;
    let guest = house.guest("EU").await;
    let integration = house.integration().await;
    integration
        .call(
            Method::POST,
            "/kassa/v1/clock/advance",
            Some(json!({"seconds": 86_400})),
        )
        .await
        .expect(200);
    guest.get("/api/organization").await.expect(200);
    house.machine.advance(4 * 3_600 - 1);
    guest.get("/api/organization").await.expect(200);
    house.machine.advance(2);
    guest
        .get("/api/organization")
        .await
        .error(401, "INVALID_TOKEN");
}

#[tokio::test]
async fn unknown_names_are_404_and_say_so() {
    let house = House::open().await;
    let guest = house.guest("EU").await;
    let answer = guest.get("/api/nonsense").await;
    let error = answer.error(404, "INVALID_RESOURCE");
    assert!(error["detail"].as_str().unwrap().contains("nonsense"));
    guest
        .get("/api/orders/doesNotExi")
        .await
        .error(404, "RECORD_NOT_FOUND");
    guest.get("/api").await.error(404, "INVALID_RESOURCE");
}

#[tokio::test]
async fn a_published_type_that_is_not_served_is_404_and_says_so() {
    let house = House::open().await;
    let guest = house.guest("EU").await;
    for kind in [
        "buy_x_pay_y_promotions",
        "tags",
        "returns",
        "stripe_payments",
        "price_list_schedulers",
    ] {
        let answer = guest.get(&format!("/api/{kind}")).await;
        let error = answer.error(404, "INVALID_RESOURCE");
        let detail = error["detail"].as_str().unwrap();
        assert!(
            detail.contains(kind) && detail.contains("not served here"),
            "{detail}"
        );
    }
    let served = guest.get("/api/prices").await.expect(200);
    assert!(served.body["data"].is_array());
}

#[tokio::test]
async fn a_verb_that_is_not_offered_is_405_and_names_those_that_are() {
    let house = House::open().await;
    let guest = house.guest("EU").await;
    let answer = guest
        .call(Method::PUT, "/api/orders/aBcDeFgHiJ", None)
        .await;
    answer.error(405, "METHOD_NOT_ALLOWED");
    assert_eq!(answer.headers[header::ALLOW], "GET, HEAD, PATCH, DELETE");
    guest
        .create("transactions", json!({}), json!({}))
        .await
        .error(405, "METHOD_NOT_ALLOWED");
    guest
        .delete("/api/organization")
        .await
        .error(405, "METHOD_NOT_ALLOWED");
}

#[tokio::test]
async fn a_body_over_the_limit_is_413() {
    let house = House::with(HttpOptions {
        body_limit_bytes: 1_000,
        ..HttpOptions::default()
    })
    .await;
    let guest = house.guest("EU").await;
    let answer = guest
        .create(
            "orders",
            json!({"metadata": {"filler": "x".repeat(2_000)}}),
            json!({}),
        )
        .await;
    answer.error(413, "PAYLOAD_TOO_LARGE");
}

#[tokio::test]
async fn too_many_requests_are_429() {
    let house = House::with(HttpOptions {
        rate_limits: "reads=2,tokens=2".parse().unwrap(),
        ..HttpOptions::default()
    })
    .await;
    let guest = house.guest("EU").await;
    let first = guest.get("/api/organization").await.expect(200);
    assert_eq!(first.headers["x-ratelimit-limit"], "2");
    assert_eq!(first.headers["x-ratelimit-remaining"], "1");
    guest.get("/api/organization").await.expect(200);
    let third = guest.get("/api/organization").await;
    third.error(429, "TOO_MANY_REQUESTS");
    for (name, value) in [("limit", "2"), ("interval", "60"), ("remaining", "0")] {
        assert_eq!(
            third.headers[format!("x-ratelimit-{name}")],
            value,
            "{name}"
        );
    }
    // Other classes have limits of their own, told on every answer, refusals included.
    let sku = guest.get("/api/skus").await.expect(200);
    assert_eq!(sku.headers["x-ratelimit-limit"], "1000000");
    let empty = house.ask_token(json!({})).await;
    assert_eq!(empty.status, 400);
    assert_eq!(empty.headers["x-ratelimit-remaining"], "0");
    let again = house.ask_token(json!({})).await;
    again.error(429, "TOO_MANY_REQUESTS");
}

#[tokio::test]
async fn deleting_answers_204_without_a_body() {
    let house = House::open().await;
    let guest = house.guest("EU").await;
    let order = guest.cart().await;
    let lines = guest
        .get(&format!("/api/orders/{order}/line_items"))
        .await
        .expect(200);
    let line = lines.text_at("/data/0/id");
    let answer = guest
        .delete(&format!("/api/line_items/{line}"))
        .await
        .expect(204);
    assert_eq!(answer.text, "");
    guest
        .get(&format!("/api/line_items/{line}"))
        .await
        .error(404, "RECORD_NOT_FOUND");
}

#[tokio::test]
async fn answers_are_json_api_and_not_cached() {
    let house = House::open().await;
    let answer = house
        .guest("EU")
        .await
        .get("/api/organization")
        .await
        .expect(200);
    assert_eq!(answer.headers[header::CONTENT_TYPE], JSON_API);
    assert_eq!(answer.headers[header::CACHE_CONTROL], "private, no-store");
}
