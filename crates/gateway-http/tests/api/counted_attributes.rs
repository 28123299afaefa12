//! Attributes that are counted: `quantity` of stock items, `total_orders_count` of customers.

use serde_json::{Value, json};

use crate::house::{House, Visitor};

/// Every predicate of the table that fits whole numbers, with what it finds among 0, 3 and 12.
const PREDICATES: &[(&str, &[i64])] = &[
    ("eq=3", &[3]),
    ("not_eq=3", &[0, 12]),
    ("eq_or_null=3", &[3]),
    ("not_eq_or_null=3", &[0, 12]),
    ("eq_any=3,12", &[3, 12]),
    ("eq_all=3,12", &[]),
    ("not_eq_any=3,12", &[0, 3, 12]),
    ("not_eq_all=3,12", &[0]),
    ("lt=3", &[0]),
    ("lteq=3", &[0, 3]),
    ("gt=3", &[12]),
    ("gteq=3", &[3, 12]),
    ("lt_any=3,12", &[0, 3]),
    ("gteq_all=3,12", &[12]),
    ("in=0,12", &[0, 12]),
    ("not_in=0,12", &[3]),
    ("not_in_or_null=0,12", &[3]),
    ("present=true", &[0, 3, 12]),
    ("present=false", &[]),
    ("blank=true", &[]),
    ("blank=false", &[0, 3, 12]),
    ("null=true", &[]),
    ("null=false", &[0, 3, 12]),
    ("not_null=true", &[0, 3, 12]),
];

/// The values of `attribute` in a list, sorted.
async fn values(office: &Visitor<'_>, path: &str, attribute: &str) -> Vec<i64> {
    let answer = office.get(path).await.expect(200);
    let rows = answer.body["data"].as_array().unwrap();
    assert_eq!(answer.body["meta"]["record_count"], rows.len(), "{path}");
    let value = |row: &Value| row["attributes"][attribute].as_i64().unwrap();
    rows.iter().map(value).collect()
}

#[tokio::test]
async fn stock_is_filtered_and_sorted_by_its_quantity() {
    let house = House::open().await;
    let office = house.integration().await;
    let mut items = Vec::new();
    let items_of_demo = office
        .get("/api/stock_items?page[size]=1&include=sku,stock_location")
        .await
        .expect(200);
    let location = items_of_demo.included("stock_locations")[0]["id"].clone();
    let category = office.get("/api/shipping_categories").await.expect(200);
    let category = category.text_at("/data/0/id");
    for quantity in [12, 0, 3] {
        let attributes = json!({"code": format!("COUNTED{quantity}"), "name": "Counted"});
        let sku = office
            .create(
                "skus",
                attributes,
                json!({"shipping_category": {"data": {"type": "shipping_categories", "id": category}}}),
            )
            .await
            .expect(201);
        let item = office
            .create(
                "stock_items",
                json!({"quantity": quantity}),
                json!({
                    "stock_location": {"data": {"type": "stock_locations", "id": location}},
                    "sku": {"data": {"type": "skus", "id": sku.text_at("/data/id")}},
                }),
            )
            .await
            .expect(201);
        items.push(item.text_at("/data/id"));
    }
    let mine = format!("filter[q][id_in]={}", items.join(","));
    for (predicate, expected) in PREDICATES {
        let path = format!(
            "/api/stock_items?{mine}&sort=quantity&filter[q][quantity_{}",
            predicate.replacen('=', "]=", 1)
        );
        assert_eq!(
            values(&office, &path, "quantity").await,
            *expected,
            "{predicate}"
        );
    }
    let path = format!("/api/stock_items?{mine}&sort=-quantity");
    assert_eq!(values(&office, &path, "quantity").await, [12, 3, 0]);
    let across = office
        .get("/api/skus?filter[q][code_start]=COUNTED&filter[q][stock_items_quantity_gt]=0&sort=code")
        .await
        .expect(200);
    let codes: Vec<_> = [0, 1]
        .map(|at| across.text_at(&format!("/data/{at}/attributes/code")))
        .into();
    assert_eq!(codes, ["COUNTED12", "COUNTED3"]);
    // What is sold is gone from the next search.
    office
        .update(
            &format!("stock_items/{}", items[2]),
            json!({"quantity": 1}),
            json!({}),
        )
        .await
        .expect(200);
    let path = format!("/api/stock_items?{mine}&filter[q][quantity_lt]=3&sort=quantity");
    assert_eq!(values(&office, &path, "quantity").await, [0, 1]);
    for bad in ["quantity_cont]=1", "quantity_true]=1", "quantity_jcont]={}"] {
        office
            .get(&format!("/api/stock_items?filter[q][{bad}"))
            .await
            .error(400, "FILTER_NOT_ALLOWED");
    }
}

#[tokio::test]
async fn customers_are_filtered_and_sorted_by_their_orders() {
    let house = House::open().await;
    house.guest("EU").await.placed().await;
    // A cart is no order yet.
    house.customer().await.cart().await;
    let office = house.integration().await;
    office
        .create(
            "customers",
            json!({"email": "nobody@example.com"}),
            json!({}),
        )
        .await
        .expect(201);
    for (predicate, expected) in [
        ("eq]=1", vec![1]),
        ("gt]=0", vec![1]),
        ("gteq]=1", vec![1]),
        ("lt]=2", vec![0, 0, 1]),
        ("in]=1,2", vec![1]),
        ("not_eq]=0", vec![1]),
        ("not_in]=1", vec![0, 0]),
        ("eq_any]=0,1", vec![0, 0, 1]),
        ("present]=true", vec![0, 0, 1]),
        ("null]=true", vec![]),
    ] {
        let path = format!(
            "/api/customers?sort=total_orders_count&filter[q][total_orders_count_{predicate}"
        );
        assert_eq!(
            values(&office, &path, "total_orders_count").await,
            expected,
            "{predicate}"
        );
    }
    let path = "/api/customers?sort=-total_orders_count";
    assert_eq!(values(&office, path, "total_orders_count").await, [1, 0, 0]);
}

/// A placed order has a `customer_type` (new or returning), which is not the type of its customer.
#[tokio::test]
async fn placed_orders_are_found_by_their_customer() {
    let house = House::open().await;
    let order = house.guest("EU").await.placed().await;
    let office = house.integration().await;
    for filter in [
        "customer_status_eq]=acquired",
        "customer_total_orders_count_eq]=1",
        "customer_email_start]=customer",
    ] {
        let answer = office
            .get(&format!("/api/orders?filter[q][{filter}"))
            .await
            .expect(200);
        assert_eq!(answer.text_at("/data/0/id"), order, "{filter}");
    }
}

/// Metadata is `{}` where nothing was set, in documents and in filters.
#[tokio::test]
async fn metadata_is_blank_but_never_null() {
    let house = House::open().await;
    let office = house.integration().await;
    let total = office.get("/api/markets").await.expect(200).body["meta"]["record_count"].clone();
    let market = office
        .get("/api/markets")
        .await
        .expect(200)
        .text_at("/data/0/id");
    let place = format!("markets/{market}");
    office
        .update(&place, json!({"metadata": {"k": "v"}}), json!({}))
        .await
        .expect(200);
    let total = total.as_i64().unwrap();
    for (predicate, expected) in [
        ("null]=true", 0),
        ("null]=false", total),
        ("not_null]=true", total),
        ("present]=true", 1),
        ("blank]=true", total - 1),
        ("jcont]={}", total),
        (r#"jcont]={"k":"v"}"#, 1),
    ] {
        let path = format!("/api/markets?filter[q][metadata_{predicate}");
        let answer = office.get(&path.replace('"', "%22")).await.expect(200);
        assert_eq!(answer.body["meta"]["record_count"], expected, "{predicate}");
    }
    let cleared = office
        .update(&place, json!({"metadata": null}), json!({}))
        .await
        .expect(200);
    assert_eq!(*cleared.attribute("metadata"), json!({}));
    let answer = office
        .get("/api/markets?filter[q][metadata_null]=true")
        .await
        .expect(200);
    assert_eq!(answer.body["meta"]["record_count"], 0);
}
