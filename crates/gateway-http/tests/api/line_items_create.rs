//! `POST /api/line_items`.

use std::time::Duration;

use axum::body::Body;
use futures_util::FutureExt;
use http::Method;
use kassa_environment::sleep;
use serde_json::json;

use crate::house::{House, one};

#[tokio::test]
async fn more_than_there_is_names_the_quantity() {
    let house = House::open().await;
    let guest = house.guest("EU").await;
    let order = guest
        .create("orders", json!({}), json!({}))
        .await
        .expect(201)
        .id();
    let sold_out = "BLANKET-WOOL-1";
    let answer = guest
        .create(
            "line_items",
            json!({"sku_code": sold_out, "quantity": 1}),
            json!({"order": one("orders", &order)}),
        )
        .await;
    let error = answer.error(422, "VALIDATION_ERROR");
    assert_eq!(error["source"]["pointer"], "/data/attributes/quantity");
}

#[tokio::test]
async fn the_answer_is_the_new_line_with_its_location() {
    let house = House::open().await;
    let guest = house.guest("EU").await;
    let order = guest
        .create("orders", json!({}), json!({}))
        .await
        .expect(201)
        .id();
    let answer = guest
        .create(
            "line_items",
            json!({"sku_code": house.access.skus[0], "quantity": 2}),
            json!({"order": one("orders", &order)}),
        )
        .await
        .expect(201);
    assert_eq!(
        answer.headers["location"],
        answer.text_at("/data/links/self")
    );
    assert_eq!(answer.attribute("quantity"), 2);
    assert_eq!(answer.attribute("item_type"), "skus");
    assert!(answer.attribute("unit_amount_cents").is_i64());
}

#[tokio::test]
async fn a_client_that_hangs_up_does_not_undo_its_write() {
    let house = House::open().await;
    let guest = house.guest("EU").await;
    let order = guest
        .create("orders", json!({}), json!({}))
        .await
        .expect(201)
        .id();
    let body = json!({"data": {
        "type": "line_items",
        "attributes": {"sku_code": house.access.skus[0], "quantity": 1},
        "relationships": {"order": one("orders", &order)},
    }});
    let request = guest
        .request(Method::POST, "/api/line_items")
        .body(Body::from(body.to_string()))
        .unwrap();
    let answer = Box::pin(house.send(request)).now_or_never();
    assert!(answer.is_none(), "the client is gone before the answer");
    for _ in 0..500 {
        let lines = guest
            .get(&format!("/api/orders/{order}/line_items"))
            .await
            .expect(200);
        if lines.body["meta"]["record_count"] == 1 {
            return;
        }
        sleep(Duration::from_millis(10)).await;
    }
    panic!("the line was never written");
}
