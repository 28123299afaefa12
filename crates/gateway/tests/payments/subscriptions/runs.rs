//! Runs: when they come, what they charge, and what stands in their way.

use kassa_gateway::shop::resources;
use serde_json::json;

use super::*;

#[tokio::test]
async fn a_run_makes_places_and_charges_a_renewal_order() {
    let shop = open(model()).await;
    let (order_id, id) = subscribed(&shop, "weekly").await;
    pass(&shop, 7 * DAY - 3600).await;
    assert!(renewals(&shop, &id).await.is_empty());
    pass(&shop, 3600).await;
    charged_once(&shop, &id, 1).await;
    let order = renewals(&shop, &id).await[0].clone();
    assert!(order.text("subscription_created_at").is_some());
    assert_ne!(order.text("billing_address_id"), None);
    let source = shop.record("orders", &order_id).await.unwrap();
    assert_ne!(
        order.text("billing_address_id"),
        source.text("billing_address_id")
    );
    let copy = copies(&shop, &id).await[0].clone();
    assert_eq!(copy.text("status"), Some("completed"));
    assert_eq!(copy.text("target_order_id"), Some(&*order.key.id));
    let own = subscription(&shop, &id).await;
    assert_eq!(own.text("status"), Some("active"));
    assert_eq!(
        (own.integer("occurrencies"), own.integer("errors_count")),
        (Some(2), Some(0))
    );
    assert_eq!(
        rows(&shop, "order_subscriptions").await.len(),
        1,
        "a renewal subscribes to nothing"
    );
}

#[tokio::test]
async fn every_missed_period_is_charged_once_after_a_long_silence() {
    let shop = open(model()).await;
    let (_, id) = subscribed(&shop, "weekly").await;
    shop.advance(36 * DAY).await;
    let shop = shop.restart();
    shop.work().await;
    charged_once(&shop, &id, 5).await;
    let next = subscription(&shop, &id).await;
    let now = shop.gateway.business_now(&shop.realm);
    let next: jiff::Timestamp = next.text("next_run_at").unwrap().parse().unwrap();
    assert!(next > now);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_charge_every_period_once() {
    let shop = open(model()).await;
    let (_, id) = subscribed(&shop, "daily").await;
    let twin = shop.twin();
    twin.business().advance(3 * DAY);
    shop.advance(3 * DAY).await;
    let (one, other) = tokio::join!(jobs::tick(&shop.gateway), jobs::tick(&twin));
    one.unwrap();
    other.unwrap();
    shop.work().await;
    charged_once(&shop, &id, 3).await;
}

#[tokio::test]
async fn a_pause_is_not_charged_and_a_cancelled_one_never_again() {
    let shop = open(model()).await;
    let (_, id) = subscribed(&shop, "weekly").await;
    change(&shop, &id, json!({ "_deactivate": true }))
        .await
        .unwrap();
    pass(&shop, 24 * DAY).await;
    assert!(renewals(&shop, &id).await.is_empty());
    change(&shop, &id, json!({ "_activate": true }))
        .await
        .unwrap();
    pass(&shop, 4 * DAY).await;
    charged_once(&shop, &id, 1).await;
    change(&shop, &id, json!({ "_cancel": true }))
        .await
        .unwrap();
    pass(&shop, 60 * DAY).await;
    assert_eq!(renewals(&shop, &id).await.len(), 1);
}

#[tokio::test]
async fn nothing_is_charged_after_the_end() {
    let shop = open(model()).await;
    let (_, id) = subscribed(&shop, "weekly").await;
    let end = shop.gateway.business_now(&shop.realm) + jiff::SignedDuration::from_hours(15 * 24);
    change(&shop, &id, json!({ "expires_at": end.to_string() }))
        .await
        .unwrap();
    pass(&shop, 50 * DAY).await;
    charged_once(&shop, &id, 2).await;
    let ended = subscription(&shop, &id).await;
    assert_eq!(ended.text("status"), Some("inactive"));
    assert_eq!(ended.text("next_run_at"), None);
}

#[tokio::test]
async fn a_new_price_counts_from_the_next_run_on() {
    let shop = open(model()).await;
    let (_, id) = subscribed(&shop, "weekly").await;
    pass(&shop, 7 * DAY).await;
    let list = {
        let market = shop.record("markets", &shop.market).await.unwrap();
        market.text("price_list_id").unwrap().to_owned()
    };
    let prices = rows(&shop, "prices").await;
    let price = prices.iter().find(|price| {
        price.text("sku_code") == Some(&shop.sku) && price.text("price_list_id") == Some(&list)
    });
    let price = price.unwrap();
    let dearer = price.integer("amount_cents").unwrap() + 250;
    let descriptor = &resources::price::DESCRIPTOR;
    let wanted = json!({ "amount_cents": dearer });
    shop.update(&shop.back, descriptor, &price.key.id, wanted, &[])
        .await
        .unwrap();
    pass(&shop, 7 * DAY).await;
    charged_once(&shop, &id, 2).await;
    let orders = renewals(&shop, &id).await;
    let paid = |index: usize| orders[index].integer("subtotal_amount_cents").unwrap();
    assert_eq!(paid(1) - paid(0), 250);
}

#[tokio::test]
async fn a_price_that_changes_while_klarna_is_away_is_charged_as_it_then_is() {
    let shop = open(model()).await;
    let (_, id) = subscribed(&shop, "weekly").await;
    let away = json!({ "operation": "token_order", "kind": "drop_before", "times": 0 });
    shop.klarna("POST", "/sandbox/v1/faults", Some(away)).await;
    let busy = json!({ "operation": "token_order", "kind": "rate_limited", "times": 0 });
    shop.no_faults().await;
    shop.klarna("POST", "/sandbox/v1/faults", Some(busy)).await;
    pass(&shop, 7 * DAY).await;
    let before = renewals(&shop, &id).await[0]
        .integer("subtotal_amount_cents")
        .unwrap();
    assert_eq!(
        renewals(&shop, &id).await[0].text("status"),
        Some("pending")
    );
    for price in rows(&shop, "prices").await {
        let descriptor = &resources::price::DESCRIPTOR;
        let wanted = json!({ "amount_cents": price.integer("amount_cents").unwrap() + 10 });
        shop.update(&shop.back, descriptor, &price.key.id, wanted, &[])
            .await
            .unwrap();
    }
    shop.no_faults().await;
    pass(&shop, 3600).await;
    charged_once(&shop, &id, 1).await;
    let after = renewals(&shop, &id).await[0]
        .integer("subtotal_amount_cents")
        .unwrap();
    assert_eq!(after - before, 10);
}

#[tokio::test]
async fn a_refused_charge_fails_the_run_and_the_next_period_comes() {
    let shop = open(model()).await;
    let (_, id) = subscribed(&shop, "weekly").await;
    let refuses = json!({ "operation": "token_order", "kind": "status_before", "status": 403 });
    shop.klarna("POST", "/sandbox/v1/faults", Some(refuses))
        .await;
    pass(&shop, 7 * DAY).await;
    let failed = subscription(&shop, &id).await;
    assert_eq!(failed.text("status"), Some("active"));
    assert_eq!(failed.integer("errors_count"), Some(1));
    assert_eq!(failed.body["succeeded_on_last_run"], false);
    let copy = &copies(&shop, &id).await[0];
    assert_eq!(copy.text("status"), Some("failed"));
    assert!(
        copy.body["errors_log"]["payment_source"].is_array(),
        "{:?}",
        copy.body
    );
    shop.no_faults().await;
    pass(&shop, DAY).await;
    assert_eq!(
        renewals(&shop, &id).await.len(),
        1,
        "a refusal is not tried again"
    );
    pass(&shop, 6 * DAY).await;
    let own = subscription(&shop, &id).await;
    assert_eq!(
        (own.integer("occurrencies"), own.integer("errors_count")),
        (Some(2), Some(1))
    );
    let orders = renewals(&shop, &id).await;
    assert_eq!(orders[0].text("status"), Some("pending"));
    assert_eq!(orders[1].text("status"), Some("placed"));
    shop.books_agree(&orders[1].key.id).await;
}

#[tokio::test]
async fn a_charge_turned_away_at_the_door_is_tried_again_and_made_once() {
    let shop = open(model()).await;
    let (_, id) = subscribed(&shop, "weekly").await;
    let busy = json!({ "operation": "token_order", "kind": "rate_limited", "times": 0 });
    shop.klarna("POST", "/sandbox/v1/faults", Some(busy)).await;
    pass(&shop, 7 * DAY).await;
    let waiting = subscription(&shop, &id).await;
    assert_eq!(waiting.text("status"), Some("running"));
    assert_eq!(copies(&shop, &id).await[0].integer("setbacks"), Some(1));
    pass(&shop, 61).await;
    assert_eq!(copies(&shop, &id).await[0].integer("setbacks"), Some(2));
    shop.no_faults().await;
    pass(&shop, 3600).await;
    charged_once(&shop, &id, 1).await;
    assert_eq!(
        subscription(&shop, &id).await.integer("errors_count"),
        Some(0)
    );
}

#[tokio::test]
async fn a_charge_whose_answer_is_lost_is_made_once() {
    let shop = open(model()).await;
    let (_, id) = subscribed(&shop, "weekly").await;
    shop.fault("token_order", "drop_after").await;
    pass(&shop, 7 * DAY).await;
    shop.finish().await;
    charged_once(&shop, &id, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_cancelled_while_klarna_is_asked_keeps_the_charge_and_ends() {
    let shop = open(model()).await;
    let (_, id) = subscribed(&shop, "weekly").await;
    shop.advance(7 * DAY).await;
    let held = json!({ "operation": "token_order", "kind": "hold_before", "hold_ms": 200 });
    shop.klarna("POST", "/sandbox/v1/faults", Some(held)).await;
    let cancel = async {
        while subscription(&shop, &id).await.text("status") != Some("running") {
            tokio::task::yield_now().await;
        }
        let order = || async {
            renewals(&shop, &id).await[0]
                .text("status")
                .map(str::to_owned)
        };
        while order().await.as_deref() == Some("pending") {
            tokio::task::yield_now().await;
        }
        change(&shop, &id, json!({ "_cancel": true }))
            .await
            .unwrap();
    };
    tokio::join!(shop.work(), cancel);
    shop.no_faults().await;
    shop.finish().await;
    charged_once(&shop, &id, 1).await;
    assert_eq!(
        subscription(&shop, &id).await.text("status"),
        Some("cancelled")
    );
    pass(&shop, 30 * DAY).await;
    assert_eq!(renewals(&shop, &id).await.len(), 1);
}

#[tokio::test]
async fn one_cancelled_before_klarna_is_asked_charges_nobody() {
    let shop = open(model()).await;
    let (_, id) = subscribed(&shop, "weekly").await;
    let busy = json!({ "operation": "token_order", "kind": "rate_limited", "times": 0 });
    shop.klarna("POST", "/sandbox/v1/faults", Some(busy)).await;
    pass(&shop, 7 * DAY).await;
    change(&shop, &id, json!({ "_cancel": true }))
        .await
        .unwrap();
    shop.no_faults().await;
    pass(&shop, 3600).await;
    assert_eq!(copies(&shop, &id).await[0].text("status"), Some("aborted"));
    let order = &renewals(&shop, &id).await[0];
    assert_eq!(order.text("status"), Some("pending"));
    assert_eq!(shop.ledger(&order.key.id).await.1.authorized, 0);
}

#[tokio::test]
async fn goods_that_are_gone_fail_the_run_and_name_themselves() {
    let shop = open(model()).await;
    let (_, id) = subscribed(&shop, "weekly").await;
    for item in rows(&shop, "stock_items").await {
        let descriptor = &resources::stock_item::DESCRIPTOR;
        let reserved = json!({ "quantity": 1 });
        let _ = shop
            .update(&shop.back, descriptor, &item.key.id, reserved, &[])
            .await;
    }
    pass(&shop, 7 * DAY).await;
    let copy = &copies(&shop, &id).await[0];
    assert_eq!(copy.text("status"), Some("failed"), "{:?}", copy.body);
    assert!(
        copy.body["errors_log"]["quantity"].is_array(),
        "{:?}",
        copy.body
    );
}

#[tokio::test]
async fn people_are_reminded_before_a_run() {
    let shop = open(model()).await;
    let hook = json!({ "topic": "order_subscriptions.renewal", "callback_url": "https://example.com/hook" });
    make(&shop, &resources::webhook::DESCRIPTOR, hook, &[])
        .await
        .unwrap();
    let (_, id) = subscribed(&shop, "weekly").await;
    change(&shop, &id, json!({ "renewal_alert_period": 48 }))
        .await
        .unwrap();
    pass(&shop, 5 * DAY).await;
    let told = subscription(&shop, &id).await;
    assert_eq!(told.text("alerted_for"), told.text("next_run_at"));
    pass(&shop, 2 * DAY).await;
    charged_once(&shop, &id, 1).await;
}
