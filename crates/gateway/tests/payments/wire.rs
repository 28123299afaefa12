//! Wire transfers from the promise to the refund: a person says what the bank did, and no gateway is asked.

use kassa_gateway::shop::resources;
use serde_json::{Value, json};

use crate::shop::{Shop, refusal};

/// A placed order that is paid by wire.
async fn placed(shop: &Shop) -> String {
    let order_id = shop.order(2).await;
    let method = shop.method("wire_transfers").await;
    shop.choose_method(&order_id, &method).await;
    let descriptor = &resources::wire_transfer::DESCRIPTOR;
    let of_order = [("order", "orders", order_id.as_str())];
    shop.create(descriptor, json!({}), &of_order).await.unwrap();
    shop.place(&order_id).await.unwrap();
    order_id
}

async fn ask(shop: &Shop, order_id: &str, kind: &'static str, attributes: Value) -> bool {
    let row = shop.parts(order_id, kind).await[0].key.id.clone();
    let descriptor = match kind {
        "authorizations" => &resources::authorization::DESCRIPTOR,
        _ => &resources::capture::DESCRIPTOR,
    };
    let done = shop.update(&shop.back, descriptor, &row, attributes, &[]);
    done.await.is_ok()
}

#[tokio::test]
async fn a_wire_transfer_is_marked_paid_and_refunded_in_parts_without_a_gateway() {
    let shop = Shop::open().await;
    let order_id = placed(&shop).await;
    let all = shop.payable(&order_id).await;
    shop.trigger(&order_id, "_approve").await.unwrap();
    let part = json!({ "_capture": true, "_capture_amount_cents": 1000 });
    assert!(ask(&shop, &order_id, "authorizations", part).await);
    assert_eq!(shop.status(&order_id).await.1, "partially_paid");
    shop.trigger(&order_id, "_capture").await.unwrap();
    assert_eq!(shop.status(&order_id).await.1, "paid");
    let part = json!({ "_refund": true, "_refund_amount_cents": 400 });
    assert!(ask(&shop, &order_id, "captures", part.clone()).await);
    assert_eq!(shop.status(&order_id).await.1, "partially_refunded");
    let beyond = json!({ "_refund": true, "_refund_amount_cents": 601 });
    assert!(!ask(&shop, &order_id, "captures", beyond).await);
    shop.trigger(&order_id, "_refund").await.unwrap();
    assert_eq!(
        shop.status(&order_id).await,
        ("cancelled".into(), "refunded".into())
    );
    let (entries, sums) = shop.ledger(&order_id).await;
    assert!(entries.iter().all(|entry| !entry.discrepancy));
    assert_eq!(
        (sums.authorized, sums.captured, sums.refunded),
        (all, all, all)
    );
    let logs = shop.klarna("GET", "/sandbox/v1/orders", None).await;
    assert_eq!(logs["orders"], Value::Array(Vec::new()));
}

#[tokio::test]
async fn a_wire_transfer_that_never_came_is_cancelled() {
    let shop = Shop::open().await;
    let order_id = placed(&shop).await;
    shop.trigger(&order_id, "_cancel").await.unwrap();
    assert_eq!(
        shop.status(&order_id).await,
        ("cancelled".into(), "voided".into())
    );
    refusal(shop.trigger(&order_id, "_capture").await);
    let (_, sums) = shop.ledger(&order_id).await;
    assert_eq!((sums.captured, sums.voided), (0, sums.authorized));
}
