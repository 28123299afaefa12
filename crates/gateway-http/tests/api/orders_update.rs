//! `PATCH /api/orders/:id`: placing and what stands in its way.

use serde_json::json;

use crate::house::{House, one};

#[tokio::test]
async fn placing_twice_answers_the_placed_order() {
    let house = House::open().await;
    let guest = house.guest("EU").await;
    let (order, _) = guest.approved().await;
    let place = format!("orders/{order}?include=authorizations");
    let first = guest
        .update(&place, json!({"_place": true}), json!({}))
        .await
        .expect(200);
    let second = guest
        .update(&place, json!({"_place": true}), json!({}))
        .await
        .expect(200);
    assert_eq!(first.attribute("status"), "placed");
    assert_eq!(second.attribute("status"), "placed");
    let integration = house.integration().await;
    let rows = integration
        .get(&format!(
            "/api/authorizations?filter[q][order_id_eq]={order}"
        ))
        .await
        .expect(200);
    assert_eq!(rows.body["meta"]["record_count"], 1);
}

#[tokio::test]
async fn placing_without_a_source_is_refused() {
    let house = House::open().await;
    let guest = house.guest("EU").await;
    let order = guest.cart().await;
    let answer = guest
        .update(
            &format!("orders/{order}"),
            json!({"_place": true}),
            json!({}),
        )
        .await;
    answer.error(422, "VALIDATION_ERROR");
}

#[tokio::test]
async fn placing_without_an_approval_is_refused() {
    let house = House::open().await;
    let guest = house.guest("EU").await;
    let (order, _) = guest.checkout().await;
    let answer = guest
        .update(
            &format!("orders/{order}"),
            json!({"_place": true}),
            json!({}),
        )
        .await;
    answer.error(422, "VALIDATION_ERROR");
    let still = guest.get(&format!("/api/orders/{order}")).await.expect(200);
    assert_eq!(still.attribute("status"), "pending");
}

#[tokio::test]
async fn an_amount_change_drops_the_source() {
    let house = House::open().await;
    let guest = house.guest("EU").await;
    let (order, _) = guest.approved().await;
    guest
        .create(
            "line_items",
            json!({"sku_code": house.access.skus[1], "quantity": 1}),
            json!({"order": one("orders", &order)}),
        )
        .await
        .expect(201);
    let after = guest
        .get(&format!("/api/orders/{order}?include=payment_source"))
        .await
        .expect(200);
    assert_eq!(
        after.linkage("payment_source"),
        Some(&serde_json::Value::Null)
    );
}

#[tokio::test]
async fn a_sales_channel_may_not_send_an_integrations_attribute() {
    let house = House::open().await;
    let guest = house.guest("EU").await;
    let order = guest.cart().await;
    for attributes in [json!({"_approve": true}), json!({"number": "MINE"})] {
        let answer = guest
            .update(&format!("orders/{order}"), attributes, json!({}))
            .await;
        answer.error(401, "UNAUTHORIZED");
    }
}

#[tokio::test]
async fn an_item_added_after_the_shipping_was_chosen_is_no_obstacle() {
    let house = House::open().await;
    let guest = house.guest("EU").await;
    let (order, _) = guest.checkout().await;
    for sku in &house.access.skus[1..4] {
        guest
            .create(
                "line_items",
                json!({"sku_code": sku, "quantity": 1}),
                json!({"order": one("orders", &order)}),
            )
            .await
            .expect(201);
    }
    let source = guest
        .create(
            "klarna_payments",
            json!({}),
            json!({"order": one("orders", &order)}),
        )
        .await
        .expect(201)
        .id();
    let token = guest.approve(&source).await;
    guest
        .update(
            &format!("klarna_payments/{source}"),
            json!({"auth_token": token}),
            json!({}),
        )
        .await
        .expect(200);
    let placed = guest
        .update(
            &format!("orders/{order}"),
            json!({"_place": true}),
            json!({}),
        )
        .await
        .expect(200);
    assert_eq!(placed.attribute("status"), "placed");
}

#[tokio::test]
async fn what_is_taxed_shows_the_rule_until_the_order_says_itself() {
    let house = House::open().await;
    let guest = house.guest("EU").await;
    let cart = guest.cart().await;
    let read = guest.get(&format!("/api/orders/{cart}")).await.expect(200);
    assert_eq!(
        read.attribute("freight_taxable"),
        false,
        "no destination yet"
    );
    let (order, _) = guest.checkout().await;
    let place = format!("/api/orders/{order}");
    let read = guest.get(&place).await.expect(200);
    assert_eq!(read.attribute("freight_taxable"), true);
    assert_eq!(read.attribute("payment_method_taxable"), true);
    let taxed = read.attribute("shipping_tax_amount_cents").clone();
    assert_ne!(taxed, 0);
    let office = house.integration().await;
    for (sent, shown) in [(json!(false), false), (json!(null), true)] {
        office
            .update(
                &format!("orders/{order}"),
                json!({"freight_taxable": sent}),
                json!({}),
            )
            .await
            .expect(200);
        let read = guest.get(&place).await.expect(200);
        assert_eq!(read.attribute("freight_taxable"), shown);
        let expected = if shown { taxed.clone() } else { json!(0) };
        assert_eq!(*read.attribute("shipping_tax_amount_cents"), expected);
    }
}
