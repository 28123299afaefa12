//! From an order to its subscriptions, and what callers may write.

use kassa_gateway::shop::resources;
use serde_json::{Value, json};

use super::*;
use crate::shop::refusal;

#[tokio::test]
async fn placing_makes_the_subscription_and_counts_as_its_first_run() {
    let shop = open(model()).await;
    let (order_id, id) = subscribed(&shop, "monthly").await;
    let made = subscription(&shop, &id).await;
    assert_eq!(made.text("status"), Some("active"));
    assert_eq!(made.integer("occurrencies"), Some(1));
    assert_eq!(made.body["succeeded_on_last_run"], true);
    let order = shop.record("orders", &order_id).await.unwrap();
    assert_eq!(made.text("starts_at"), order.text("placed_at"));
    assert_eq!(made.owner.as_deref(), order.text("customer_id"));
    let items = rows(&shop, "order_subscription_items").await;
    assert_eq!(items.len(), 1);
    assert_eq!(items[0].text("sku_code"), Some(&*shop.sku));
    let entries = rows(&shop, "customer_payment_sources").await;
    assert_eq!(entries.len(), 1, "the token is kept in the wallet");
    assert_eq!(
        made.text("customer_payment_source_id"),
        Some(&*entries[0].key.id)
    );
}

#[tokio::test]
async fn asking_twice_and_asking_after_placing_makes_no_second_one() {
    let shop = open(model()).await;
    let order_id = approved(&shop, "weekly").await;
    let descriptor = &resources::order::DESCRIPTOR;
    let ask = json!({ "_create_subscriptions": true });
    shop.update(&shop.front, descriptor, &order_id, ask.clone(), &[])
        .await
        .unwrap();
    assert!(rows(&shop, "order_subscriptions").await.is_empty());
    shop.place(&order_id).await.unwrap();
    for _ in 0..2 {
        shop.update(&shop.front, descriptor, &order_id, ask.clone(), &[])
            .await
            .unwrap();
        shop.work().await;
    }
    assert_eq!(rows(&shop, "order_subscriptions").await.len(), 1);
}

#[tokio::test]
async fn guests_and_markets_without_a_model_are_refused() {
    let descriptor = &resources::order::DESCRIPTOR;
    let ask = json!({ "_create_subscriptions": true });
    let shop = Shop::open().await;
    let order_id = shop.placed_order().await;
    let refused = shop.update(&shop.back, descriptor, &order_id, ask.clone(), &[]);
    assert!(refusal(refused.await).1.contains("subscription_model"));
    let mut shop = open(model()).await;
    shop.front.customer_id = None;
    let order_id = shop.placed_order().await;
    let refused = shop.update(&shop.back, descriptor, &order_id, ask, &[]);
    assert!(refusal(refused.await).1.contains("guest"));
    assert!(rows(&shop, "order_subscriptions").await.is_empty());
}

#[tokio::test]
async fn a_line_takes_the_frequencies_of_the_model_only() {
    let shop = open(model()).await;
    let order_id = shop.order(1).await;
    let line = json!({ "sku_code": shop.sku, "quantity": 1, "frequency": "yearly" });
    let of_order = [("order", "orders", order_id.as_str())];
    let refused = shop.create(&resources::line_item::DESCRIPTOR, line, &of_order);
    assert_eq!(refusal(refused.await).0, "inclusion");
}

#[tokio::test]
async fn a_model_with_an_unknown_strategy_or_frequency_is_refused() {
    let shop = Shop::open().await;
    let table = [
        (
            json!({ "strategy": "by_mood", "frequencies": ["weekly"] }),
            "strategy",
        ),
        (json!({ "frequencies": [] }), "frequencies"),
        (
            json!({ "frequencies": ["weekly", "*/5 * * * *"] }),
            "frequencies",
        ),
        (json!({ "frequencies": [7] }), "frequencies"),
    ];
    for (mut body, field) in table {
        body["name"] = "Coffee".into();
        let refused = make(&shop, &resources::subscription_model::DESCRIPTOR, body, &[]);
        assert!(refusal(refused.await).1.contains(field), "{field}");
    }
}

#[tokio::test]
async fn a_draft_waits_for_its_activation() {
    let mut body = model();
    body["auto_activate"] = false.into();
    let shop = open(body).await;
    let (_, id) = subscribed(&shop, "weekly").await;
    assert_eq!(subscription(&shop, &id).await.text("status"), Some("draft"));
    pass(&shop, 20 * DAY).await;
    assert!(renewals(&shop, &id).await.is_empty());
    change(&shop, &id, json!({ "_activate": true }))
        .await
        .unwrap();
    let active = subscription(&shop, &id).await;
    assert_eq!(active.text("status"), Some("active"));
    assert!(
        renewals(&shop, &id).await.is_empty(),
        "nothing is caught up"
    );
    pass(&shop, 7 * DAY).await;
    charged_once(&shop, &id, 1).await;
}

#[tokio::test]
async fn a_cancelled_source_order_takes_its_subscriptions_along_where_the_model_says_so() {
    for (auto_cancel, expected) in [(true, "cancelled"), (false, "active")] {
        let mut body = model();
        body["auto_cancel"] = auto_cancel.into();
        let shop = open(body).await;
        let (order_id, id) = subscribed(&shop, "weekly").await;
        shop.trigger(&order_id, "_cancel").await.unwrap();
        shop.work().await;
        assert_eq!(
            subscription(&shop, &id).await.text("status"),
            Some(expected)
        );
    }
}

/// A subscription made by hand for that order.
async fn by_hand(shop: &Shop, order_id: &str, attributes: Value) -> Result<Record, GatewayError> {
    let descriptor = &resources::order_subscription::DESCRIPTOR;
    make(
        shop,
        descriptor,
        attributes,
        &[("source_order", "orders", order_id)],
    )
    .await
}

#[tokio::test]
async fn one_made_by_hand_copies_its_source_order_until_it_is_converted() {
    let shop = open(model()).await;
    let order_id = approved(&shop, "weekly").await;
    let early = by_hand(
        &shop,
        &order_id,
        json!({ "frequency": "daily", "starts_at": "2024-01-01T00:00:00.000Z" }),
    )
    .await;
    let id = early.unwrap().key.id;
    assert_eq!(subscription(&shop, &id).await.text("status"), Some("draft"));
    shop.place(&order_id).await.unwrap();
    shop.work().await;
    assert_eq!(
        subscription(&shop, &id).await.text("status"),
        Some("active")
    );
    pass(&shop, DAY).await;
    charged_once(&shop, &id, 1).await;
    assert_eq!(copies(&shop, &id).await[0].key.kind, "order_copies");
    change(&shop, &id, json!({ "_convert": true }))
        .await
        .unwrap();
    let again = change(&shop, &id, json!({ "_convert": true })).await;
    assert_eq!(refusal(again).0, "taken");
    pass(&shop, DAY).await;
    charged_once(&shop, &id, 2).await;
    assert_eq!(
        copies(&shop, &id).await[1].key.kind,
        "recurring_order_copies"
    );
}

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    let shop = open(model()).await;
    let (order_id, id) = subscribed(&shop, "weekly").await;
    let refused = by_hand(&shop, &order_id, json!({ "frequency": "fortnightly" })).await;
    assert!(refusal(refused).1.contains("frequency"));
    let start = json!({ "frequency": "weekly", "activate_by_source_order": false });
    assert!(
        refusal(by_hand(&shop, &order_id, start).await)
            .1
            .contains("starts_at")
    );
    for (attributes, field) in [
        (json!({ "frequency": "yearly" }), "frequency"),
        (
            json!({ "next_run_at": "2020-01-01T00:00:00.000Z" }),
            "next_run_at",
        ),
        (
            json!({ "expires_at": "2020-01-01T00:00:00.000Z" }),
            "expires_at",
        ),
        (json!({ "renewal_alert_period": 0 }), "renewal_alert_period"),
    ] {
        let refused = change(&shop, &id, attributes).await;
        assert!(refusal(refused).1.contains(field), "{field}");
    }
    change(&shop, &id, json!({ "_cancel": true }))
        .await
        .unwrap();
    for attributes in [json!({ "_activate": true }), json!({ "expires_at": null })] {
        assert!(
            refusal(change(&shop, &id, attributes).await)
                .1
                .contains("status")
        );
    }
    change(&shop, &id, json!({ "reference": "kept" }))
        .await
        .unwrap();
}

#[tokio::test]
async fn items_are_priced_changed_and_sold_by_the_next_run() {
    let shop = open(model()).await;
    let (_, id) = subscribed(&shop, "weekly").await;
    let descriptor = &resources::order_subscription_item::DESCRIPTOR;
    let of = [("order_subscription", "order_subscriptions", id.as_str())];
    let nothing = make(&shop, descriptor, json!({ "quantity": 1 }), &of).await;
    assert!(refusal(nothing).1.contains("item"));
    let first = rows(&shop, "order_subscription_items").await[0].clone();
    let unit = first.integer("unit_amount_cents").unwrap();
    let changed = shop
        .update(
            &shop.back,
            descriptor,
            &first.key.id,
            json!({ "quantity": 3 }),
            &[],
        )
        .await
        .unwrap();
    assert_eq!(changed.integer("total_amount_cents"), Some(3 * unit));
    let body = json!({ "sku_code": shop.sku, "quantity": 2, "unit_amount_cents": 150 });
    let fixed = make(&shop, descriptor, body, &of).await.unwrap();
    assert_eq!(fixed.integer("total_amount_cents"), Some(300));
    pass(&shop, 7 * DAY).await;
    charged_once(&shop, &id, 1).await;
    let run = &renewals(&shop, &id).await[0];
    assert_eq!(run.integer("subtotal_amount_cents"), Some(3 * unit + 300));
}

#[tokio::test]
async fn one_without_orders_is_deleted_with_its_items() {
    let shop = open(model()).await;
    let (_, id) = subscribed(&shop, "weekly").await;
    let descriptor = &resources::order_subscription::DESCRIPTOR;
    shop.gateway
        .delete(&shop.back, descriptor, &id)
        .await
        .unwrap();
    assert!(rows(&shop, "order_subscription_items").await.is_empty());
    pass(&shop, 7 * DAY).await;
    assert!(renewals(&shop, &id).await.is_empty());
    let (_, id) = subscribed(&shop, "weekly").await;
    pass(&shop, 7 * DAY).await;
    let kept = shop.gateway.delete(&shop.back, descriptor, &id).await;
    assert!(
        matches!(kept, Err(GatewayError::Locked(_))),
        "its orders refer to it"
    );
}
