//! Carts: from an empty order to one that could be placed.

use serde_json::{Value, json};

use crate::world::{World, many, refusal, to_one, violations};

const MUG: &str = "MUG-CLAY-01";

pub fn berlin() -> Value {
    json!({
        "first_name": "Jane", "last_name": "Doe", "line_1": "Example Street 1", "city": "Berlin",
        "zip_code": "10178", "country_code": "DE", "phone": "+4930000000",
    })
}

#[tokio::test]
async fn an_order_takes_its_market_from_the_scope() {
    let world = World::new().await;
    let guest = world.guest("EU").await;
    let order = world.post(&guest, "orders", json!({})).await.unwrap();
    assert_eq!(order.text("status"), Some("draft"));
    assert_eq!(order.text("currency_code"), Some("EUR"));
    assert_eq!(order.body["tax_included"], true);
    assert_eq!(order.body["guest"], true);
    assert_eq!(
        order.text("market_id"),
        Some(world.access.markets["EU"].as_str())
    );
    assert_eq!(order.key.id.len(), 10);
}

#[tokio::test]
async fn a_line_copies_name_and_price_and_the_order_follows() {
    let world = World::new().await;
    let guest = world.guest("EU").await;
    let order = world
        .post(&guest, "orders", json!({}))
        .await
        .unwrap()
        .key
        .id;
    let line = world.line(&guest, &order, MUG, 2).await.unwrap();
    assert_eq!(line.text("name"), Some("Clay mug"));
    assert_eq!(line.integer("unit_amount_cents"), Some(1890));
    assert_eq!(line.integer("total_amount_cents"), Some(3780));
    let order = world.get(&guest, "orders", &order).await.unwrap();
    assert_eq!(order.integer("subtotal_amount_cents"), Some(3780));
    assert_eq!(order.integer("skus_count"), Some(2));
    assert_eq!(
        order.text("status"),
        Some("draft"),
        "there is no customer yet"
    );
}

#[tokio::test]
async fn an_email_makes_the_customer_and_the_order_pending() {
    let world = World::new().await;
    let guest = world.guest("EU").await;
    let order = world.cart(&guest, MUG, 1).await;
    let email = json!({"customer_email": "Jane@Example.com"});
    let changed = world.patch(&guest, "orders", &order, email).await.unwrap();
    assert_eq!(changed.text("status"), Some("pending"));
    assert_eq!(changed.text("customer_email"), Some("jane@example.com"));
    let other = world.cart(&guest, MUG, 1).await;
    let email = json!({"customer_email": "jane@example.com"});
    let second = world.patch(&guest, "orders", &other, email).await.unwrap();
    assert_eq!(second.text("customer_id"), changed.text("customer_id"));
}

#[tokio::test]
async fn more_than_there_is_is_refused_on_quantity() {
    let world = World::new().await;
    let guest = world.guest("EU").await;
    let order = world
        .post(&guest, "orders", json!({}))
        .await
        .unwrap()
        .key
        .id;
    let sold_out = world.line(&guest, &order, "BLANKET-WOOL-1", 1).await;
    let violation = violations(sold_out).remove(0);
    assert_eq!(violation.error, "less_than_or_equal_to");
    assert_eq!(violation.value, Some(1.into()));
    assert_eq!(violation.meta["count"], 0);
    assert_eq!(
        refusal(world.line(&guest, &order, "STOOL-ASH-45", 16).await).0,
        "quantity"
    );
    assert!(world.line(&guest, &order, "STOOL-ASH-45", 15).await.is_ok());
    assert_eq!(
        refusal(world.line(&guest, &order, "STOOL-ASH-45", 1).await).0,
        "quantity"
    );
    for quantity in [0, -1, i64::MAX] {
        assert_eq!(
            refusal(world.line(&guest, &order, MUG, quantity).await).0,
            "quantity",
            "{quantity}"
        );
    }
    assert_eq!(
        refusal(world.line(&guest, &order, "NO-SUCH", 1).await).0,
        "sku_code"
    );
}

#[tokio::test]
async fn update_quantity_adds_to_the_row_of_the_same_sku() {
    let world = World::new().await;
    let guest = world.guest("EU").await;
    let order = world.cart(&guest, MUG, 1).await;
    let more = json!({
        "sku_code": MUG, "quantity": 2, "_update_quantity": true, "order": ["orders", order],
    });
    let line = world.post(&guest, "line_items", more).await.unwrap();
    assert_eq!(line.integer("quantity"), Some(3));
    let graph = world
        .graph(&guest, "orders", &order, "line_items")
        .await
        .unwrap();
    assert_eq!(many(&graph, &graph.primary[0].key, "line_items").len(), 1);
    let changed = world
        .patch(&guest, "line_items", &line.key.id, json!({"quantity": 5}))
        .await
        .unwrap();
    assert_eq!(changed.integer("total_amount_cents"), Some(5 * 1890));
    world
        .delete(&guest, "line_items", &line.key.id)
        .await
        .unwrap();
    let order = world.get(&guest, "orders", &order).await.unwrap();
    assert_eq!(order.integer("total_amount_cents"), Some(0));
}

#[tokio::test]
async fn shipments_appear_with_the_address_and_cost_with_the_method() {
    let world = World::new().await;
    let guest = world.guest("EU").await;
    let order = world.cart(&guest, MUG, 2).await;
    let graph = world
        .graph(&guest, "orders", &order, "shipments")
        .await
        .unwrap();
    assert!(many(&graph, &graph.primary[0].key, "shipments").is_empty());

    let address = world.post(&guest, "addresses", berlin()).await.unwrap();
    assert_eq!(address.text("full_name"), Some("Jane Doe"));
    world
        .patch(
            &guest,
            "orders",
            &order,
            json!({
                "customer_email": "jane@example.com",
                "_shipping_address_same_as_billing": true,
                "billing_address": ["addresses", address.key.id],
            }),
        )
        .await
        .unwrap();
    let include = "shipping_address,billing_address,shipments.available_shipping_methods,\
        shipments.stock_line_items.line_item,shipments.stock_location,shipments.shipping_method";
    let graph = world
        .graph(&guest, "orders", &order, include)
        .await
        .unwrap();
    let key = graph.primary[0].key.clone();
    let shipping = to_one(&graph, &key, "shipping_address").unwrap();
    assert_eq!(shipping.text("city"), Some("Berlin"));
    assert_ne!(
        shipping.key.id, address.key.id,
        "the copy is a row of its own"
    );
    let shipments = many(&graph, &key, "shipments");
    assert_eq!(shipments.len(), 1);
    let shipment = shipments[0].key.clone();
    assert!(to_one(&graph, &shipment, "stock_location").is_some());
    let ways = many(&graph, &shipment, "available_shipping_methods");
    let names: Vec<_> = ways.iter().filter_map(|way| way.text("name")).collect();
    assert!(names.contains(&"Standard Shipping") && names.contains(&"Express Delivery EU"));
    let express = ways
        .iter()
        .find(|way| way.text("name") == Some("Express Delivery EU"))
        .unwrap();
    assert_eq!(
        express.integer("price_amount_for_shipment_cents"),
        Some(1200)
    );

    let choice = json!({"shipping_method": ["shipping_methods", express.key.id]});
    world
        .patch(&guest, "shipments", &shipment.id, choice)
        .await
        .unwrap();
    let order = world.get(&guest, "orders", &order).await.unwrap();
    assert_eq!(order.integer("shipping_amount_cents"), Some(1200));
    assert_eq!(order.integer("total_amount_cents"), Some(3780 + 1200));
    assert_eq!(order.text("country_code"), Some("DE"));
    // 19 % German VAT is inside 49.80.
    let tax: i64 = order.integer("total_tax_amount_cents").unwrap();
    assert_eq!(tax, 604 + 192);
}

#[tokio::test]
async fn a_method_of_another_market_cannot_be_chosen() {
    let world = World::new().await;
    let guest = world.guest("EU").await;
    let integration = world.integration().await;
    let order = world.cart(&guest, MUG, 1).await;
    let address = world.post(&guest, "addresses", berlin()).await.unwrap();
    let addresses = json!({
        "billing_address": ["addresses", address.key.id], "_shipping_address_same_as_billing": true,
    });
    world
        .patch(&guest, "orders", &order, addresses)
        .await
        .unwrap();
    let methods = world.list(&integration, "shipping_methods").await.unwrap();
    let us = world.access.markets["US"].as_str();
    let foreign = methods
        .primary
        .iter()
        .find(|way| way.text("market_id") == Some(us))
        .unwrap();
    let graph = world
        .graph(&guest, "orders", &order, "shipments")
        .await
        .unwrap();
    let shipment = many(&graph, &graph.primary[0].key, "shipments")[0]
        .key
        .id
        .clone();
    let choice = json!({"shipping_method": ["shipping_methods", foreign.key.id]});
    let refused = world.patch(&guest, "shipments", &shipment, choice).await;
    assert_eq!(refusal(refused).0, "shipping_method");
}

#[tokio::test]
async fn choosing_how_to_pay() {
    let world = World::new().await;
    let guest = world.guest("SE").await;
    let order = world.cart(&guest, MUG, 1).await;
    let include = "available_payment_methods,payment_method,payment_source";
    let graph = world
        .graph(&guest, "orders", &order, include)
        .await
        .unwrap();
    let key = graph.primary[0].key.clone();
    let ways = many(&graph, &key, "available_payment_methods");
    let types: Vec<_> = ways
        .iter()
        .filter_map(|way| way.text("payment_source_type"))
        .collect();
    assert_eq!(types.len(), 2);
    assert!(types.contains(&"klarna_payments") && types.contains(&"wire_transfers"));
    assert!(to_one(&graph, &key, "payment_method").is_none());
    assert!(to_one(&graph, &key, "payment_source").is_none());
    let chosen = json!({"payment_method": ["payment_methods", ways[0].key.id]});
    let order = world.patch(&guest, "orders", &order, chosen).await.unwrap();
    assert_eq!(
        order.text("payment_method_id"),
        Some(ways[0].key.id.as_str())
    );
}

#[tokio::test]
async fn an_address_needs_its_parts() {
    let world = World::new().await;
    let guest = world.guest("EU").await;
    for (missing, field) in [
        ("line_1", "line_1"),
        ("phone", "phone"),
        ("last_name", "last_name"),
        ("zip_code", "zip_code"),
    ] {
        let mut body = berlin();
        body.as_object_mut().unwrap().remove(missing);
        let refused = world.post(&guest, "addresses", body).await;
        assert_eq!(refusal(refused), (field.to_owned(), "blank".to_owned()));
    }
    let mut us = berlin();
    us["country_code"] = "us".into();
    assert_eq!(
        refusal(world.post(&guest, "addresses", us).await).0,
        "state_code"
    );
}

#[tokio::test]
async fn wrong_codes_are_told() {
    let world = World::new().await;
    let guest = world.guest("EU").await;
    let order = world.cart(&guest, MUG, 1).await;
    for field in ["coupon_code", "gift_card_code", "gift_card_or_coupon_code"] {
        let refused = world
            .patch(&guest, "orders", &order, json!({field: "SUMMER2026"}))
            .await;
        assert_eq!(refusal(refused), (field.to_owned(), "invalid".to_owned()));
        assert!(
            world
                .patch(&guest, "orders", &order, json!({field: ""}))
                .await
                .is_ok()
        );
    }
}

#[tokio::test]
async fn an_open_order_is_deleted_with_its_parts() {
    let world = World::new().await;
    let guest = world.guest("EU").await;
    let order = world
        .post(&guest, "orders", json!({}))
        .await
        .unwrap()
        .key
        .id;
    let line = world.line(&guest, &order, MUG, 1).await.unwrap();
    world.delete(&guest, "orders", &order).await.unwrap();
    crate::world::absent(world.get(&guest, "orders", &order).await);
    crate::world::absent(world.get(&guest, "line_items", &line.key.id).await);
}

#[tokio::test]
async fn triggers_that_are_not_served_are_refused_by_name() {
    let world = World::new().await;
    let guest = world.guest("EU").await;
    let order = world.cart(&guest, MUG, 1).await;
    let refused = world
        .patch(&guest, "orders", &order, json!({"_commit_invoice": true}))
        .await;
    assert_eq!(refusal(refused).0, "_commit_invoice");
}
