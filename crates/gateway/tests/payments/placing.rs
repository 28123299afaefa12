//! Placing: one Klarna order behind any number of `_place`, whatever is cut, delayed or answered wrongly.

use std::sync::Arc;

use kassa_gateway::payments;
use kassa_gateway::shop::resources;
use kassa_storage::OperationStatus;
use serde_json::{Value, json};

use crate::shop::{Shop, refusal};

const AT_ONCE: usize = 50;

/// Sends `_place` fifty times at once and checks that all tell the same story.
async fn place_fifty_times(shop: Shop) {
    let order_id = shop.approved_order().await;
    place_that_fifty_times(&Arc::new(shop), &order_id).await;
}

async fn place_that_fifty_times(shop: &Arc<Shop>, order_id: &str) {
    let places = (0..AT_ONCE).map(|_| {
        let (shop, order_id) = (Arc::clone(shop), order_id.to_owned());
        tokio::spawn(async move { shop.place(&order_id).await })
    });
    for place in places.collect::<Vec<_>>() {
        place.await.unwrap().unwrap();
    }
    assert_eq!(
        shop.status(order_id).await,
        ("placed".into(), "authorized".into())
    );
    assert_eq!(shop.klarna_orders(order_id).await, 1);
    assert_eq!(shop.parts(order_id, "authorizations").await.len(), 1);
    assert_eq!(shop.operations(order_id, "place_order").await.len(), 1);
    shop.books_agree(order_id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_at_once_are_one_klarna_order() {
    place_fifty_times(Shop::open().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_at_once_while_the_winners_connection_is_cut_after_the_effect() {
    let shop = Shop::open().await;
    shop.fault("place_order", "drop_after").await;
    place_fifty_times(shop).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_at_once_while_klarna_answers_500_after_the_effect() {
    let shop = Shop::open().await;
    shop.fault("place_order", "status_after").await;
    place_fifty_times(shop).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_at_once_while_the_call_times_out() {
    let shop = Shop::open().await;
    shop.fault("place_order", "hold_after").await;
    place_fifty_times(shop).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_at_once_while_the_winner_is_cut_off_mid_call() {
    let shop = Arc::new(Shop::open().await);
    let order_id = shop.approved_order().await;
    shop.fault("place_order", "hold_before").await;
    let winner = {
        let (shop, order_id) = (Arc::clone(&shop), order_id.clone());
        tokio::spawn(async move { shop.place(&order_id).await })
    };
    while shop.status(&order_id).await.0 != "placing" {
        tokio::task::yield_now().await;
    }
    winner.abort();
    assert!(winner.await.unwrap_err().is_cancelled());
    place_that_fifty_times(&shop, &order_id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_buyers_of_one_sku_do_not_disturb_each_other() {
    let shop = Arc::new(Shop::open().await);
    let mut orders = Vec::new();
    for _ in 0..8 {
        orders.push(shop.approved_order().await);
    }
    let places = orders.iter().map(|order_id| {
        let (shop, order_id) = (Arc::clone(&shop), order_id.clone());
        tokio::spawn(async move { shop.place(&order_id).await })
    });
    for place in places.collect::<Vec<_>>() {
        place.await.unwrap().unwrap();
    }
    for order_id in &orders {
        assert_eq!(shop.status(order_id).await.0, "placed");
    }
}

#[tokio::test]
async fn placing_twice_leaves_the_order_as_it_is() {
    let shop = Shop::open().await;
    let order_id = shop.placed_order().await;
    let before = shop.record("orders", &order_id).await.unwrap();
    shop.place(&order_id).await.unwrap();
    assert_eq!(shop.record("orders", &order_id).await.unwrap(), before);
}

#[tokio::test]
async fn a_placed_order_carries_klarnas_id_and_details() {
    let shop = Shop::open().await;
    let order_id = shop.placed_order().await;
    let order = shop.record("orders", &order_id).await.unwrap();
    assert!(order.text("number").is_some() && order.text("placed_at").is_some());
    assert_eq!(
        order.body["payment_source_details"]["type"],
        "klarna_payments"
    );
    let rows = shop.parts(&order_id, "authorizations").await;
    assert_eq!(rows[0].body["fraud_review"], "accepted");
    let klarna = shop.klarna_order(&order_id).await;
    assert_eq!(klarna["merchant_reference1"], order.body["number"]);
    assert_eq!(klarna["order_amount"], shop.payable(&order_id).await);
    assert_eq!(klarna["status"], "AUTHORIZED");
}

#[tokio::test]
async fn without_source_or_approval_it_is_refused_and_nothing_is_half_done() {
    let shop = Shop::open().await;
    let order_id = shop.order(1).await;
    refusal(shop.place(&order_id).await);
    let source = shop.source(&order_id).await;
    refusal(shop.place(&order_id).await);
    assert_eq!(
        shop.status(&order_id).await,
        ("pending".into(), "unpaid".into())
    );
    assert!(shop.operations(&order_id, "place_order").await.is_empty());
    assert!(shop.record("klarna_payments", &source).await.is_some());
}

#[tokio::test]
async fn a_spent_token_is_refused_and_the_order_stays_pending() {
    let shop = Shop::open().await;
    let first = shop.order(1).await;
    let source = shop.source(&first).await;
    let token = shop.approve(&source).await;
    shop.send_token(&source, &token).await.unwrap();
    shop.place(&first).await.unwrap();
    let second = shop.order(1).await;
    let other = shop.source(&second).await;
    let (word, field) = refusal(shop.send_token(&other, &token).await);
    assert_eq!(word, "taken");
    assert!(field.contains("auth_token"), "{field}");
    assert_eq!(shop.status(&second).await.0, "pending");
}

#[tokio::test]
async fn a_price_that_changed_refuses_the_placing_and_shows_on_the_order() {
    let shop = Shop::open().await;
    let order_id = shop.approved_order().await;
    let before = shop.payable(&order_id).await;
    let price = shop.find("prices", |record| {
        record.text("sku_code") == Some(&shop.sku) && record.text("currency_code") == Some("EUR")
    });
    let price = price.await;
    let dearer = json!({ "amount_cents": 2_000 });
    let descriptor = &resources::price::DESCRIPTOR;
    shop.update(&shop.back, descriptor, &price, dearer, &[])
        .await
        .unwrap();
    let (word, _) = refusal(shop.place(&order_id).await);
    assert_eq!(word, "mismatched_amounts");
    assert_eq!(
        shop.status(&order_id).await,
        ("pending".into(), "unpaid".into())
    );
    assert_ne!(shop.payable(&order_id).await, before);
    let order = shop.record("orders", &order_id).await.unwrap();
    assert_eq!(order.text("payment_source_id"), None, "its sum was another");
    shop.finish().await;
    assert_eq!(
        shop.last(&order_id, "cancel_approval").await,
        OperationStatus::Succeeded
    );
    let source = shop.source(&order_id).await;
    let token = shop.approve(&source).await;
    shop.send_token(&source, &token).await.unwrap();
    shop.place(&order_id).await.unwrap();
}

#[tokio::test]
async fn an_invented_token_is_refused_by_klarna_and_leaves_a_failed_row() {
    let shop = Shop::open().await;
    let order_id = shop.order(1).await;
    let source = shop.source(&order_id).await;
    shop.send_token(&source, "00000000-0000-4000-8000-000000000000")
        .await
        .unwrap();
    let (word, _) = refusal(shop.place(&order_id).await);
    assert_eq!(word, "expired");
    assert_eq!(
        shop.status(&order_id).await,
        ("pending".into(), "unpaid".into())
    );
    let rows = shop.parts(&order_id, "authorizations").await;
    assert_eq!(rows[0].body["succeeded"], false);
    assert_eq!(
        shop.last(&order_id, "place_order").await,
        OperationStatus::Failed
    );
    assert_eq!(shop.ledger(&order_id).await.1, Default::default());
    let order = shop.record("orders", &order_id).await.unwrap();
    assert_eq!(order.integer("errors_count"), Some(1));
    let errors = shop.parts(&order_id, "resource_errors").await;
    assert_eq!(errors.len(), 1);
    assert_eq!(errors[0].text("resource_id"), Some(order_id.as_str()));
    assert_eq!(errors[0].text("code"), rows[0].text("error_code"));
    let orders = &resources::order::DESCRIPTOR;
    let deleted = shop.gateway.delete(&shop.back, orders, &order_id);
    deleted.await.unwrap();
    assert!(shop.parts(&order_id, "resource_errors").await.is_empty());
}

#[tokio::test]
async fn a_refused_order_gives_its_stock_back_and_can_be_placed_after_a_new_approval() {
    let shop = Shop::open().await;
    let order_id = shop.order(1).await;
    let source = shop.source(&order_id).await;
    shop.send_token(&source, "00000000-0000-4000-8000-000000000000")
        .await
        .unwrap();
    refusal(shop.place(&order_id).await);
    let token = shop.approve(&source).await;
    shop.send_token(&source, &token).await.unwrap();
    shop.place(&order_id).await.unwrap();
    assert_eq!(shop.klarna_orders(&order_id).await, 1);
    shop.books_agree(&order_id).await;
}

#[tokio::test]
async fn klarna_out_of_reach_is_a_422_and_the_order_stays_pending() {
    let shop = Shop::open().await;
    let order_id = shop.approved_order().await;
    let rule =
        json!({ "operation": "place_order", "kind": "status_before", "status": 429, "times": 0 });
    shop.klarna("POST", "/sandbox/v1/faults", Some(rule)).await;
    refusal(shop.place(&order_id).await);
    assert_eq!(shop.status(&order_id).await.0, "pending");
}

#[tokio::test]
async fn nobody_else_writes_an_order_that_is_being_placed() {
    let shop = Arc::new(Shop::open().await);
    let order_id = shop.approved_order().await;
    shop.fault("place_order", "hold_before").await;
    let placing = {
        let (shop, order_id) = (Arc::clone(&shop), order_id.clone());
        tokio::spawn(async move { shop.place(&order_id).await })
    };
    while shop.status(&order_id).await.0 != "placing" {
        tokio::task::yield_now().await;
    }
    let (word, field) = refusal(shop.trigger(&order_id, "_cancel").await);
    assert_eq!(word, "pending");
    assert!(field.contains("status"), "{field}");
    let source = source_id(&shop, &order_id).await;
    let kind = "klarna_payments";
    refusal(
        payments::payment_source::delete_source(&shop.gateway, &shop.front, kind, &source).await,
    );
    let note = json!({ "metadata": { "note": "x" } });
    let descriptor = &kassa_gateway::shop::resources::klarna_payment::DESCRIPTOR;
    refusal(
        shop.update(&shop.front, descriptor, &source, note, &[])
            .await,
    );
    shop.no_faults().await;
    placing.await.unwrap().unwrap();
    assert_eq!(shop.klarna_orders(&order_id).await, 1);
}

async fn source_id(shop: &Shop, order_id: &str) -> String {
    let order = shop.record("orders", order_id).await.unwrap();
    order.text("payment_source_id").unwrap().to_owned()
}

#[tokio::test]
async fn a_wire_transfer_is_authorized_without_asking_anybody() {
    let shop = Shop::open().await;
    let order_id = shop.order(1).await;
    let method = shop.method("wire_transfers").await;
    shop.choose_method(&order_id, &method).await;
    let descriptor = &kassa_gateway::shop::resources::wire_transfer::DESCRIPTOR;
    shop.create(descriptor, json!({}), &[("order", "orders", &order_id)])
        .await
        .unwrap();
    shop.place(&order_id).await.unwrap();
    assert_eq!(
        shop.status(&order_id).await,
        ("placed".into(), "authorized".into())
    );
    shop.trigger(&order_id, "_capture").await.unwrap();
    assert_eq!(shop.status(&order_id).await.1, "paid");
    let (_, sums) = shop.ledger(&order_id).await;
    assert_eq!(sums.captured, shop.payable(&order_id).await);
    let logs = shop.klarna("GET", "/sandbox/v1/orders", None).await;
    assert_eq!(logs["orders"], Value::Array(Vec::new()));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outcome_unknown_for_twelve_seconds_is_pending_and_the_finisher_decides() {
    let shop = Shop::open().await;
    let order_id = shop.approved_order().await;
    let rule = json!({ "operation": "place_order", "kind": "drop_after", "times": 0 });
    shop.klarna("POST", "/sandbox/v1/faults", Some(rule)).await;
    let began = shop.gateway.machine().now();
    let (word, field) = refusal(shop.place(&order_id).await);
    let took = shop.gateway.machine().now().duration_since(began);
    assert!(took.as_secs() < 15, "{took}");
    assert_eq!(word, "pending");
    assert!(field.contains("status"), "{field}");
    assert_eq!(shop.status(&order_id).await.0, "placing");
    shop.no_faults().await;
    shop.finish().await;
    assert_eq!(
        shop.status(&order_id).await,
        ("placed".into(), "authorized".into())
    );
    assert_eq!(shop.klarna_orders(&order_id).await, 1);
    shop.books_agree(&order_id).await;
}
