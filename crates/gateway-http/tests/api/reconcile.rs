//! `POST /kassa/v1/reconcile`.

use http::Method;
use serde_json::json;

use crate::house::House;

const PATH: &str = "/kassa/v1/reconcile";

#[tokio::test]
async fn an_integration_reads_its_books() {
    let house = House::open().await;
    let integration = house.integration().await;
    for body in [None, Some(json!({})), Some(json!({"limit": 200}))] {
        let answer = integration.call(Method::POST, PATH, body).await.expect(200);
        let nothing = json!({
            "read": 0, "differed": [], "unread": [], "need_person": [], "next": null
        });
        assert_eq!(answer.body, nothing);
    }
}

#[tokio::test]
async fn nobody_else_does_and_nonsense_is_named() {
    let house = House::open().await;
    house
        .guest("EU")
        .await
        .call(Method::POST, PATH, Some(json!({})))
        .await
        .error(401, "UNAUTHORIZED");
    let integration = house.integration().await;
    for (body, status, code) in [
        (json!({"limit": 0}), 422, "VALIDATION_ERROR"),
        (json!({"settled_days": -1}), 422, "VALIDATION_ERROR"),
        (json!({"limit": "many"}), 400, "INVALID_DATA_FORMAT"),
        (json!({"orders": []}), 400, "INVALID_DATA_FORMAT"),
        (json!([]), 400, "INVALID_DATA_FORMAT"),
    ] {
        integration
            .call(Method::POST, PATH, Some(body))
            .await
            .error(status, code);
    }
}
