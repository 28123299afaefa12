//! Five hundred at once on one coupon and on one gift card: exactly as many as there are, and not one more.

use std::sync::Arc;

use serde_json::json;

use crate::till::{PRICE, Till};
use crate::world::refusal;

const BUYERS: usize = 500;
const LIMIT: usize = 60;

/// Five hundred carts, made one after the other, placed at the same moment: how many were. Everybody else is told that
/// the code in `field` is used up.
async fn placed(till: Arc<Till>, field: &str, code: &str) -> usize {
    let code = json!({field: code});
    let mut orders = Vec::new();
    for buyer in 0..BUYERS {
        let order = till.cart(&format!("buyer{buyer}@example.com")).await;
        let free = till.change(&order, code.clone()).await.unwrap();
        assert_eq!(free.integer("total_amount_with_taxes_cents"), Some(0));
        orders.push(order);
    }
    let mut tasks = tokio::task::JoinSet::new();
    for order in orders.clone() {
        let till = till.clone();
        tasks.spawn(async move { till.place(&order).await });
    }
    let mut placed = 0;
    while let Some(done) = tasks.join_next().await {
        let done = done.unwrap();
        if done.is_ok() {
            placed += 1;
            continue;
        }
        let told = refusal(done);
        assert_eq!(told, (field.to_owned(), "used_up".to_owned()));
    }
    let mut shown = 0;
    for order in orders {
        let status = till.get("orders", &order).await;
        shown += usize::from(status.text("status") == Some("placed"));
    }
    assert_eq!(placed, shown, "what was told is what is");
    placed
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_coupon_is_used_no_more_than_its_limit() {
    let till = Arc::new(Till::open().await);
    let promotion = json!({"percentage": 100});
    let promotion = till
        .promotion("percentage_discount_promotions", promotion)
        .await;
    let coupon = till
        .coupon(&promotion, "FIRST-SIXTY", json!({"usage_limit": LIMIT}))
        .await;
    let placed = placed(till.clone(), "coupon_code", "FIRST-SIXTY").await;
    assert_eq!(placed, LIMIT);
    let coupon = till.get("coupons", &coupon).await;
    assert_eq!(coupon.integer("usage_count"), i64::try_from(LIMIT).ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_gift_card_pays_no_more_than_its_balance() {
    let till = Arc::new(Till::open().await);
    let rest = PRICE / 2;
    let balance = PRICE * i64::try_from(LIMIT).unwrap() + rest;
    let card = till.gift_card("SIXTY-COURSES", balance, json!({})).await;
    let placed = placed(till.clone(), "gift_card_code", "SIXTY-COURSES").await;
    assert_eq!(placed, LIMIT);
    let card = till.get("gift_cards", &card).await;
    assert_eq!(
        card.integer("balance_cents"),
        Some(rest),
        "the rest pays no whole course"
    );
}
