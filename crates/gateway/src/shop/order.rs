//! An order as it is read and written: with everything it owns, the people and places it names, and the
//! configuration that decides about it.
//!
//! Invariant: what was read in one snapshot is written in one change set, guarded by the order's version; rows that
//! did not change are not written.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use kassa_commerce::aggregate::{OrderAggregate, Parties};
use kassa_commerce::body::Entity;
use kassa_commerce::catalogue::Catalogue;
use kassa_commerce::line_item::ItemType;
use kassa_commerce::order::Order;
use kassa_commerce::reservation::{self, Reservation};
use kassa_storage::{ChangeSet, CounterChange, Guard, Key, Put, Record, Scope, Snapshot};

use crate::error::GatewayError;
use crate::gateway::Gateway;
use crate::payments::release;
use crate::renewals;
use crate::shop::catalogue;
use crate::shop::gift_card;
use crate::shop::offers::{self, Codes};
use crate::shop::order_read;
use crate::shop::order_record::{bodies, is_part};
use crate::shop::stock_reservation;

/// An order, read whole.
#[derive(Debug, Clone)]
pub struct LoadedOrder {
    /// The order and what it owns.
    pub aggregate: OrderAggregate,
    /// Customer and addresses.
    pub parties: Parties,
    /// The market's configuration, with the prices and stock of the order's goods.
    pub catalogue: Catalogue,
    /// Business time of the read: decisions use this instant.
    pub now: Timestamp,
    records: HashMap<Key, Record>,
    version: i64,
    versions: HashMap<Key, i64>,
    /// Rows of the gift cards that the order buys.
    sold_cards: Vec<Record>,
}

/// Reads an order with all that a decision about it needs; `Scope::realm` unless rows shall be hidden.
///
/// # Errors
/// [`GatewayError::NotFound`] when there is no such order, or the store cannot be read.
pub async fn load(
    gateway: &Gateway,
    scope: &Scope,
    order_id: &str,
) -> Result<Box<LoadedOrder>, GatewayError> {
    let mut snapshot = gateway.snapshot(scope).await?;
    Box::pin(load_with(gateway, snapshot.as_mut(), scope, order_id, &[])).await
}

/// As [`load`], within an open snapshot, with the prices and stock of `more_skus` (ids) too.
///
/// # Errors
/// As [`load`].
pub(crate) async fn load_with(
    gateway: &Gateway,
    snapshot: &mut dyn Snapshot,
    scope: &Scope,
    order_id: &str,
    more_skus: &[String],
) -> Result<Box<LoadedOrder>, GatewayError> {
    let key = Key::new(Order::TYPE, order_id);
    let (records, aggregate) = order_read::whole(snapshot, &key).await?;
    let mut versions = HashMap::new();
    let parties = order_read::parties(snapshot, &aggregate.order, &mut versions).await?;
    let found =
        order_read::configuration(gateway, snapshot, &scope.realm, &aggregate.order).await?;
    let mut catalogue = found.catalogue.clone();
    versions.extend(
        found
            .versions
            .iter()
            .map(|(key, version)| (key.clone(), *version)),
    );
    let goods = (&mut catalogue, &mut versions);
    order_read::goods(snapshot, goods, &aggregate, more_skus).await?;
    let codes = Codes {
        coupon: aggregate.order.coupon_code.clone(),
        gift_card: aggregate.order.gift_card_code.clone(),
        customer_id: aggregate.order.customer_id.as_ref().map(|id| id.0.clone()),
    };
    offers::add_codes(snapshot, &mut catalogue, &mut versions, &codes).await?;
    let bought = aggregate
        .goods()
        .filter(|line| line.item_type == ItemType::GiftCards);
    let bought: Vec<String> = bought.filter_map(|line| line.item_id.clone()).collect();
    let sold_cards = offers::add_sold_cards(snapshot, &mut catalogue, &bought).await?;
    let version = records.first().map_or(0, |record| record.version);
    Ok(Box::new(LoadedOrder {
        aggregate,
        parties,
        catalogue,
        now: gateway.business_now(&scope.realm),
        records: records
            .into_iter()
            .map(|record| (record.key.clone(), record))
            .collect(),
        version,
        versions,
        sold_cards,
    }))
}

/// A move of a shared counter as the store wants it.
pub(crate) fn counter(reservation: &Reservation) -> CounterChange {
    CounterChange {
        name: reservation.counter.clone(),
        delta: reservation.delta,
        min: reservation.min,
        max: reservation.max,
    }
}

impl LoadedOrder {
    /// A new order that no record stands for yet.
    pub(crate) fn unsaved(
        order: Order,
        parties: Parties,
        catalogue: Catalogue,
        versions: HashMap<Key, i64>,
        now: Timestamp,
    ) -> Self {
        Self {
            aggregate: OrderAggregate::new(order),
            parties,
            catalogue,
            now,
            records: HashMap::new(),
            version: 0,
            versions,
            sold_cards: Vec::new(),
        }
    }

    /// Reads what other codes lead to than those on the order.
    pub(crate) async fn look_up(
        &mut self,
        snapshot: &mut dyn Snapshot,
        codes: &Codes,
    ) -> Result<(), GatewayError> {
        offers::add_codes(snapshot, &mut self.catalogue, &mut self.versions, codes).await
    }

    /// Reads a bundle, with all it takes to sell it.
    pub(crate) async fn add_bundle(
        &mut self,
        snapshot: &mut dyn Snapshot,
        bundle_id: &str,
    ) -> Result<(), GatewayError> {
        let (catalogue, versions) = (&mut self.catalogue, &mut self.versions);
        let known = catalogue.bundles.iter();
        if known
            .into_iter()
            .any(|bundle| bundle.id.as_str() == bundle_id)
        {
            return Ok(());
        }
        let id = [bundle_id.to_owned()];
        let mut skus = offers::add_bundles(snapshot, catalogue, versions, &id).await?;
        skus.retain(|id| !catalogue.skus.iter().any(|sku| sku.id.as_str() == id));
        skus.sort_unstable();
        skus.dedup();
        catalogue::add_goods(snapshot, catalogue, versions, &skus).await
    }

    /// The order's key.
    #[must_use]
    pub fn key(&self) -> Key {
        Key::new(Order::TYPE, self.aggregate.order.id.as_str())
    }

    /// The version of the order that was read.
    #[must_use]
    pub fn version(&self) -> i64 {
        self.version
    }

    /// The record of a part, as read.
    #[must_use]
    pub fn record(&self, key: &Key) -> Option<&Record> {
        self.records.get(key)
    }

    /// Versions of the rows outside the order that a decision about placing relies on: goods, prices, shipping
    /// and payment methods, the gateway, market and price list, tax rules, addresses. Stock is not among them: it
    /// is a counter. The customer is not either: placing writes it.
    #[must_use]
    pub fn checks(&self) -> Vec<(Key, i64)> {
        let order = &self.aggregate.order;
        let mut relied: HashSet<Key> = HashSet::new();
        let mut rely = |kind: &'static str, id: &str| {
            if !id.is_empty() {
                relied.insert(Key::new(kind, id));
            }
        };
        rely("markets", self.catalogue.market.id.as_str());
        rely("price_lists", self.catalogue.price_list.id.as_str());
        for sku in &self.catalogue.skus {
            rely("skus", sku.id.as_str());
        }
        for price in &self.catalogue.prices {
            rely("prices", price.id.as_str());
        }
        for rule in &self.catalogue.tax_rules {
            rely("tax_rules", rule.id.as_str());
        }
        for bundle in &self.catalogue.bundles {
            rely("bundles", bundle.id.as_str());
        }
        for tier in &self.catalogue.price_volume_tiers {
            rely("price_volume_tiers", tier.id.as_str());
        }
        for tier in &self.catalogue.price_frequency_tiers {
            rely("price_frequency_tiers", tier.id.as_str());
        }
        if let Some(coupon) = &self.catalogue.coupon {
            rely("coupons", coupon.id.as_str());
        }
        if let Some(card) = &self.catalogue.gift_card {
            rely("gift_cards", card.id.as_str());
        }
        for promotion in &self.catalogue.promotions {
            rely(promotion.promotion_type.word(), promotion.id.as_str());
        }
        for shipment in &self.aggregate.shipments {
            if let Some(id) = &shipment.shipping_method_id {
                rely("shipping_methods", id.as_str());
            }
        }
        if let Some(id) = &order.payment_method_id {
            rely("payment_methods", id.as_str());
        }
        for id in [&order.billing_address_id, &order.shipping_address_id]
            .into_iter()
            .flatten()
        {
            rely("addresses", id.as_str());
        }
        self.versions
            .iter()
            .filter(|(key, _)| relied.contains(*key))
            .map(|(key, version)| (key.clone(), *version))
            .collect()
    }

    /// The version of a row outside the order, as read.
    #[must_use]
    pub fn version_of(&self, key: &Key) -> Option<i64> {
        self.versions.get(key).copied()
    }

    /// Writes into `set` what differs between the order as read and `new`: the root always, so that its version
    /// moves with every change of a part. Shared counters follow the order's reservations here and nowhere else.
    pub fn write(&self, new: &OrderAggregate, now_us: i64, set: &mut ChangeSet) {
        let (before, after) = (&self.aggregate.order, &new.order);
        let moves = reservation::difference(&before.reservations, &after.reservations);
        set.counters.extend(moves.iter().map(counter));
        set.queues
            .extend(stock_reservation::timer(&self.aggregate, new));
        set.queues
            .extend(release::timer(&self.aggregate, new, now_us));
        let has_model = self.catalogue.subscription_model.is_some();
        set.queues.extend(renewals::source_timer(
            &self.aggregate,
            new,
            has_model,
            now_us,
        ));
        set.puts.extend(self.puts(new, now_us));
        gift_card::follow(&self.sold_cards, &self.aggregate, new, now_us, set);
        for key in self.removed(new) {
            set.deletes.push((key, Guard::ByRoot));
        }
    }

    /// The records to write for `new`: the order, and every part that is new or changed. Parts that `new` does not
    /// have any more are in [`LoadedOrder::removed`]; [`LoadedOrder::write`] does both.
    #[must_use]
    pub fn puts(&self, new: &OrderAggregate, now_us: i64) -> Vec<Put> {
        let root = Key::new(Order::TYPE, new.order.id.as_str());
        let market = new
            .order
            .market_id
            .as_ref()
            .map(|id| id.as_str().to_owned());
        let owner = new
            .order
            .customer_id
            .as_ref()
            .map(|id| id.as_str().to_owned());
        let mut puts = Vec::new();
        for (key, body) in bodies(new) {
            let is_root = key == root;
            let old = self.records.get(&key);
            let unchanged = old
                .is_some_and(|old| old.body == body && old.market == market && old.owner == owner);
            if unchanged && !is_root {
                continue;
            }
            let record = Record {
                root: root.clone(),
                version: 0,
                schema: old.map_or(1, |old| old.schema),
                market: market.clone(),
                owner: owner.clone(),
                body,
                created_at: old.map_or(now_us, |old| old.created_at),
                updated_at: if unchanged {
                    old.map_or(now_us, |old| old.updated_at)
                } else {
                    now_us
                },
                key,
            };
            let guard = match (is_root, old) {
                (true, Some(_)) => Guard::At(self.version),
                (true, None) => Guard::New,
                (false, _) => Guard::ByRoot,
            };
            puts.push(Put { record, guard });
        }
        puts
    }

    /// Keys of everything the order owns, the order itself left out.
    #[must_use]
    pub fn parts(&self) -> Vec<Key> {
        self.records
            .values()
            .filter(|record| !record.is_root())
            .map(|record| record.key.clone())
            .collect()
    }

    /// Keys of the parts that `new` does not have any more.
    #[must_use]
    pub fn removed(&self, new: &OrderAggregate) -> Vec<Key> {
        let kept: HashSet<Key> = bodies(new).into_iter().map(|(key, _)| key).collect();
        self.records
            .keys()
            .filter(|key| !kept.contains(*key) && is_part(key))
            .cloned()
            .collect()
    }
}
