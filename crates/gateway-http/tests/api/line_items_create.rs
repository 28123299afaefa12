//! `POST /api/line_items`.

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
