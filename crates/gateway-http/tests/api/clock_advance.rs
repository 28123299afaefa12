//! `POST /kassa/v1/clock/advance`.

use http::Method;
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
