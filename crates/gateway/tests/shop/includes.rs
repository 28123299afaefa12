//! Includes, relationship routes and what is computed.

use kassa_gateway::GatewayError;
use serde_json::json;

use crate::carts::berlin;
use crate::world::{World, descriptor, everything, many, selection, to_one};

const CHECKOUT: &str = "available_payment_methods,payment_source,payment_method,\
    line_items.line_item_options.sku_option,line_items.item,shipping_address,billing_address,\
    shipments.available_shipping_methods,shipments.stock_line_items.line_item,shipments.shipping_method,\
    shipments.stock_transfers.line_item,shipments.stock_location";

#[tokio::test]
async fn the_checkout_page_gets_everything_in_one_answer() {
    let world = World::new().await;
    let guest = world.guest("EU").await;
    let order = world.cart(&guest, "MUG-CLAY-01", 1).await;
    world.line(&guest, &order, "CARD-TEA-PDF", 1).await.unwrap();
    let address = world.post(&guest, "addresses", berlin()).await.unwrap();
    let addresses = json!({
        "billing_address": ["addresses", address.key.id], "_shipping_address_same_as_billing": true,
    });
    world
        .patch(&guest, "orders", &order, addresses)
        .await
        .unwrap();
    let graph = world
        .graph(&guest, "orders", &order, CHECKOUT)
        .await
        .unwrap();
    let key = graph.primary[0].key.clone();
    let lines = many(&graph, &key, "line_items");
    assert_eq!(lines.len(), 2);
    for line in &lines {
        let item = to_one(&graph, &line.key, "item").unwrap();
        assert_eq!(item.key.kind, "skus");
        assert!(item.body["inventory"]["available"].as_bool().unwrap());
        assert!(many(&graph, &line.key, "line_item_options").is_empty());
    }
    let mug = lines
        .iter()
        .find(|line| line.text("sku_code") == Some("MUG-CLAY-01"))
        .unwrap();
    let item = to_one(&graph, &mug.key, "item").unwrap();
    assert_eq!(item.body["inventory"]["quantity"], 100_000);
    let shipments = many(&graph, &key, "shipments");
    assert_eq!(shipments.len(), 1, "the digital line ships nowhere");
    let stock = many(&graph, &shipments[0].key, "stock_line_items");
    assert_eq!(
        to_one(&graph, &stock[0].key, "line_item").unwrap().key,
        mug.key
    );
    assert!(many(&graph, &shipments[0].key, "stock_transfers").is_empty());
    let mut keys: Vec<_> = graph.included.iter().map(|record| &record.key).collect();
    keys.sort();
    keys.dedup();
    assert_eq!(
        keys.len(),
        graph.included.len(),
        "each resource is included once"
    );
}

#[tokio::test]
async fn unknown_and_endless_paths_are_refused() {
    let world = World::new().await;
    let guest = world.guest("EU").await;
    let order = world.cart(&guest, "MUG-CLAY-01", 1).await;
    for include in [
        "unicorns",
        "line_items.unicorns",
        "customer.orders.customer.orders.customer",
    ] {
        let refused = world.graph(&guest, "orders", &order, include).await;
        assert!(
            matches!(
                refused,
                Err(GatewayError::Malformed {
                    code: "INVALID_INCLUDE",
                    ..
                })
            ),
            "{include}"
        );
    }
}

#[tokio::test]
async fn an_email_address_does_not_list_the_orders_of_its_owner() {
    let world = World::new().await;
    let guest = world.guest("EU").await;
    let mut orders = Vec::new();
    for _ in 0..2 {
        let order = world.cart(&guest, "MUG-CLAY-01", 1).await;
        let email = json!({ "customer_email": "someone@example.com" });
        world.patch(&guest, "orders", &order, email).await.unwrap();
        orders.push(order);
    }
    let include = "customer.orders.billing_address";
    let graph = world
        .graph(&guest, "orders", &orders[0], include)
        .await
        .unwrap();
    let key = graph.primary[0].key.clone();
    let customer = to_one(&graph, &key, "customer").unwrap().key.clone();
    assert!(many(&graph, &customer, "orders").is_empty());
    let integration = world.integration().await;
    let graph = world
        .graph(&integration, "orders", &orders[0], "customer.orders")
        .await
        .unwrap();
    assert_eq!(many(&graph, &customer, "orders").len(), 2);
}

#[tokio::test]
async fn relationship_routes_lead_where_include_does() {
    let world = World::new().await;
    let guest = world.guest("EU").await;
    let order = world.cart(&guest, "MUG-CLAY-01", 1).await;
    let related = |name: &'static str| {
        world
            .gateway
            .related(&guest, descriptor("orders"), &order, name, everything())
    };
    let lines = related("line_items").await.unwrap();
    assert_eq!(
        (lines.many, lines.total, lines.primary.len()),
        (true, Some(1), 1)
    );
    let market = related("market").await.unwrap();
    assert_eq!(market.primary[0].key.kind, "markets");
    let nothing = related("payment_source").await.unwrap();
    assert!(!nothing.many && nothing.primary.is_empty());
    let ways = related("available_payment_methods").await.unwrap();
    assert_eq!(ways.total, Some(2));
    assert!(matches!(
        related("unicorns").await,
        Err(GatewayError::NoResource(_))
    ));
}

#[tokio::test]
async fn organization_and_application_are_the_tokens_own() {
    let world = World::new().await;
    let guest = world.guest("EU").await;
    let organization = world.get(&guest, "organizations", "").await.unwrap();
    assert_eq!(organization.text("slug"), Some("acme"));
    let application = world.get(&guest, "applications", "").await.unwrap();
    assert_eq!(application.text("kind"), Some("sales_channel"));
}

#[tokio::test]
async fn a_list_of_skus_includes_prices_of_the_market_only() {
    let world = World::new().await;
    let guest = world.guest("US").await;
    let mut request = everything();
    request.selection = selection("prices");
    let graph = world
        .gateway
        .list(&guest, descriptor("skus"), request)
        .await
        .unwrap();
    assert_eq!(graph.total, Some(13));
    for sku in &graph.primary {
        let prices = many(&graph, &sku.key, "prices");
        assert_eq!(prices.len(), 1);
        assert_eq!(prices[0].text("currency_code"), Some("USD"));
        assert!(
            !sku.body.contains_key("inventory"),
            "inventory is for single reads"
        );
    }
}

#[tokio::test]
async fn abstract_types_answer_concrete_rows() {
    let world = World::new().await;
    let integration = world.integration().await;
    let graph = world.list(&integration, "payment_gateways").await.unwrap();
    let mut kinds: Vec<_> = graph
        .primary
        .iter()
        .map(|record| record.key.kind.clone())
        .collect();
    kinds.sort();
    kinds.dedup();
    assert_eq!(kinds, ["klarna_gateways", "manual_gateways"]);
    let id = &graph.primary[0].key.id;
    let row = world
        .get(&integration, "payment_gateways", id)
        .await
        .unwrap();
    assert_eq!(row.key, graph.primary[0].key);
}
