//! The wallet: a source that was tokenized at placing pays a later order without a shopper.

use kassa_gateway::shop::graph::{ListRequest, Selection};
use kassa_gateway::shop::resources;
use kassa_storage::{Filter, Record};
use serde_json::json;

use crate::shop::{Shop, refusal};

/// A shop whose customer has one tokenized source in the wallet; the wallet entry's id.
async fn with_wallet() -> (Shop, String) {
    let mut shop = Shop::open().await;
    shop.sign_in().await;
    let line = json!({ "sku_code": shop.sku, "quantity": 1, "frequency": "monthly" });
    let order_id = shop.order_of(line).await;
    let source = shop.source(&order_id).await;
    let token = shop.approve(&source).await;
    shop.send_token(&source, &token).await.unwrap();
    shop.place(&order_id).await.unwrap();
    // Sent after placing, as the hosted checkout does, and twice.
    for _ in 0..2 {
        save(&shop, &order_id).await.unwrap();
    }
    let entries = wallet(&shop).await;
    assert_eq!(entries.len(), 1);
    let entry = entries[0].key.id.clone();
    (shop, entry)
}

/// What the logged-in customer finds in the wallet.
async fn wallet(shop: &Shop) -> Vec<Record> {
    let request = ListRequest {
        filter: Filter::Everything,
        sort: Vec::new(),
        page_number: 1,
        page_size: 25,
        selection: Selection::default(),
    };
    let descriptor = &resources::customer_payment_source::DESCRIPTOR;
    shop.gateway
        .list(&shop.front, descriptor, request)
        .await
        .unwrap()
        .primary
}

async fn save(shop: &Shop, order_id: &str) -> Result<(), kassa_gateway::GatewayError> {
    let descriptor = &resources::order::DESCRIPTOR;
    let trigger = json!({ "_save_payment_source_to_customer_wallet": true });
    shop.update(&shop.front, descriptor, order_id, trigger, &[])
        .await
        .map(|_| ())
}

async fn reuse(
    shop: &Shop,
    order_id: &str,
    entry: &str,
) -> Result<Record, kassa_gateway::GatewayError> {
    let descriptor = &resources::order::DESCRIPTOR;
    let trigger = json!({ "_customer_payment_source_id": entry });
    shop.update(&shop.front, descriptor, order_id, trigger, &[])
        .await
}

#[tokio::test]
async fn a_saved_source_pays_the_next_order() {
    let (shop, entry) = with_wallet().await;
    let next = shop.order(1).await;
    let order = reuse(&shop, &next, &entry).await.unwrap();
    assert!(order.text("payment_source_id").is_some());
    shop.place(&next).await.unwrap();
    assert_eq!(
        shop.status(&next).await,
        ("placed".to_owned(), "authorized".to_owned())
    );
    let order = shop.record("orders", &next).await.unwrap();
    let at_klarna = shop.klarna_order(&next).await;
    assert_eq!(
        at_klarna["merchant_reference1"].as_str(),
        order.text("number")
    );
    shop.books_agree(&next).await;
}

#[tokio::test]
async fn a_changed_amount_drops_the_reused_source() {
    let (shop, entry) = with_wallet().await;
    let next = shop.order(1).await;
    reuse(&shop, &next, &entry).await.unwrap();
    let line = json!({ "sku_code": shop.sku, "quantity": 1 });
    let of_order = [("order", "orders", next.as_str())];
    shop.create(&resources::line_item::DESCRIPTOR, line, &of_order)
        .await
        .unwrap();
    let order = shop.record("orders", &next).await.unwrap();
    assert_eq!(order.text("payment_source_id"), None);
}

#[tokio::test]
async fn the_token_in_the_wallet_is_sealed() {
    let (shop, entry) = with_wallet().await;
    let record = shop
        .record("customer_payment_sources", &entry)
        .await
        .unwrap();
    assert_eq!(record.text("customer_token"), None);
    assert!(record.body["wallet_token"]["sealed"].is_string());
}

#[tokio::test]
async fn nobody_pays_with_somebody_elses_wallet() {
    let (mut shop, entry) = with_wallet().await;
    shop.front.customer_id = None;
    let next = shop.order(1).await;
    let refused = reuse(&shop, &next, &entry).await;
    assert!(refusal(refused).1.contains("_customer_payment_source_id"));
}

#[tokio::test]
async fn a_source_without_a_token_is_not_saved() {
    let mut shop = Shop::open().await;
    shop.sign_in().await;
    let order_id = shop.placed_order().await;
    assert!(
        refusal(save(&shop, &order_id).await)
            .1
            .contains("payment_source")
    );
}
