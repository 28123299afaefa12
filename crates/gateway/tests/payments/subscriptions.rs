//! Subscriptions on the moved clock: made with their order, run, charged, interrupted.

mod copies;
mod crashes;
mod making;
mod refused;
mod runs;
mod year;

use kassa_commerce::reservation::stock_counter;
use kassa_gateway::shop::resources;
use kassa_gateway::{GatewayError, jobs};
use kassa_storage::{Descriptor, Filter, ListQuery, Page, Record, Scope};
use serde_json::{Value, json};

use crate::shop::Shop;

const DAY: i64 = 86_400;

/// All rows of a type, oldest first.
async fn rows(shop: &Shop, kind: &'static str) -> Vec<Record> {
    let scope = Scope::realm(shop.realm.clone());
    let mut all = Vec::new();
    loop {
        let mut snapshot = shop.gateway.snapshot(&scope).await.unwrap();
        let query = ListQuery {
            kinds: vec![kind],
            filter: Filter::Everything,
            sort: Vec::new(),
            page: Page {
                offset: all.len() as u64,
                limit: 1000,
            },
        };
        let page = snapshot.list(&query).await.unwrap();
        if page.is_empty() {
            break;
        }
        all.extend(page);
    }
    all.sort_by_key(|row| row.created_at);
    all
}

/// Writes as the back office.
async fn make(
    shop: &Shop,
    descriptor: &'static Descriptor,
    attributes: Value,
    links: &[(&str, &str, &str)],
) -> Result<Record, GatewayError> {
    let draft = crate::shop::draft(attributes, links);
    let selection = kassa_gateway::shop::graph::Selection::default();
    let made = shop
        .gateway
        .create(&shop.back, descriptor, draft, &selection)
        .await?;
    Ok(made.primary[0].clone())
}

async fn change(
    shop: &Shop,
    subscription: &str,
    attributes: Value,
) -> Result<Record, GatewayError> {
    let descriptor = &resources::order_subscription::DESCRIPTOR;
    shop.update(&shop.back, descriptor, subscription, attributes, &[])
        .await
}

/// A shop whose market takes subscriptions, with a customer who signed in, and plenty in stock.
async fn open(model: Value) -> Shop {
    let mut shop = Shop::open().await;
    shop.sign_in().await;
    let descriptor = &resources::subscription_model::DESCRIPTOR;
    let model = make(&shop, descriptor, model, &[]).await.unwrap();
    let link = [("subscription_model", "subscription_models", &*model.key.id)];
    let descriptor = &resources::market::DESCRIPTOR;
    shop.update(&shop.back, descriptor, &shop.market, json!({}), &link)
        .await
        .unwrap();
    for item in rows(&shop, "stock_items").await {
        let descriptor = &resources::stock_item::DESCRIPTOR;
        let plenty = json!({ "quantity": 1_000_000 });
        shop.update(&shop.back, descriptor, &item.key.id, plenty, &[])
            .await
            .unwrap();
        assert!(stock_counter(&item.key.id).ends_with(&item.key.id));
    }
    shop
}

fn model() -> Value {
    json!({ "name": "Coffee", "frequencies": ["daily", "weekly", "monthly", "0 6 * * 1"] })
}

/// An order that recurs and only has to be placed.
async fn approved(shop: &Shop, frequency: &str) -> String {
    let line = json!({ "sku_code": shop.sku, "quantity": 1, "frequency": frequency });
    let order_id = shop.order_of(line).await;
    let source = shop.source(&order_id).await;
    let token = shop.approve(&source).await;
    shop.send_token(&source, &token).await.unwrap();
    order_id
}

/// The same, placed, with its subscription made; both ids.
async fn subscribed(shop: &Shop, frequency: &str) -> (String, String) {
    let order_id = approved(shop, frequency).await;
    shop.place(&order_id).await.unwrap();
    shop.work().await;
    let subscription = subscription_of(shop, &order_id).await;
    (order_id, subscription.key.id)
}

async fn subscription_of(shop: &Shop, order_id: &str) -> Record {
    let all = rows(shop, "order_subscriptions").await;
    let own = |row: &&Record| row.text("source_order_id") == Some(order_id);
    all.iter().find(own).expect("a subscription").clone()
}

async fn subscription(shop: &Shop, id: &str) -> Record {
    shop.record("order_subscriptions", id).await.unwrap()
}

/// The orders that a subscription made, oldest first.
async fn renewals(shop: &Shop, subscription: &str) -> Vec<Record> {
    let mut all = rows(shop, "orders").await;
    all.retain(|order| order.text("order_subscription_id") == Some(subscription));
    all
}

/// The runs of a subscription, oldest first.
async fn copies(shop: &Shop, subscription: &str) -> Vec<Record> {
    let mut all = rows(shop, "recurring_order_copies").await;
    all.extend(rows(shop, "order_copies").await);
    all.retain(|copy| copy.text("order_subscription_id") == Some(subscription));
    all.sort_by_key(|copy| copy.integer("period"));
    all
}

/// Moves both clocks and does what is due, until nothing is.
async fn pass(shop: &Shop, seconds: i64) {
    shop.advance(seconds).await;
    shop.work().await;
}

/// Every run was charged once: its order is placed and authorized, Klarna has one order for it, and the books agree.
async fn charged_once(shop: &Shop, subscription: &str, periods: i64) {
    let copies = copies(shop, subscription).await;
    let counted: Vec<_> = copies
        .iter()
        .filter_map(|copy| copy.integer("period"))
        .collect();
    assert_eq!(counted, (1..=periods).collect::<Vec<_>>());
    let orders = renewals(shop, subscription).await;
    assert_eq!(i64::try_from(orders.len()).unwrap(), periods);
    let mut numbers: Vec<_> = orders
        .iter()
        .map(|order| order.text("number").unwrap())
        .collect();
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers.len(), orders.len());
    for order in &orders {
        assert_eq!(order.text("status"), Some("placed"), "{:?}", order.body);
        assert_eq!(at_klarna(shop, order.text("number").unwrap()).await, 1);
        shop.books_agree(&order.key.id).await;
    }
    jobs::tick(&shop.gateway).await.unwrap();
}

/// How many of Klarna's latest hundred orders carry this number of ours.
async fn at_klarna(shop: &Shop, number: &str) -> usize {
    let listed = shop.klarna("GET", "/sandbox/v1/orders", None).await;
    let all = listed["orders"].as_array().unwrap();
    let own = all
        .iter()
        .filter(|order| order["merchant_reference1"] == number);
    own.count()
}
