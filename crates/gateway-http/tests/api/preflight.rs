//! Cross-origin requests from browsers.

use axum::body::Body;
use http::{Request, header};

use crate::house::House;

#[tokio::test]
async fn a_preflight_allows_what_the_client_sends() {
    let house = House::open().await;
    let request = Request::options("/api/orders/aBcDeFgHiJ")
        .header(header::ORIGIN, "https://checkout.example.com")
        .header(header::ACCESS_CONTROL_REQUEST_METHOD, "PATCH")
        .header(
            header::ACCESS_CONTROL_REQUEST_HEADERS,
            "authorization,content-type",
        )
        .body(Body::empty())
        .unwrap();
    let answer = house.send(request).await.expect(200);
    let header =
        |name: header::HeaderName| answer.headers[name].to_str().unwrap().to_ascii_lowercase();
    assert_eq!(header(header::ACCESS_CONTROL_ALLOW_ORIGIN), "*");
    let headers = header(header::ACCESS_CONTROL_ALLOW_HEADERS);
    assert!(headers.contains("authorization") && headers.contains("content-type"));
    let methods = header(header::ACCESS_CONTROL_ALLOW_METHODS);
    assert!(methods.contains("patch") && methods.contains("delete"));
    assert_eq!(header(header::ACCESS_CONTROL_MAX_AGE), "7200");
}

#[tokio::test]
async fn refusals_can_be_read_across_origins_and_limits_are_exposed() {
    let house = House::open().await;
    let request = Request::get("/api/orders/aBcDeFgHiJ")
        .header(header::ORIGIN, "https://checkout.example.com")
        .body(Body::empty())
        .unwrap();
    let answer = house.send(request).await;
    answer.error(401, "INVALID_TOKEN");
    assert_eq!(answer.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    let exposed = answer.headers[header::ACCESS_CONTROL_EXPOSE_HEADERS]
        .to_str()
        .unwrap();
    for name in [
        "x-ratelimit-limit",
        "x-ratelimit-interval",
        "x-ratelimit-remaining",
    ] {
        assert!(exposed.contains(name), "{exposed}");
        assert!(answer.headers.contains_key(name), "{name}");
    }
}
