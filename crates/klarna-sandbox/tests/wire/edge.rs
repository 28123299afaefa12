//! The edge: credentials in every encoding, the HTML 401, sizes, rate limits, isolation.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use crate::desk::{Answer, Desk, KEY, PASSWORD, USER, basic, cart, config};

const UUID: &str = "0b1e5c3a-1111-4222-8333-444455556666";

async fn with_authorization(desk: &Desk, value: Option<&str>) -> Answer {
    let mut request = Request::builder()
        .method("POST")
        .uri("/payments/v1/sessions");
    if let Some(value) = value {
        request = request.header("authorization", value);
    }
    desk.send(request.body(Body::from(cart().to_string())).unwrap())
        .await
}

#[tokio::test]
async fn every_encoding_of_the_credentials_is_accepted() {
    let desk = Desk::new();
    for value in [
        basic(&format!("{USER}:{PASSWORD}")),
        format!("Basic {KEY}"),
        format!("basic {KEY}"),
        basic(KEY),
        basic(&format!(":{KEY}")),
        basic(&format!("{UUID}:{KEY}")),
    ] {
        assert_eq!(
            with_authorization(&desk, Some(&value)).await.status,
            200,
            "{value}"
        );
    }
}

#[tokio::test]
async fn missing_or_wrong_credentials_get_the_page_of_the_edge() {
    let desk = Desk::new();
    let wrong = basic("UG100219_a1b2c3:wrong");
    let foreign_user = basic(&format!("somebody:{KEY}"));
    for value in [
        None,
        Some(wrong.as_str()),
        Some("Basic ???"),
        Some("Bearer x"),
        Some("Basic"),
        Some(foreign_user.as_str()),
    ] {
        let answer = with_authorization(&desk, value).await;
        assert_eq!(answer.status, 401);
        assert_eq!(answer.header("content-type"), "text/html");
        assert_eq!(
            answer.header("www-authenticate"),
            "Basic realm=\"very closed site\""
        );
        assert_eq!(answer.text.len(), 176);
        assert!(!answer.headers.contains_key("klarna-correlation-id"));
    }
}

#[tokio::test]
async fn a_401_can_be_json_instead() {
    let mut config = config();
    config.unauthorized_as_json = true;
    let answer = with_authorization(&Desk::open(config), None).await;
    assert_eq!(
        (answer.status, answer.member("error_code").as_str()),
        (401, "UNAUTHORIZED")
    );
}

#[tokio::test]
async fn answers_carry_the_recorded_headers_and_no_rate_headers() {
    let desk = Desk::new();
    let answer = desk.post("/payments/v1/sessions", &cart()).await;
    for (name, value) in [
        (
            "cache-control",
            "no-cache, no-store, max-age=0, must-revalidate",
        ),
        ("pragma", "no-cache"),
        ("expires", "0"),
        ("x-content-type-options", "nosniff"),
        ("x-xss-protection", "1; mode=block"),
        ("x-frame-options", "DENY"),
        ("vary", "Accept-Encoding"),
    ] {
        assert_eq!(answer.header(name), value);
    }
    assert_eq!(answer.header("klarna-correlation-id").len(), 36);
    assert!(!answer.headers.contains_key("x-ratelimit-limit"));
}

#[tokio::test]
async fn a_read_that_may_bring_a_body_without_a_length_ends_its_connection() {
    let desk = Desk::new();
    let ask = |headers: &[(&str, &str)]| {
        let mut request = Request::get("/sandbox/v1/clock")
            .header("authorization", basic(&format!("{USER}:{PASSWORD}")));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(Body::empty()).unwrap()
    };
    let json = ("content-type", "application/json");
    for (headers, ends) in [
        (&[json][..], true),
        (&[json, ("content-length", "0")], false),
        (&[], false),
    ] {
        let answer = desk.send(ask(headers)).await;
        assert_eq!(answer.status, 200);
        let said = answer
            .headers
            .get("connection")
            .map(|value| value == "close");
        assert_eq!(said, ends.then_some(true), "{headers:?}");
    }
}

#[tokio::test]
async fn a_body_over_one_megabyte_is_413() {
    let desk = Desk::new();
    let mut body = cart();
    body["no_such_field"] = json!("x".repeat(1024 * 1024));
    let answer = desk.post("/payments/v1/sessions", &body).await;
    assert_eq!(
        answer.error(),
        (
            413,
            "REQUEST_TOO_LARGE".into(),
            "Request is too large".into()
        )
    );
}

#[tokio::test]
async fn unknown_paths_and_methods_are_told_apart() {
    let desk = Desk::new();
    assert_eq!(desk.get("/payments/v1/nothing").await.status, 404);
    assert_eq!(desk.get("/payments/v1/sessions").await.status, 405);
    assert_eq!(
        desk.call("DELETE", "/ordermanagement/v1/orders/x", &Value::Null)
            .await
            .status,
        405
    );
}

#[tokio::test]
async fn rate_limits_can_be_switched_on() {
    let desk = Desk::new();
    desk.call(
        "PATCH",
        "/sandbox/v1/settings",
        &json!({"rate_limits": true}),
    )
    .await;
    for remaining in (0..5).rev() {
        let answer = desk.post("/payments/v1/sessions", &cart()).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("x-ratelimit-limit"), "5, 5;w=1");
        assert_eq!(
            answer.header("x-ratelimit-remaining"),
            remaining.to_string()
        );
        assert_eq!(answer.header("x-ratelimit-reset"), "1");
    }
    let over = desk.post("/payments/v1/sessions", &cart()).await;
    assert_eq!(
        over.error(),
        (429, "TOO_MANY_REQUESTS".into(), "Too many requests".into())
    );
    assert_eq!(over.header("x-ratelimit-remaining"), "0");
    desk.clock.advance(1);
    assert_eq!(
        desk.post("/payments/v1/sessions", &cart()).await.status,
        200
    );
}

#[tokio::test]
async fn every_answer_of_a_counting_world_shows_its_limit() {
    let desk = Desk::new();
    let order = desk.order(&cart()).await;
    desk.switch(json!({"rate_limits": true})).await;
    let path = format!("/ordermanagement/v1/orders/{order}");
    let missing = "/ordermanagement/v1/orders/00000000-0000-4000-8000-000000000000";
    let nothing = Value::Null;
    for (method, path, body, status) in [
        ("GET", path.as_str(), &nothing, 200),
        ("GET", missing, &nothing, 404),
        ("GET", "/payments/v1/nothing", &nothing, 404),
        ("PUT", path.as_str(), &nothing, 405),
        ("POST", &format!("{path}/captures"), &json!({}), 422),
        ("POST", &format!("{path}/captures"), &nothing, 400),
        ("POST", &format!("{path}/cancel"), &nothing, 204),
        (
            "POST",
            &format!("{path}/refunds"),
            &json!({"refunded_amount": 1}),
            403,
        ),
    ] {
        let answer = desk.call(method, path, body).await;
        assert_eq!(answer.status, status, "{method} {path}");
        assert_eq!(answer.header("x-ratelimit-limit"), "50, 50;w=1");
        assert!(answer.headers.contains_key("x-ratelimit-remaining"));
    }
}

#[tokio::test]
async fn the_live_column_can_be_counted_instead() {
    let desk = Desk::new();
    desk.switch(json!({"rate_limits": true, "rate_limit_column": "live"}))
        .await;
    let session = desk.post("/payments/v1/sessions", &cart()).await;
    assert_eq!(session.header("x-ratelimit-limit"), "40, 40;w=1");
    let other = desk.get("/payments/v1/sessions/nobody").await;
    assert_eq!(other.header("x-ratelimit-limit"), "200, 200;w=1");
}

#[tokio::test]
async fn headers_beyond_their_limits_are_413() {
    let desk = Desk::new();
    let call = async |headers: &[(&str, &str)]| {
        let path = "/payments/v1/sessions";
        desk.call_with("POST", path, &cart(), headers).await
    };
    let six = "v".repeat(6 * 1024 - "x-one".len());
    assert_eq!(call(&[("x-one", &six)]).await.status, 200);
    let expected = (
        413,
        "REQUEST_TOO_LARGE".into(),
        "Request is too large".into(),
    );
    assert_eq!(call(&[("x-more", &six)]).await.error(), expected);
    let five = "v".repeat(5 * 1024);
    let all = [
        ("x-a", five.as_str()),
        ("x-b", &five),
        ("x-c", &five),
        ("x-d", &five),
    ];
    assert_eq!(call(&all[..3]).await.status, 200);
    assert_eq!(call(&all).await.error(), expected);
}

#[tokio::test]
async fn worlds_do_not_see_each_other() {
    let desk = Desk::new();
    let session = desk.session(&cart()).await;
    let order = desk.order(&cart()).await;
    for path in [
        format!("/payments/v1/sessions/{session}"),
        format!("/ordermanagement/v1/orders/{order}"),
    ] {
        let request = Request::builder()
            .uri(path)
            .header("authorization", "Basic klarna_test_api_other");
        assert_eq!(
            desk.send(request.body(Body::empty()).unwrap()).await.status,
            404
        );
    }
    let request = Request::builder()
        .method("POST")
        .uri("/sandbox/v1/clock/advance")
        .header("authorization", "Basic klarna_test_api_other");
    desk.send(request.body(Body::from(r#"{"seconds": 9999999}"#)).unwrap())
        .await;
    assert_eq!(
        desk.get(&format!("/payments/v1/sessions/{session}"))
            .await
            .status,
        200
    );
}
