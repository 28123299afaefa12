//! Coupons, promotions and gift cards at Klarna: what the shopper approves is what the order is worth, line by line.

use kassa_gateway::Field;
use kassa_gateway::shop::graph::Selection;
use kassa_gateway::shop::resources;
use serde_json::{Value, json};

use crate::shop::{Shop, draft, refusal};

async fn make(shop: &Shop, kind: &str, values: Value, links: &[(&str, &str, &str)]) -> String {
    let descriptor = resources::registry().find(kind).unwrap();
    let (draft, selection) = (draft(values, links), Selection::default());
    let made = shop
        .gateway
        .create(&shop.back, descriptor, draft, &selection);
    made.await.unwrap().primary[0].key.id.clone()
}

async fn change(shop: &Shop, kind: &str, id: &str, values: Value) {
    let descriptor = resources::registry().find(kind).unwrap();
    let changed = shop.update(&shop.back, descriptor, id, values, &[]);
    changed.await.unwrap();
}

async fn read(shop: &Shop, kind: &str, id: &str) -> Value {
    let descriptor = resources::registry().find(kind).unwrap();
    let selection = Selection::default();
    let found = shop
        .gateway
        .retrieve(&shop.back, descriptor, id, &selection);
    found.await.unwrap().primary[0].body.clone().into()
}

/// A promotion of ten per cent behind the coupon `TEN-PERCENT`, a card `GIFT-0001` with 10.00, and a payment fee.
async fn offers(shop: &Shop) -> (String, String) {
    let market = [("market", "markets", shop.market.as_str())];
    let promotion = json!({
        "name": "Ten", "percentage": 10,
        "starts_at": "2020-01-01T00:00:00.000Z", "expires_at": "2100-01-01T00:00:00.000Z",
    });
    let kind = "percentage_discount_promotions";
    let promotion = make(shop, kind, promotion, &market).await;
    let rules = "coupon_codes_promotion_rules";
    let rule = make(shop, rules, json!({}), &[("promotion", kind, &promotion)]).await;
    let coupon = json!({ "code": "TEN-PERCENT", "usage_limit": 1 });
    let coupon = make(shop, "coupons", coupon, &[("promotion_rule", rules, &rule)]).await;
    let card = json!({ "code": "GIFT-0001", "balance_cents": 1000 });
    let card = make(shop, "gift_cards", card, &market).await;
    let usable = json!({ "_purchase": true, "_activate": true });
    change(shop, "gift_cards", &card, usable).await;
    let method = shop.method("klarna_payments").await;
    change(
        shop,
        "payment_methods",
        &method,
        json!({ "price_amount_cents": 195 }),
    )
    .await;
    (coupon, card)
}

/// What a refusal of a code that is used up looks like.
fn told_on(name: &str) -> (String, String) {
    let field = Field::Attribute(name.to_owned());
    ("used_up".to_owned(), format!("{field:?}"))
}

/// An approved order with coupon and card on it.
async fn approved(shop: &Shop) -> String {
    let order_id = shop.order(2).await;
    let codes = json!({ "coupon_code": "TEN-PERCENT", "gift_card_code": "GIFT-0001" });
    let orders = &resources::order::DESCRIPTOR;
    shop.update(&shop.front, orders, &order_id, codes, &[])
        .await
        .unwrap();
    let source = shop.source(&order_id).await;
    let token = shop.approve(&source).await;
    shop.send_token(&source, &token).await.unwrap();
    order_id
}

#[tokio::test]
async fn klarnas_lines_show_discount_card_fee_and_shipping_and_sum_to_the_order() {
    let shop = Shop::open().await;
    let (coupon, card) = offers(&shop).await;
    let order_id = approved(&shop).await;
    shop.place(&order_id).await.unwrap();
    let order = shop.record("orders", &order_id).await.unwrap();
    assert!(order.integer("discount_amount_cents").unwrap() < 0);
    let klarna = shop.klarna_order(&order_id).await;
    assert_eq!(
        klarna["order_amount"],
        order.body["total_amount_with_taxes_cents"]
    );
    let lines = klarna["order_lines"].as_array().unwrap();
    let sum: i64 = lines
        .iter()
        .map(|line| line["total_amount"].as_i64().unwrap())
        .sum();
    assert_eq!(klarna["order_amount"], sum);
    let of = |kind: &str| lines.iter().find(|line| line["type"] == kind);
    let goods = of("physical").unwrap();
    let discount = -order.integer("discount_amount_cents").unwrap();
    assert_eq!(goods["total_discount_amount"], discount);
    assert_eq!(of("gift_card").unwrap()["total_amount"], -1000);
    assert_eq!(of("surcharge").unwrap()["total_amount"], 195);
    assert_eq!(
        of("shipping_fee").unwrap()["total_amount"],
        order.body["shipping_amount_cents"]
    );
    assert_eq!(read(&shop, "coupons", &coupon).await["usage_count"], 1);
    assert_eq!(read(&shop, "gift_cards", &card).await["balance_cents"], 0);
    shop.books_agree(&order_id).await;
}

#[tokio::test]
async fn what_the_card_paid_returns_with_a_whole_refund_and_the_usage_does_not() {
    let shop = Shop::open().await;
    let (coupon, card) = offers(&shop).await;
    let order_id = approved(&shop).await;
    shop.place(&order_id).await.unwrap();
    shop.trigger(&order_id, "_approve").await.unwrap();
    shop.trigger(&order_id, "_capture").await.unwrap();
    assert_eq!(read(&shop, "gift_cards", &card).await["status"], "redeemed");
    shop.trigger(&order_id, "_refund").await.unwrap();
    assert_eq!(
        shop.status(&order_id).await,
        ("cancelled".into(), "refunded".into())
    );
    let back = read(&shop, "gift_cards", &card).await;
    assert_eq!(
        (&back["balance_cents"], &back["status"]),
        (&json!(1000), &json!("active"))
    );
    assert_eq!(read(&shop, "coupons", &coupon).await["usage_count"], 1);
}

#[tokio::test]
async fn a_cancelled_order_gives_card_and_coupon_back() {
    let shop = Shop::open().await;
    let (coupon, card) = offers(&shop).await;
    let order_id = approved(&shop).await;
    shop.place(&order_id).await.unwrap();
    shop.trigger(&order_id, "_cancel").await.unwrap();
    assert_eq!(
        read(&shop, "gift_cards", &card).await["balance_cents"],
        1000
    );
    assert_eq!(read(&shop, "coupons", &coupon).await["usage_count"], 0);
}

#[tokio::test]
async fn a_placing_that_klarna_refuses_gives_card_and_coupon_back() {
    let shop = Shop::open().await;
    let (coupon, card) = offers(&shop).await;
    let order_id = shop.order(2).await;
    let codes = json!({ "coupon_code": "TEN-PERCENT", "gift_card_code": "GIFT-0001" });
    let orders = &resources::order::DESCRIPTOR;
    shop.update(&shop.front, orders, &order_id, codes, &[])
        .await
        .unwrap();
    let source = shop.source(&order_id).await;
    shop.send_token(&source, "no-such-approval").await.unwrap();
    assert!(shop.place(&order_id).await.is_err());
    assert_eq!(shop.status(&order_id).await.0, "pending");
    assert_eq!(
        read(&shop, "gift_cards", &card).await["balance_cents"],
        1000
    );
    assert_eq!(read(&shop, "coupons", &coupon).await["usage_count"], 0);
}

#[tokio::test]
async fn whoever_is_too_late_for_a_code_is_told_which_and_owes_nothing() {
    let shop = Shop::open().await;
    let (coupon, card) = offers(&shop).await;
    let quick = approved(&shop).await;
    let late = approved(&shop).await;
    shop.place(&quick).await.unwrap();
    let told = refusal(shop.place(&late).await);
    assert_eq!(told, told_on("coupon_code"));
    let order = shop.record("orders", &late).await.unwrap();
    assert_eq!(order.integer("discount_amount_cents"), Some(0));
    assert_eq!(order.integer("gift_card_amount_cents"), Some(0));
    assert_eq!(order.text("payment_source_id"), None);
    shop.work().await;
    let approval = shop.last(&late, "cancel_approval").await;
    assert_eq!(approval, kassa_storage::OperationStatus::Succeeded);
    assert_eq!(shop.klarna_orders(&late).await, 0);
    // Without the coupon it is the card that is empty.
    change(&shop, "coupons", &coupon, json!({ "usage_limit": 2 })).await;
    let third = shop.order(2).await;
    change(
        &shop,
        "gift_cards",
        &card,
        json!({ "_balance_change_cents": 700 }),
    )
    .await;
    let orders = &resources::order::DESCRIPTOR;
    let code = json!({ "gift_card_code": "GIFT-0001" });
    shop.update(&shop.front, orders, &third, code, &[])
        .await
        .unwrap();
    let source = shop.source(&third).await;
    let token = shop.approve(&source).await;
    shop.send_token(&source, &token).await.unwrap();
    change(
        &shop,
        "gift_cards",
        &card,
        json!({ "_balance_change_cents": -400 }),
    )
    .await;
    let told = refusal(shop.place(&third).await);
    assert_eq!(told, told_on("gift_card_code"));
}
