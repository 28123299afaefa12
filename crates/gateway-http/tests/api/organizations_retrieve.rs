//! `GET /api/organization`.

use crate::house::House;

#[tokio::test]
async fn the_whole_document() {
    let house = House::open().await;
    let answer = house
        .guest("EU")
        .await
        .get("/api/organization")
        .await
        .expect(200);
    insta::assert_json_snapshot!(answer.body);
}

#[tokio::test]
async fn sparse_fields_keep_the_order_of_the_table() {
    let house = House::open().await;
    let answer = house
        .guest("EU")
        .await
        .get("/api/organization?fields[organizations]=slug,id,name")
        .await
        .expect(200);
    let names: Vec<&String> = answer.body["data"]["attributes"]
        .as_object()
        .unwrap()
        .keys()
        .collect();
    assert_eq!(names, ["name", "slug"]);
}
