//! What becomes of an order's subscriptions when it is placed or cancelled, and when somebody asks for them.
//!
//! Invariant: each part of an order is subscribed to once, by a claim; the timer that follows an order is harmless when
//! run twice.

use kassa_commerce::aggregate::OrderAggregate;
use kassa_commerce::error::SubscriptionError;
use kassa_commerce::order_copy::COPIED_FROM;
use kassa_commerce::order_subscription::{
    NewSubscription, OrderSubscription, of_order, source_claim,
};
use kassa_commerce::states::{OrderStatus, SubscriptionStatus};
use kassa_storage::{ChangeSet, ClaimKey, Guard, Put, QueueChange, Realm, Record, Refusal, Scope};
use serde_json::Value;

use super::SOURCE;
use super::row::{self, Row};
use crate::error::GatewayError;
use crate::gateway::{Gateway, Outcome, Rounds, refused};
use crate::jobs::After;
use crate::shop::order::{self, LoadedOrder};
use crate::shop::{noun, wallet};

/// Where an order remembers that subscriptions were asked for before it was placed.
const ASKED: &str = "create_subscriptions";
/// Where an order remembers that a subscription waits for it.
pub(super) const AWAITED: &str = "awaited_by_subscription";

/// Subscriptions of one order that are looked at. Ours: a line has one at most.
const SUBSCRIPTIONS: u64 = 1_000;

/// The timer that follows an order which is placed or cancelled just now, where subscriptions may hang on it.
pub(crate) fn timer(
    before: &OrderAggregate,
    after: &OrderAggregate,
    has_model: bool,
    now_us: i64,
) -> Option<QueueChange> {
    let placed = after.order.status.bought() && !before.order.status.bought();
    let cancelled = after.order.status == OrderStatus::Cancelled
        && before.order.status != OrderStatus::Cancelled;
    let said = |name: &str| after.order.extra.get(name).and_then(Value::as_bool) == Some(true);
    let makes = has_model && recurs(after) && !after.order.extra.contains_key(COPIED_FROM);
    let follows = match (placed, cancelled) {
        (true, _) => makes && !after.order.guest || said(ASKED) || said(AWAITED),
        (_, true) => makes || said(ASKED) || said(AWAITED),
        _ => false,
    };
    let id = after.order.id.as_str();
    follows.then(|| row::set(format!("{SOURCE}:{id}"), SOURCE, id, now_us))
}

fn recurs(order: &OrderAggregate) -> bool {
    let mut goods = order.goods();
    goods.any(|line| line.frequency.as_deref().is_some_and(|own| !own.is_empty()))
}

/// Runs that timer.
pub(super) async fn follow(
    gateway: &Gateway,
    realm: &Realm,
    order_id: &str,
) -> Result<After, GatewayError> {
    let scope = Scope::realm(realm.clone());
    let loaded = match order::load(gateway, &scope, order_id).await {
        Err(GatewayError::NotFound { .. }) => return Ok(After::Done),
        other => other?,
    };
    if loaded.aggregate.order.status == OrderStatus::Cancelled {
        end_with(gateway, realm, order_id).await?;
    } else if loaded.aggregate.order.status.bought() {
        let placed_at = loaded.aggregate.order.placed_at.unwrap_or(loaded.now);
        activate(gateway, realm, order_id, placed_at).await?;
        let extra = &loaded.aggregate.order.extra;
        let asked = extra.get(ASKED).and_then(Value::as_bool) == Some(true);
        if asked || !extra.contains_key(COPIED_FROM) {
            match create(gateway, realm, order_id, Some(placed_at)).await {
                // Nobody waits for the answer: an order that recurs in no way simply has none.
                Ok(()) | Err(GatewayError::Invalid(_)) => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(After::Done)
}

/// `_create_subscriptions`: at once for a bought order; remembered for one that is not placed yet.
///
/// # Errors
/// 422 without a model, for guests, for orders in which nothing recurs, and for cancelled ones.
pub(crate) async fn ask(
    gateway: &Gateway,
    realm: &Realm,
    order_id: &str,
) -> Result<(), GatewayError> {
    let scope = Scope::realm(realm.clone());
    let mut rounds = Rounds::new();
    loop {
        let loaded = order::load(gateway, &scope, order_id).await?;
        if loaded.aggregate.order.status.bought() {
            return create(gateway, realm, order_id, None).await;
        }
        loaded.aggregate.ensure_editable()?;
        if loaded.catalogue.subscription_model.is_none() {
            return Err(SubscriptionError::ModelMissing.into());
        }
        let mut after = loaded.aggregate.clone();
        after.order.extra.insert(ASKED.to_owned(), true.into());
        let mut set = gateway.change_set(realm);
        loaded.write(&after, gateway.now_us(realm), &mut set);
        match gateway.commit(set).await? {
            Outcome::Done => return Ok(()),
            Outcome::Conflict(key) => rounds.again(&key).await?,
            Outcome::Refused(refusal) => return Err(refused(&refusal)),
        }
    }
}

/// Makes the subscriptions that the order does not have yet, active from `since` where its model says so.
async fn create(
    gateway: &Gateway,
    realm: &Realm,
    order_id: &str,
    since: Option<jiff::Timestamp>,
) -> Result<(), GatewayError> {
    let scope = Scope::realm(realm.clone());
    let mut rounds = Rounds::new();
    loop {
        let mut snapshot = gateway.snapshot(&scope).await?;
        let loaded = order::load_with(gateway, snapshot.as_mut(), &scope, order_id, &[]).await?;
        let Some(model) = &loaded.catalogue.subscription_model else {
            return Err(SubscriptionError::ModelMissing.into());
        };
        let mut new_id = || gateway.new_id();
        let now = since.unwrap_or(loaded.now);
        let wanted = of_order(&loaded.aggregate, model, now, &mut new_id)?;
        let mut missing = Vec::new();
        for one in wanted {
            if snapshot.claim(&claim(&loaded, &one)).await?.is_none() {
                missing.push(one);
            }
        }
        let source = loaded.aggregate.payment_source.as_ref();
        let entry = match source {
            Some(source) => snapshot.claim(&wallet::claim(source.id())).await?,
            None => None,
        };
        drop(snapshot);
        if missing.is_empty() {
            return Ok(());
        }
        let set = making(gateway, realm, &loaded, missing, entry);
        match gateway.commit(set).await? {
            Outcome::Done => return Ok(()),
            Outcome::Conflict(key) => rounds.again(&key).await?,
            // Somebody else made one of them, or kept the source in the wallet, at this moment.
            Outcome::Refused(Refusal::Taken { .. }) => rounds.again(&loaded.key()).await?,
            Outcome::Refused(refusal) => return Err(refused(&refusal)),
        }
    }
}

fn claim(loaded: &LoadedOrder, one: &NewSubscription) -> ClaimKey {
    let (kind, value) = source_claim(&loaded.aggregate.order.id, &one.part);
    ClaimKey::new(kind, value)
}

/// The rows, claims and timers of new subscriptions, and the wallet's entry that pays them.
fn making(
    gateway: &Gateway,
    realm: &Realm,
    loaded: &LoadedOrder,
    missing: Vec<NewSubscription>,
    known_entry: Option<String>,
) -> ChangeSet {
    let now_us = gateway.now_us(realm);
    let mut set = gateway.change_set(realm);
    set.checks.push((loaded.key(), loaded.version()));
    // Klarna's token is kept in the wallet, unless it is there already or did not come yet.
    let new_entry = match &known_entry {
        Some(_) => None,
        None => wallet::entry_of(gateway, &loaded.aggregate, &loaded.catalogue, now_us),
    };
    let made = new_entry.as_ref().map(|(entry, _)| entry.key.id.clone());
    let entry_id = known_entry.or(made);
    if let Some((entry, claim)) = new_entry {
        set.claims.push((claim, entry.key.id.clone()));
        set.puts.push(Put {
            record: entry,
            guard: Guard::New,
        });
    }
    for mut one in missing {
        one.subscription.number = Some(noun::number(gateway).to_string());
        let id = one.subscription.id.as_str().to_owned();
        set.claims.push((claim(loaded, &one), id));
        set.queues
            .extend(row::subscription_timer(None, &one.subscription));
        one.subscription
            .customer_payment_source_id
            .clone_from(&entry_id);
        set.puts
            .push(row::new_subscription(&one.subscription, now_us));
        for item in &one.items {
            set.puts
                .push(row::new("order_subscription_items", item, now_us));
        }
    }
    set
}

/// The placed order is the first run of the subscriptions that waited for it.
async fn activate(
    gateway: &Gateway,
    realm: &Realm,
    order_id: &str,
    placed_at: jiff::Timestamp,
) -> Result<(), GatewayError> {
    each(gateway, realm, order_id, |subscription, _| {
        let waits = subscription.status == SubscriptionStatus::Draft
            && subscription.activate_by_source_order;
        if waits {
            subscription.activate_by_source(placed_at, placed_at)?;
        }
        Ok(waits)
    })
    .await
}

/// Subscriptions whose model says so end with their source order.
async fn end_with(gateway: &Gateway, realm: &Realm, order_id: &str) -> Result<(), GatewayError> {
    each(gateway, realm, order_id, |subscription, model| {
        let automatic = model.and_then(|model| model.body.get("auto_cancel"));
        let ends = automatic.and_then(Value::as_bool) == Some(true)
            && subscription.status != SubscriptionStatus::Cancelled;
        if ends {
            subscription.cancel()?;
        }
        Ok(ends)
    })
    .await
}

/// Changes the subscriptions of an order, all in one change set. `change` says whether it changed anything.
async fn each(
    gateway: &Gateway,
    realm: &Realm,
    order_id: &str,
    change: impl Fn(&mut OrderSubscription, Option<&Record>) -> Result<bool, SubscriptionError>,
) -> Result<(), GatewayError> {
    let mut rounds = Rounds::new();
    loop {
        let (rows, models) = read(gateway, realm, order_id).await?;
        let now_us = gateway.now_us(realm);
        let mut set = gateway.change_set(realm);
        for row in rows {
            let row = Row::<OrderSubscription>::of(row)?;
            let mut after = row.value.clone();
            let id = row.value.subscription_model_id.as_ref();
            let model = models
                .iter()
                .find(|model| id.is_some_and(|id| id.as_str() == model.key.id));
            if change(&mut after, model)? {
                set.queues
                    .extend(row::subscription_timer(Some(&row.value), &after));
                set.puts.push(row.put(&after, now_us));
            }
        }
        if set.puts.is_empty() {
            return Ok(());
        }
        match gateway.commit(set).await? {
            Outcome::Done => return Ok(()),
            Outcome::Conflict(key) => rounds.again(&key).await?,
            Outcome::Refused(refusal) => return Err(refused(&refusal)),
        }
    }
}

/// The subscriptions of an order, and their models.
async fn read(
    gateway: &Gateway,
    realm: &Realm,
    order_id: &str,
) -> Result<(Vec<Record>, Vec<Record>), GatewayError> {
    let mut snapshot = gateway.snapshot(&Scope::realm(realm.clone())).await?;
    let source = [order_id.to_owned()];
    let rows = snapshot
        .inverse(
            &["order_subscriptions"],
            "source_order",
            &source,
            SUBSCRIPTIONS,
        )
        .await?;
    let mut keys: Vec<kassa_storage::Key> = rows
        .iter()
        .filter_map(|row| row.text("subscription_model_id"))
        .map(|id| kassa_storage::Key::new("subscription_models", id))
        .collect();
    keys.sort_unstable();
    keys.dedup();
    let models = snapshot.records(&keys).await?;
    Ok((rows, models))
}
