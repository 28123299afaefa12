//! Configuration: created, changed and deleted under the rules of its type.

use kassa_gateway::GatewayError;
use serde_json::json;

use crate::world::{World, absent, refusal};

#[tokio::test]
async fn a_code_is_taken_once_and_free_again_after_deletion() {
    let world = World::new().await;
    let integration = world.integration().await;
    let body = json!({"name": "Parts", "code": "parts"});
    let first = world
        .post(&integration, "shipping_categories", body.clone())
        .await
        .unwrap();
    let second = world
        .post(&integration, "shipping_categories", body.clone())
        .await;
    assert_eq!(refusal(second), ("code".to_owned(), "taken".to_owned()));
    let renamed = json!({"code": "pieces"});
    world
        .patch(&integration, "shipping_categories", &first.key.id, renamed)
        .await
        .unwrap();
    let again = world
        .post(&integration, "shipping_categories", body)
        .await
        .unwrap();
    world
        .delete(&integration, "shipping_categories", &again.key.id)
        .await
        .unwrap();
    absent(
        world
            .get(&integration, "shipping_categories", &again.key.id)
            .await,
    );
}

#[tokio::test]
async fn what_others_refer_to_is_not_deleted() {
    let world = World::new().await;
    let integration = world.integration().await;
    let sku = world.list(&integration, "skus").await.unwrap().primary[0]
        .key
        .id
        .clone();
    let refused = world.delete(&integration, "skus", &sku).await;
    assert!(
        matches!(refused, Err(GatewayError::Locked(_))),
        "{refused:?}"
    );
    let market = world.access.markets["EU"].clone();
    assert!(matches!(
        world.delete(&integration, "markets", &market).await,
        Err(GatewayError::Locked(_))
    ));
}

#[tokio::test]
async fn required_rows_must_exist() {
    let world = World::new().await;
    let integration = world.integration().await;
    let missing = world
        .post(&integration, "skus", json!({"code": "A", "name": "A"}))
        .await;
    assert_eq!(
        refusal(missing),
        ("shipping_category".to_owned(), "blank".to_owned())
    );
    let wrong =
        json!({"code": "A", "name": "A", "shipping_category": ["shipping_categories", "nowhere"]});
    let wrong = world.post(&integration, "skus", wrong).await;
    assert_eq!(
        refusal(wrong),
        ("shipping_category".to_owned(), "invalid".to_owned())
    );
}

#[tokio::test]
async fn klarna_credentials_never_come_back() {
    let world = World::new().await;
    let integration = world.integration().await;
    let body = json!({
        "name": "Klarna", "country_code": "eu", "api_key": "K_1", "api_secret": "very secret",
    });
    let gateway = world
        .post(&integration, "klarna_gateways", body.clone())
        .await
        .unwrap();
    assert_eq!(gateway.text("country_code"), Some("EU"));
    let shown = serde_json::to_string(&gateway.body).unwrap();
    assert!(!shown.contains("very secret") && !shown.contains("K_1"));
    let mut elsewhere = body;
    elsewhere["country_code"] = "MARS".into();
    let refused = world.post(&integration, "klarna_gateways", elsewhere).await;
    assert_eq!(
        refusal(refused),
        ("country_code".to_owned(), "inclusion".to_owned())
    );
}

#[tokio::test]
async fn other_kinds_of_payment_name_external_payments() {
    let world = World::new().await;
    let integration = world.integration().await;
    let gateways = world.list(&integration, "manual_gateways").await.unwrap();
    let gateway = gateways.primary[0].key.id.clone();
    let body = |kind: &str| {
        json!({
            "payment_source_type": kind, "price_amount_cents": 0, "payment_gateway": ["payment_gateways", gateway],
        })
    };
    let refused = world
        .post(&integration, "payment_methods", body("stripe_payments"))
        .await;
    let violation = crate::world::violations(refused).remove(0);
    assert!(violation.message.contains("external_payments"));
    let mismatch = world
        .post(&integration, "payment_methods", body("klarna_payments"))
        .await;
    assert_eq!(refusal(mismatch).0, "payment_gateway");
    let made = world
        .post(&integration, "payment_methods", body("wire_transfers"))
        .await
        .unwrap();
    assert_eq!(made.text("name"), Some("Wire transfer"));
    assert_eq!(made.text("payment_gateway_type"), Some("manual_gateways"));
}

#[tokio::test]
async fn stock_is_set_and_the_shop_follows() {
    let world = World::new().await;
    let integration = world.integration().await;
    let guest = world.guest("EU").await;
    let items = world.list(&guest, "stock_items").await.unwrap();
    let item = items
        .primary
        .iter()
        .find(|item| item.text("sku_code") == Some("BLANKET-WOOL-1"))
        .unwrap();
    assert_eq!(item.integer("quantity"), Some(0));
    let set = world
        .patch(
            &integration,
            "stock_items",
            &item.key.id,
            json!({"quantity": 2}),
        )
        .await
        .unwrap();
    assert_eq!(set.integer("quantity"), Some(2));
    let order = world.cart(&guest, "BLANKET-WOOL-1", 2).await;
    assert_eq!(
        refusal(world.line(&guest, &order, "BLANKET-WOOL-1", 1).await).0,
        "quantity"
    );
    let negative = json!({"quantity": -1});
    let refused = world
        .patch(&integration, "stock_items", &item.key.id, negative)
        .await;
    assert_eq!(refusal(refused).0, "quantity");
}

#[tokio::test]
async fn a_disabled_payment_method_is_not_on_offer() {
    let world = World::new().await;
    let integration = world.integration().await;
    let guest = world.guest("EU").await;
    let order = world.cart(&guest, "MUG-CLAY-01", 1).await;
    let methods = world.list(&guest, "payment_methods").await.unwrap();
    let id = methods.primary[0].key.id.clone();
    let disabled = world
        .patch(
            &integration,
            "payment_methods",
            &id,
            json!({"_disable": true}),
        )
        .await
        .unwrap();
    assert!(disabled.text("disabled_at").is_some());
    let choice = json!({"payment_method": ["payment_methods", id]});
    let refused = world.patch(&guest, "orders", &order, choice.clone()).await;
    assert_eq!(refusal(refused).0, "payment_method");
    world
        .patch(
            &integration,
            "payment_methods",
            &id,
            json!({"_enable": true}),
        )
        .await
        .unwrap();
    assert!(world.patch(&guest, "orders", &order, choice).await.is_ok());
}

#[tokio::test]
async fn prices_change_and_open_carts_follow_on_refresh() {
    let world = World::new().await;
    let integration = world.integration().await;
    let guest = world.guest("EU").await;
    let order = world.cart(&guest, "MUG-CLAY-01", 1).await;
    let prices = world.list(&guest, "prices").await.unwrap();
    let price = prices
        .primary
        .iter()
        .find(|price| price.text("sku_code") == Some("MUG-CLAY-01"));
    let id = price.unwrap().key.id.clone();
    let change = json!({"amount_cents": 2000});
    world
        .patch(&integration, "prices", &id, change)
        .await
        .unwrap();
    let order = world
        .patch(&guest, "orders", &order, json!({"_refresh": true}))
        .await
        .unwrap();
    assert_eq!(order.integer("subtotal_amount_cents"), Some(2000));
    for amount in [json!(-1), json!(i64::MAX)] {
        let refused = world
            .patch(&integration, "prices", &id, json!({"amount_cents": amount}))
            .await;
        assert_eq!(refusal(refused).0, "amount_cents");
    }
}
