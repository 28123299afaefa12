//! What is worked out about promotions, coupons, gift cards and bundles for an answer.
//!
//! Invariant: balances and usages are counters; what a gift card paid is told from the orders it paid for, so that
//! paying writes no shared row.

use std::collections::HashMap;

use kassa_commerce::body::iso_timestamp;
use kassa_commerce::catalogue::{GiftCard, Promotion};
use kassa_commerce::order::Order;
use kassa_commerce::reservation::{gift_card_counter, gift_card_usage_counter, promotion_counter};
use kassa_storage::{Key, Record};
use serde_json::{Map, Value, json};

use super::Reader;
use super::computed::{Targets, set};
use crate::error::GatewayError;
use crate::shop::catalogue::typed;

/// Rows that are read for one answer. Ours: a card that paid for more orders shows the oldest of them.
const ROWS: u64 = 10_000;

impl Reader<'_> {
    /// Status, usages and number of coupons of promotions.
    pub(super) async fn promotion_facts(
        &mut self,
        records: &mut [&mut Record],
    ) -> Result<(), GatewayError> {
        let counts = self.values_of(records, promotion_counter).await?;
        let sources: Vec<&Record> = records.iter().map(|record| &**record).collect();
        let coupons = self.coupons_of_promotions(&sources).await?;
        let now = self.gateway.business_now(&self.caller.realm);
        for (record, count) in records.iter_mut().zip(counts) {
            let mut promotion: Promotion = typed(record)?;
            promotion.total_usage_count = count;
            let status = promotion.status(now);
            let own = coupons.get(&record.key).map_or(0, Vec::len);
            set(record, "total_usage_count", count.into());
            set(record, "total_usage_reached", promotion.used_up().into());
            set(record, "status", status.word().into());
            set(record, "active", (status.word() == "active").into());
            set(record, "coupons_count", own.into());
            set(record, "weight", promotion.weight().into());
        }
        Ok(())
    }

    /// The coupons behind each promotion's rule.
    pub(super) async fn coupons_of_promotions(
        &mut self,
        sources: &[&Record],
    ) -> Result<Targets, GatewayError> {
        let ids: Vec<String> = sources.iter().map(|record| record.key.id.clone()).collect();
        let kind = ["coupon_codes_promotion_rules"];
        let rules = self
            .snapshot
            .inverse(&kind, "promotion", &ids, ROWS)
            .await?;
        let ids: Vec<String> = rules.iter().map(|rule| rule.key.id.clone()).collect();
        let coupons = self
            .snapshot
            .inverse(&["coupons"], "promotion_rule", &ids, ROWS)
            .await?;
        let mut targets = Targets::new();
        for source in sources {
            let own = |rule: &&Record| rule.text("promotion_id") == Some(&source.key.id);
            let rule = rules.iter().find(own).map(|rule| rule.key.id.as_str());
            let of_rule = coupons
                .iter()
                .filter(|coupon| rule.is_some() && coupon.text("promotion_rule_id") == rule);
            let keys = of_rule.map(|coupon| coupon.key.clone()).collect();
            targets.insert(source.key.clone(), keys);
        }
        Ok(targets)
    }

    /// Balance, status and logs of gift cards.
    pub(super) async fn gift_card_facts(
        &mut self,
        records: &mut [&mut Record],
    ) -> Result<(), GatewayError> {
        let balances = self.values_of(records, gift_card_counter).await?;
        let uses = self.values_of(records, gift_card_usage_counter).await?;
        let ids: Vec<String> = records.iter().map(|record| record.key.id.clone()).collect();
        let lines = self
            .snapshot
            .inverse(&["line_items"], "item", &ids, ROWS)
            .await?;
        let orders = self.orders_of(&lines).await?;
        for (index, record) in records.iter_mut().enumerate() {
            let mut card: GiftCard = typed(record)?;
            card.balance_cents = kassa_money::MinorUnits(balances[index]);
            card.uses = uses[index];
            let own = lines.iter().filter(|line| {
                line.text("item_id") == Some(&record.key.id)
                    && line.text("item_type") == Some("gift_cards")
            });
            let mut moves = by_hand(record);
            for line in own {
                if let Some(order) = orders.get(line.root.id.as_str()) {
                    moves.extend(payments(line, order, &record.key.id));
                }
            }
            moves.sort_by(|left, right| left.at.cmp(&right.at));
            let initial = record.integer("initial_balance_cents").unwrap_or(0);
            let (balance_log, usage_log) = logs(initial, &moves);
            set(record, "balance_cents", balances[index].into());
            set(record, "status", card.shown_status().word().into());
            set(record, "balance_log", balance_log);
            set(record, "usage_log", usage_log);
        }
        Ok(())
    }

    /// `skus_count`, `do_not_ship` and `do_not_track` of bundles: all of it, when all SKUs say so.
    pub(super) async fn bundle_facts(
        &mut self,
        records: &mut [&mut Record],
    ) -> Result<(), GatewayError> {
        let lists: Vec<String> = records
            .iter()
            .filter_map(|record| record.text("sku_list_id"))
            .map(ToOwned::to_owned)
            .collect();
        let items = self
            .snapshot
            .inverse(&["sku_list_items"], "sku_list", &lists, ROWS)
            .await?;
        let mut keys: Vec<Key> = items
            .iter()
            .filter_map(|item| Some(Key::new("skus", item.text("sku_id")?)))
            .collect();
        keys.sort();
        keys.dedup();
        let skus = self.snapshot.records(&keys).await?;
        for record in records {
            let own = items
                .iter()
                .filter(|item| item.text("sku_list_id") == record.text("sku_list_id"));
            let mut count = 0_i64;
            let mut inside = Vec::new();
            for item in own {
                count = count.saturating_add(item.integer("quantity").unwrap_or(1));
                inside.extend(
                    skus.iter()
                        .filter(|sku| item.text("sku_id") == Some(&sku.key.id)),
                );
            }
            let all = |name: &str| {
                let says = |sku: &&Record| sku.body.get(name).and_then(Value::as_bool);
                !inside.is_empty() && inside.iter().all(|sku| says(sku) == Some(true))
            };
            let (ship, track) = (all("do_not_ship"), all("do_not_track"));
            set(record, "skus_count", count.into());
            set(record, "do_not_ship", ship.into());
            set(record, "do_not_track", track.into());
        }
        Ok(())
    }

    /// What counters hold for records, in their order.
    async fn values_of(
        &mut self,
        records: &[&mut Record],
        counter: fn(&str) -> String,
    ) -> Result<Vec<i64>, GatewayError> {
        let names: Vec<String> = records
            .iter()
            .map(|record| counter(&record.key.id))
            .collect();
        Ok(self.snapshot.counters(&names).await?)
    }

    /// The orders of lines, by id.
    async fn orders_of(
        &mut self,
        lines: &[Record],
    ) -> Result<HashMap<String, Order>, GatewayError> {
        let mut keys: Vec<Key> = lines.iter().map(|line| line.root.clone()).collect();
        keys.sort();
        keys.dedup();
        let mut orders = HashMap::new();
        for record in self.snapshot.records(&keys).await? {
            orders.insert(record.key.id.clone(), typed::<Order>(&record)?);
        }
        Ok(orders)
    }
}

/// A change of a balance.
struct Move {
    at: String,
    cents: i64,
    /// The order that paid, or got back: its id, its number, and which of the two.
    order: Option<(String, Option<String>, &'static str)>,
}

/// What people added or took by hand, as the row noted it.
fn by_hand(record: &Record) -> Vec<Move> {
    let log = record.body.get("balance_log").and_then(Value::as_array);
    let entries = log.into_iter().flatten();
    entries
        .filter_map(|entry| {
            Some(Move {
                at: entry["datetime"].as_str()?.to_owned(),
                cents: entry["balance_change_cents"].as_i64()?,
                order: None,
            })
        })
        .collect()
}

/// What a line paid, and what came back when its order ended.
fn payments(line: &Record, order: &Order, card_id: &str) -> Vec<Move> {
    let cents = line.integer("total_amount_cents").unwrap_or(0);
    let Some(placed_at) = order.placed_at.filter(|_| cents < 0) else {
        return Vec::new();
    };
    let entry = |at, cents, action| Move {
        at: iso_timestamp(at),
        cents,
        order: Some((order.id.as_str().to_owned(), order.number.clone(), action)),
    };
    let mut moves = vec![entry(placed_at, cents, "use")];
    let counter = gift_card_counter(card_id);
    let held = order.reservations.iter().any(|own| own.counter == counter);
    if let Some(ended_at) = order.cancelled_at.filter(|_| !held) {
        moves.push(entry(ended_at, cents.saturating_neg(), "refund"));
    }
    moves
}

/// `balance_log` and `usage_log`: every change, and by order what it used, with the balance it left.
fn logs(initial: i64, moves: &[Move]) -> (Value, Value) {
    let mut balance = initial;
    let mut balance_log = Vec::new();
    let mut usage_log = Map::new();
    for change in moves {
        balance = balance.saturating_add(change.cents);
        balance_log.push(json!({
            "datetime": change.at,
            "balance_change_cents": change.cents,
        }));
        let Some((id, number, action)) = &change.order else {
            continue;
        };
        let entry = json!({
            "action": action,
            "amount_cents": change.cents,
            "balance_cents": balance,
            "order_number": number,
            "datetime": change.at,
        });
        match usage_log.entry(id.clone()).or_insert_with(|| json!([])) {
            Value::Array(entries) => entries.push(entry),
            other => *other = json!([entry]),
        }
    }
    (balance_log.into(), usage_log.into())
}
