//! What becomes of the rest of an authorization once everything has left the house.

use kassa_gateway::shop::resources;
use serde_json::json;

use crate::shop::Shop;

const DAY: i64 = 86_400;

/// An approved order whose only shipment is with the carrier, with so much of it captured before.
async fn shipped(shop: &Shop, captured: Option<i64>) -> String {
    let order_id = shop.placed_order().await;
    shop.trigger(&order_id, "_approve").await.unwrap();
    if let Some(amount) = captured {
        capture(shop, &order_id, amount).await;
    }
    for shipment in shop.parts(&order_id, "shipments").await {
        for trigger in ["_picking", "_ready_to_ship", "_ship"] {
            let descriptor = &resources::shipment::DESCRIPTOR;
            let wanted = json!({ trigger: true });
            shop.update(&shop.back, descriptor, &shipment.key.id, wanted, &[])
                .await
                .unwrap();
        }
    }
    order_id
}

async fn capture(shop: &Shop, order_id: &str, amount: i64) {
    let row = shop.parts(order_id, "authorizations").await[0]
        .key
        .id
        .clone();
    let descriptor = &resources::authorization::DESCRIPTOR;
    let wanted = json!({ "_capture": true, "_capture_amount_cents": amount });
    shop.update(&shop.back, descriptor, &row, wanted, &[])
        .await
        .unwrap();
}

async fn payment_status(shop: &Shop, order_id: &str) -> String {
    shop.status(order_id).await.1
}

#[tokio::test]
async fn the_rest_is_released_a_day_after_the_last_shipment() {
    let shop = Shop::open().await;
    let order_id = shipped(&shop, Some(1000)).await;
    shop.advance(DAY - 60).await;
    shop.work().await;
    assert_eq!(payment_status(&shop, &order_id).await, "partially_paid");
    shop.advance(60).await;
    shop.work().await;
    assert_eq!(payment_status(&shop, &order_id).await, "partially_voided");
    let klarna = shop.klarna_order(&order_id).await;
    assert_eq!(klarna["remaining_authorized_amount"], 0);
    shop.books_agree(&order_id).await;
}

#[tokio::test]
async fn a_capture_after_the_last_shipment_starts_the_day_anew() {
    let shop = Shop::open().await;
    let order_id = shipped(&shop, Some(1000)).await;
    shop.advance(DAY - 60).await;
    shop.work().await;
    capture(&shop, &order_id, 500).await;
    let shop = shop.restart();
    shop.advance(DAY - 60).await;
    shop.work().await;
    assert_eq!(payment_status(&shop, &order_id).await, "partially_paid");
    shop.advance(60).await;
    shop.work().await;
    assert_eq!(payment_status(&shop, &order_id).await, "partially_voided");
    shop.books_agree(&order_id).await;
}

#[tokio::test]
async fn an_order_of_which_nothing_was_captured_keeps_its_authorization() {
    let shop = Shop::open().await;
    let order_id = shipped(&shop, None).await;
    shop.advance(2 * DAY).await;
    shop.work().await;
    assert_eq!(payment_status(&shop, &order_id).await, "authorized");
    shop.books_agree(&order_id).await;
}
