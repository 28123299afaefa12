//! Health, metrics and descriptions.

use axum::body::Body;
use http::Request;

use crate::house::House;

async fn get(house: &House, path: &str) -> crate::house::Answer {
    house
        .send(Request::get(path).body(Body::empty()).unwrap())
        .await
}

#[tokio::test]
async fn alive_and_ready() {
    let house = House::open().await;
    get(&house, "/livez").await.expect(200);
    get(&house, "/readyz").await.expect(200);
}

#[tokio::test]
async fn metrics_count_requests_without_ids() {
    let house = House::open().await;
    house
        .guest("EU")
        .await
        .get("/api/organization")
        .await
        .expect(200);
    let metrics = get(&house, "/metrics").await.expect(200);
    assert!(
        metrics.text.contains("kassa_http_requests_total"),
        "{}",
        metrics.text
    );
    assert!(
        metrics.text.contains("route=\"organization\""),
        "{}",
        metrics.text
    );
}

#[tokio::test]
async fn the_description_covers_the_registry() {
    let house = House::open().await;
    let openapi = get(&house, "/openapi.json").await.expect(200);
    assert_eq!(openapi.body["openapi"], "3.1.0");
    assert!(openapi.body["paths"]["/api/klarna_payments/{id}"]["patch"].is_object());
    let facts = get(&house, "/resources.json").await.expect(200);
    let types = facts.body["resources"].as_object().unwrap();
    for (kind, facts) in types {
        let path = match facts["singleton"].as_bool() {
            Some(true) => format!("/api/{}", facts["id"].as_str().unwrap()),
            _ => format!("/api/{kind}"),
        };
        assert!(openapi.body["paths"][&path].is_object(), "{path}");
    }
    let typings = get(&house, "/resources.d.ts").await.expect(200);
    assert_eq!(typings.text.matches("/** One of `").count(), types.len());
}
