//! Roles: who sees which rows, and who may write what.

use serde_json::json;

use crate::carts::berlin;
use crate::world::{
    World, absent, denied, descriptor, everything, many, refusal, selection, to_one,
};

const MUG: &str = "MUG-CLAY-01";

#[tokio::test]
async fn guests_read_orders_by_id_and_never_the_list() {
    let world = World::new().await;
    let guest = world.guest("EU").await;
    let order = world.cart(&guest, MUG, 1).await;
    assert!(world.get(&guest, "orders", &order).await.is_ok());
    denied(world.list(&guest, "orders").await);
    denied(world.list(&guest, "line_items").await);
    absent(world.get(&guest, "orders", "NoSuchOrdr").await);
}

#[tokio::test]
async fn another_market_is_another_shop() {
    let world = World::new().await;
    let order = world.cart(&world.guest("EU").await, MUG, 1).await;
    let other = world.guest("US").await;
    denied(world.get(&other, "orders", &order).await);
    denied(world.line(&other, &order, MUG, 1).await);
    denied(world.delete(&other, "orders", &order).await);
}

#[tokio::test]
async fn a_customer_sees_own_orders_only() {
    let world = World::new().await;
    let customer = world.customer("EU").await;
    let guest = world.guest("EU").await;
    let own = world.cart(&customer, MUG, 1).await;
    let record = world.get(&customer, "orders", &own).await.unwrap();
    assert_eq!(record.text("customer_id"), customer.customer_id.as_deref());
    assert_eq!(record.body["guest"], false);
    denied(world.get(&guest, "orders", &own).await);
    let foreign = world.cart(&guest, MUG, 1).await;
    let email = json!({"customer_email": "other@example.com"});
    world
        .patch(&guest, "orders", &foreign, email)
        .await
        .unwrap();
    let list = world.list(&customer, "orders").await.unwrap();
    assert_eq!(
        (list.total, list.primary[0].key.id.as_str()),
        (Some(1), own.as_str())
    );
    let lines = world.list(&customer, "line_items").await.unwrap();
    assert_eq!(lines.total, Some(1));
}

#[tokio::test]
async fn a_customer_adopts_a_guest_order_by_writing_it() {
    let world = World::new().await;
    let guest = world.guest("EU").await;
    let customer = world.customer("EU").await;
    let order = world.cart(&guest, MUG, 1).await;
    let adopted = world
        .patch(&customer, "orders", &order, json!({"_refresh": true}))
        .await
        .unwrap();
    assert_eq!(adopted.body["guest"], false);
    assert_eq!(adopted.text("customer_id"), customer.customer_id.as_deref());
    assert_eq!(adopted.text("status"), Some("pending"));
    denied(world.get(&guest, "orders", &order).await);
}

#[tokio::test]
async fn typing_an_email_opens_nobodys_address_book() {
    let world = World::new().await;
    let customer = world.customer("EU").await;
    let guest = world.guest("EU").await;
    let address = world.post(&customer, "addresses", berlin()).await.unwrap();
    let entry = json!({
        "customer_email": world.access.customer_email, "address": ["addresses", address.key.id],
        "customer": ["customers", customer.customer_id.clone().unwrap()],
    });
    let entry = world
        .post(&customer, "customer_addresses", entry)
        .await
        .unwrap();
    let order = world.cart(&guest, MUG, 1).await;
    let email = json!({"customer_email": world.access.customer_email});
    world.patch(&guest, "orders", &order, email).await.unwrap();
    let include = "customer.customer_addresses.address";
    let graph = world
        .graph(&guest, "orders", &order, include)
        .await
        .unwrap();
    let who = to_one(&graph, &graph.primary[0].key, "customer").unwrap();
    assert_eq!(
        who.text("email"),
        Some(world.access.customer_email.as_str())
    );
    assert_eq!(who.body["has_password"], true);
    assert!(many(&graph, &who.key, "customer_addresses").is_empty());
    denied(world.get(&guest, "addresses", &address.key.id).await);
    denied(world.get(&guest, "customer_addresses", &entry.key.id).await);
    let stolen = json!({"billing_address": ["addresses", address.key.id]});
    assert_eq!(
        refusal(world.patch(&guest, "orders", &order, stolen).await).0,
        "billing_address"
    );
    let password =
        json!({"customer_email": world.access.customer_email, "customer_password": "mine now"});
    let taken = world.patch(&guest, "orders", &order, password).await;
    assert_eq!(
        refusal(taken),
        ("customer_password".to_owned(), "taken".to_owned())
    );
    let own = world
        .graph(
            &customer,
            "customers",
            customer.customer_id.as_deref().unwrap(),
            "customer_addresses.address",
        )
        .await
        .unwrap();
    assert_eq!(
        many(&own, &own.primary[0].key, "customer_addresses").len(),
        1
    );
}

#[tokio::test]
async fn guests_sign_up_but_cannot_read_customers() {
    let world = World::new().await;
    let guest = world.guest("EU").await;
    let body = json!({"email": "new@example.com", "password": "a long password"});
    let made = world.post(&guest, "customers", body.clone()).await.unwrap();
    assert_eq!(made.text("status"), Some("prospect"));
    assert_eq!(made.body["has_password"], true);
    assert!(!made.body.contains_key("password"));
    denied(world.get(&guest, "customers", &made.key.id).await);
    denied(world.list(&guest, "customers").await);
    assert_eq!(
        refusal(world.post(&guest, "customers", body).await),
        ("email".to_owned(), "taken".to_owned())
    );
}

#[tokio::test]
async fn the_catalogue_is_read_only_and_of_the_market() {
    let world = World::new().await;
    let guest = world.guest("EU").await;
    denied(
        world
            .post(&guest, "skus", json!({"code": "X", "name": "X"}))
            .await,
    );
    let prices = world.list(&guest, "prices").await.unwrap();
    assert!(
        prices
            .primary
            .iter()
            .all(|price| price.text("currency_code") == Some("EUR"))
    );
    assert_eq!(prices.total, Some(13));
    let methods = world.list(&guest, "payment_methods").await.unwrap();
    assert_eq!(methods.total, Some(2));
    let markets = world.list(&guest, "markets").await.unwrap();
    assert_eq!(markets.total, Some(1));
    let mut times = everything();
    times.selection = selection("shipping_method,stock_location");
    let times = world
        .gateway
        .list(&guest, descriptor("delivery_lead_times"), times)
        .await
        .unwrap();
    assert_eq!(times.total, Some(2));
    for time in &times.primary {
        assert!(to_one(&times, &time.key, "shipping_method").is_some());
        assert!(to_one(&times, &time.key, "stock_location").is_some());
    }
    let us = world.guest("US").await;
    let foreign = world.list(&us, "prices").await.unwrap().primary[0]
        .key
        .id
        .clone();
    denied(world.get(&guest, "prices", &foreign).await);
    denied(world.list(&guest, "klarna_gateways").await);
    denied(world.list(&guest, "tax_rules").await);
}

#[tokio::test]
async fn a_sku_without_price_in_the_market_is_refused() {
    let world = World::new().await;
    let guest = world.guest("EU").await;
    let integration = world.integration().await;
    let category = world
        .list(&integration, "shipping_categories")
        .await
        .unwrap()
        .primary[0]
        .key
        .id
        .clone();
    let body = json!({
        "code": "SECRET", "name": "Not for sale", "shipping_category": ["shipping_categories", category],
    });
    let sku = world.post(&integration, "skus", body).await.unwrap();
    denied(world.get(&guest, "skus", &sku.key.id).await);
    assert!(world.get(&integration, "skus", &sku.key.id).await.is_ok());
    let order = world
        .post(&guest, "orders", json!({}))
        .await
        .unwrap()
        .key
        .id;
    let refused = world.line(&guest, &order, "SECRET", 1).await;
    assert!(["unit_amount_cents", "quantity"].contains(&refusal(refused).0.as_str()));
}

#[tokio::test]
async fn restricted_fields_are_for_integrations() {
    let world = World::new().await;
    let guest = world.guest("EU").await;
    let integration = world.integration().await;
    let order = world.cart(&guest, MUG, 1).await;
    denied(
        world
            .patch(&guest, "orders", &order, json!({"number": "7"}))
            .await,
    );
    denied(
        world
            .patch(&guest, "orders", &order, json!({"_capture": true}))
            .await,
    );
    let number = world
        .patch(&integration, "orders", &order, json!({"number": "R-7"}))
        .await
        .unwrap();
    assert_eq!(number.text("number"), Some("R-7"));
    let other = world.cart(&guest, MUG, 1).await;
    let taken = world
        .patch(&integration, "orders", &other, json!({"number": "R-7"}))
        .await;
    assert_eq!(refusal(taken).1, "taken");
}

#[tokio::test]
async fn saved_addresses_go_to_the_customers_book_once() {
    let world = World::new().await;
    let customer = world.customer("EU").await;
    let order = world.cart(&customer, MUG, 1).await;
    let address = world.post(&customer, "addresses", berlin()).await.unwrap();
    let addresses = json!({
        "billing_address": ["addresses", address.key.id], "_shipping_address_same_as_billing": true,
    });
    world
        .patch(&customer, "orders", &order, addresses)
        .await
        .unwrap();
    for _ in 0..2 {
        let save = json!({"_save_billing_address_to_customer_address_book": true});
        world
            .patch(&customer, "orders", &order, save)
            .await
            .unwrap();
    }
    let save = json!({"_save_shipping_address_to_customer_address_book": true});
    world
        .patch(&customer, "orders", &order, save)
        .await
        .unwrap();
    let book = world.list(&customer, "customer_addresses").await.unwrap();
    assert_eq!(book.total, Some(1));
    assert!(book.primary[0].text("name").is_some());
    let guest = world.guest("EU").await;
    let cart = world.cart(&guest, MUG, 1).await;
    let save = json!({"_save_billing_address_to_customer_address_book": true});
    assert!(world.patch(&guest, "orders", &cart, save).await.is_err());
    let mine = world
        .gateway
        .list(&customer, descriptor("addresses"), everything())
        .await
        .unwrap();
    assert_eq!(mine.total, Some(1));
}

#[tokio::test]
async fn another_organizations_rows_do_not_exist() {
    let world = World::new().await;
    let order = world.cart(&world.guest("EU").await, MUG, 1).await;
    let (id, secret) = ("other-client", "other-secret");
    kassa_gateway::provision::organization(&world.gateway, "other", true, id, secret)
        .await
        .unwrap();
    let request = kassa_gateway::TokenRequest {
        grant_type: "client_credentials".to_owned(),
        client_id: id.to_owned(),
        client_secret: Some(secret.to_owned()),
        ..kassa_gateway::TokenRequest::default()
    };
    let other = world.caller(&world.token(request).await.unwrap()).await;
    absent(world.get(&other, "orders", &order).await);
    absent(
        world
            .patch(&other, "orders", &order, json!({"_archive": true}))
            .await,
    );
    absent(world.delete(&other, "orders", &order).await);
    assert_eq!(world.list(&other, "orders").await.unwrap().total, Some(0));
    let market = json!({"market": ["markets", world.access.markets["EU"]]});
    assert_eq!(
        refusal(world.post(&other, "orders", market).await).0,
        "market"
    );
}
