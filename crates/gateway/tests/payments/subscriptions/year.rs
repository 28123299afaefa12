//! A year of many monthly subscriptions on the moved clock, a quarter of it in one leap.
//!
//! `KASSA_YEAR_SUBSCRIPTIONS` chooses how many; `cargo xtask year` takes a thousand.

use std::collections::{HashMap, HashSet};

use kassa_commerce::order_subscription::CLAIM_RUN;
use kassa_gateway::shop::resources;
use kassa_storage::{ClaimKey, Guard, Key, Put, QueueChange};
use serde_json::json;

use super::*;

/// Days that pass between two looks; the leap stands for a process that was down.
const STEPS: [i64; 10] = [31, 31, 31, 31, 92, 30, 30, 30, 30, 30];

/// Periods in those days.
const PERIODS: i64 = 12;

fn size() -> usize {
    let chosen = std::env::var("KASSA_YEAR_SUBSCRIPTIONS").ok();
    chosen.and_then(|text| text.parse().ok()).unwrap_or(100)
}

/// So many subscriptions like that one, each with a source order of its own. Made as records, because a thousand carts
/// take their time.
async fn many(shop: &Shop, order_id: &str, subscription: &str, count: usize) {
    let scope = Scope::realm(shop.realm.clone());
    let mut snapshot = shop.gateway.snapshot(&scope).await.unwrap();
    let mut records = snapshot
        .aggregate(&Key::new("orders", order_id))
        .await
        .unwrap();
    let key = Key::new("order_subscriptions", subscription);
    records.push(snapshot.record(&key).await.unwrap().unwrap());
    let timers = snapshot.timers(subscription).await.unwrap();
    drop(snapshot);
    records.extend(rows(shop, "order_subscription_items").await);
    for copy in 1..count {
        let mut set = shop.gateway.change_set(&shop.realm);
        for record in &records {
            let mut text = serde_json::to_string(&record.body).unwrap();
            for own in &records {
                text = text.replace(&own.key.id, &format!("{}{copy}", own.key.id));
            }
            let named = |key: &Key| Key::new(key.kind.clone(), format!("{}{copy}", key.id));
            let guard = if record.is_root() {
                Guard::New
            } else {
                Guard::ByRoot
            };
            let record = Record {
                key: named(&record.key),
                root: named(&record.root),
                body: serde_json::from_str(&text).unwrap(),
                ..record.clone()
            };
            set.puts.push(Put { record, guard });
        }
        for timer in &timers {
            let mut timer = timer.clone();
            timer.id = format!("{}{copy}", timer.id);
            timer.subject = format!("{}{copy}", timer.subject);
            set.queues.push(QueueChange::Set(timer));
        }
        shop.gateway.commit_once(set).await.unwrap();
    }
}

/// Klarna's latest orders are all ours, each for another of our orders, captured whole.
async fn klarna_agrees(shop: &Shop, numbers: &HashSet<String>) {
    let listed = shop.klarna("GET", "/sandbox/v1/orders", None).await;
    let mut seen = HashSet::new();
    for order in listed["orders"].as_array().unwrap() {
        let number = order["merchant_reference1"].as_str().unwrap().to_owned();
        assert!(numbers.contains(&number), "{order}");
        assert!(seen.insert(number), "twice: {order}");
        assert_eq!(order["captured_amount"], order["order_amount"], "{order}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_year_of_monthly_subscriptions_charges_every_period_once() {
    let shop = open(model()).await;
    let method = shop.method("klarna_payments").await;
    let descriptor = &resources::payment_method::DESCRIPTOR;
    let captures = json!({ "auto_capture": true });
    shop.update(&shop.back, descriptor, &method, captures, &[])
        .await
        .unwrap();
    let (order_id, subscription) = subscribed(&shop, "monthly").await;
    let count = size();
    many(&shop, &order_id, &subscription, count).await;
    for days in STEPS {
        pass(&shop, days * DAY).await;
    }
    let all = rows(&shop, "order_subscriptions").await;
    assert_eq!(all.len(), count);
    for own in &all {
        assert_eq!(own.text("status"), Some("active"), "{:?}", own.body);
        assert_eq!(
            own.integer("occurrencies"),
            Some(PERIODS + 1),
            "{:?}",
            own.body
        );
        assert_eq!(own.integer("errors_count"), Some(0));
    }
    let mut periods: HashMap<String, Vec<i64>> = HashMap::new();
    let copies = rows(&shop, "recurring_order_copies").await;
    for copy in &copies {
        assert_eq!(copy.text("status"), Some("completed"), "{:?}", copy.body);
        let of = copy.text("order_subscription_id").unwrap().to_owned();
        periods
            .entry(of)
            .or_default()
            .push(copy.integer("period").unwrap());
    }
    assert_eq!(periods.len(), count);
    for own in periods.values_mut() {
        own.sort_unstable();
        assert_eq!(*own, (1..=PERIODS).collect::<Vec<_>>());
    }
    charged(&shop, &copies).await;
}

/// Each copy's order was charged once, whole, and nothing is left open in its ledger.
async fn charged(shop: &Shop, copies: &[Record]) {
    let scope = Scope::realm(shop.realm.clone());
    let orders: HashMap<String, Record> = rows(shop, "orders")
        .await
        .into_iter()
        .map(|order| (order.key.id.clone(), order))
        .collect();
    let sources = orders
        .values()
        .filter(|order| order.text("order_subscription_id").is_none());
    assert_eq!(
        orders.len() - sources.count(),
        copies.len(),
        "no order without its copy"
    );
    let numbers: HashSet<String> = orders
        .values()
        .filter_map(|order| order.text("number").map(str::to_owned))
        .collect();
    let mut klarna_orders = HashSet::new();
    for copy in copies {
        let order = &orders[copy.text("target_order_id").unwrap()];
        let payable = order.integer("total_amount_with_taxes_cents").unwrap();
        assert_eq!(
            order.text("payment_status"),
            Some("paid"),
            "{:?}",
            order.body
        );
        let mut snapshot = shop.gateway.snapshot(&scope).await.unwrap();
        let sums = snapshot.balances(&order.key.id).await.unwrap();
        assert_eq!((sums.authorized, sums.captured), (payable, payable));
        assert_eq!((sums.refunded, sums.released, sums.voided), (0, 0, 0));
        let entries = snapshot.ledger(&order.key.id).await.unwrap();
        assert!(
            entries.iter().all(|entry| !entry.discrepancy),
            "{entries:?}"
        );
        let operations = snapshot.operations(&order.key.id).await.unwrap();
        let placings = operations.iter().filter(|own| own.kind == "place_order");
        assert_eq!(placings.count(), 1, "{operations:?}");
        let of = copy.text("order_subscription_id").unwrap();
        let period = copy.integer("period").unwrap();
        let claim = ClaimKey::new(CLAIM_RUN, format!("{of}/{period}"));
        let holder = snapshot.claim(&claim).await.unwrap();
        assert_eq!(holder.as_deref(), Some(&*copy.key.id));
    }
    for row in rows(shop, "authorizations").await {
        let id = row.text("gateway_transaction_id").unwrap().to_owned();
        if orders
            .get(row.text("order_id").unwrap())
            .is_some_and(|order| order.text("order_subscription_id").is_some())
        {
            assert!(klarna_orders.insert(id), "one Klarna order for two of ours");
        }
    }
    assert_eq!(klarna_orders.len(), copies.len());
    klarna_agrees(shop, &numbers).await;
}
