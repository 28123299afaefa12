//! Stock reservations: the timers that let go of those of open orders, and the ones that a shop makes by itself.
//!
//! Invariant: an order with drafts has exactly one timer, due when the first of them ends; it is set and cancelled by
//! whatever writes the order. A reservation made by hand keeps what it holds, and gives back exactly that.

use jiff::SignedDuration;
use kassa_commerce::aggregate::OrderAggregate;
use kassa_commerce::body::iso_timestamp;
use kassa_commerce::limits;
use kassa_commerce::reservation::{Reservation, difference, hold};
use kassa_commerce::stock_reservation::{expire, next_expiry};
use kassa_storage::{ChangeSet, Guard, Key, QueueChange, Realm, Record, Scope, Timer};
use serde_json::{Map, Value, json};

use super::configuration::{self, Change, refuse};
use super::resources::stock_reservation::DESCRIPTOR;
use super::version::{self, Happened};
use super::{order, write};
use crate::caller::Caller;
use crate::error::GatewayError;
use crate::gateway::{Gateway, Outcome, Rounds, refused};
use crate::jobs::After;
use crate::shop::graph::Draft;
use crate::shop::read::Reader;

/// Kind of the timer of an order.
pub(crate) const EXPIRE: &str = "stock_reservation";

/// Kind of the timer of a reservation made by hand.
pub(crate) const EXPIRE_BY_HAND: &str = "stock_reservation_by_hand";

/// What a reservation made by hand holds. Not part of the API.
const HELD: &str = "held";

/// What becomes of the timer when an order changes.
pub(super) fn timer(before: &OrderAggregate, after: &OrderAggregate) -> Option<QueueChange> {
    let order_id = after.order.id.as_str();
    let (old, new) = (next_expiry(before), next_expiry(after));
    match new {
        _ if old == new => None,
        None => Some(no_timer(order_id)),
        Some(end) => Some(QueueChange::Set(Timer {
            id: timer_id(order_id),
            kind: EXPIRE.to_owned(),
            subject: order_id.to_owned(),
            payload: json!({}),
            due_at: end.as_microsecond(),
            attempts: 0,
        })),
    }
}

/// Stops the timer of an order that goes away.
pub(super) fn no_timer(order_id: &str) -> QueueChange {
    QueueChange::Cancel {
        id: timer_id(order_id),
    }
}

fn timer_id(order_id: &str) -> String {
    format!("{EXPIRE}:{order_id}")
}

/// Runs the timer: lets go of what has ended.
pub(crate) async fn run_timer(
    gateway: &Gateway,
    realm: &Realm,
    timer: &Timer,
) -> Result<After, GatewayError> {
    let scope = Scope::realm(realm.clone());
    let mut rounds = Rounds::new();
    loop {
        let loaded = match order::load(gateway, &scope, &timer.subject).await {
            Err(GatewayError::NotFound { .. }) => return Ok(After::Done),
            other => other?,
        };
        let after = expire(loaded.aggregate.clone(), loaded.now);
        let next = next_expiry(&after).filter(|end| *end > loaded.now);
        if after == loaded.aggregate {
            // Placed meanwhile, or held anew.
            return Ok(next.map_or(After::Done, |end| After::At(end.as_microsecond())));
        }
        let mut set = gateway.change_set(realm);
        loaded.write(&after, gateway.now_us(realm), &mut set);
        match gateway.commit(set).await? {
            // The order's write has set the timer anew, or taken it away.
            Outcome::Done => return Ok(After::Done),
            Outcome::Conflict(key) => rounds.again(&key).await?,
            Outcome::Refused(refusal) => return Err(refused(&refusal)),
        }
    }
}

/// Completes and judges a reservation made by hand, and holds its stock.
pub(super) fn complete(change: &mut Change<'_>) -> Result<(), GatewayError> {
    let quantity = change.body.get("quantity").and_then(Value::as_i64);
    let quantity = quantity.unwrap_or_default();
    if quantity < 1 {
        return Err(refuse("quantity", "greater_than", "must be greater than 0"));
    }
    let before = match &change.old {
        Some(old) => held(&old.body),
        None => Vec::new(),
    };
    if change.old.is_none() {
        begin(change)?;
    }
    if change.triggered("_pending") {
        change.set_field("status", "pending");
        change.set.queues.push(no_timer_by_hand(&change.key.id));
    }
    let mut after = Vec::new();
    let item = change.text("stock_item_id").unwrap_or_default();
    hold(&mut after, item, quantity);
    let written = serde_json::to_value(&after);
    let written = written.map_err(|error| GatewayError::Internal(error.to_string()))?;
    change.set_field(HELD, written);
    let moves = difference(&before, &after);
    change.set.counters.extend(moves.iter().map(order::counter));
    Ok(())
}

/// A new reservation is about the SKU of its stock item, and ends by itself.
fn begin(change: &mut Change<'_>) -> Result<(), GatewayError> {
    let sku = change
        .row("stock_items")
        .and_then(|item| item.text("sku_id"))
        .map(ToOwned::to_owned);
    if let Some(sku) = sku {
        change.set_field("sku_id", sku);
    }
    let now = change.gateway.business_now(&change.caller.realm);
    let lasting = SignedDuration::from_secs(limits::STOCK_RESERVATION_SECONDS);
    let end = now
        .checked_add(lasting)
        .map_err(|error| GatewayError::Internal(error.to_string()))?;
    change.set_field("expires_at", iso_timestamp(end));
    change.set.queues.push(QueueChange::Set(Timer {
        id: timer_id(&change.key.id),
        kind: EXPIRE_BY_HAND.to_owned(),
        subject: change.key.id.clone(),
        payload: json!({}),
        due_at: end.as_microsecond(),
        attempts: 0,
    }));
    Ok(())
}

/// Changes a reservation that no order made.
pub(super) async fn update(
    gateway: &Gateway,
    caller: &Caller,
    id: &str,
    draft: &Draft,
) -> Result<Key, GatewayError> {
    own(gateway, caller, id).await?;
    configuration::update(gateway, caller, &DESCRIPTOR, id, draft).await
}

/// Deletes a reservation that no order made: its pieces can be sold again.
pub(super) async fn delete(
    gateway: &Gateway,
    caller: &Caller,
    id: &str,
) -> Result<(), GatewayError> {
    let mut rounds = Rounds::new();
    loop {
        let record = own(gateway, caller, id).await?;
        let mut set = let_go(gateway, &caller.realm, &record);
        set.queues.push(no_timer_by_hand(id));
        let happened = Happened {
            descriptor: &DESCRIPTOR,
            key: &record.key,
            old: Some(&record.body),
            new: None,
            at_us: gateway.now_us(&caller.realm),
        };
        set.puts.extend(version::of(gateway, caller, happened));
        match gateway.commit(set).await? {
            Outcome::Done => return Ok(()),
            Outcome::Conflict(key) => rounds.again(&key).await?,
            Outcome::Refused(refusal) => return Err(refused(&refusal)),
        }
    }
}

/// Ends a reservation made by hand whose time is over.
pub(crate) async fn run_timer_by_hand(
    gateway: &Gateway,
    realm: &Realm,
    timer: &Timer,
) -> Result<After, GatewayError> {
    let mut rounds = Rounds::new();
    loop {
        let key = Key::new(DESCRIPTOR.kind, timer.subject.clone());
        let mut snapshot = gateway.snapshot(&Scope::realm(realm.clone())).await?;
        let Some(record) = snapshot.record(&key).await? else {
            return Ok(After::Done);
        };
        drop(snapshot);
        if record.text("status") != Some("draft") {
            return Ok(After::Done);
        }
        match gateway.commit(let_go(gateway, realm, &record)).await? {
            Outcome::Done => return Ok(After::Done),
            Outcome::Conflict(key) => rounds.again(&key).await?,
            Outcome::Refused(refusal) => return Err(refused(&refusal)),
        }
    }
}

/// The change set that takes a reservation away with what it holds.
fn let_go(gateway: &Gateway, realm: &Realm, record: &Record) -> ChangeSet {
    let mut set = gateway.change_set(realm);
    let back = difference(&held(&record.body), &[]);
    set.counters.extend(back.iter().map(order::counter));
    set.deletes
        .push((record.key.clone(), Guard::At(record.version)));
    set
}

/// A reservation that no order made; those of orders follow from them.
async fn own(gateway: &Gateway, caller: &Caller, id: &str) -> Result<Record, GatewayError> {
    let mut reader = Reader::open(gateway, caller).await?;
    let record = reader.row(&DESCRIPTOR, id).await?;
    if record.is_root() {
        return Ok(record);
    }
    Err(write::follows(&DESCRIPTOR))
}

fn held(body: &Map<String, Value>) -> Vec<Reservation> {
    let written = body.get(HELD).cloned().unwrap_or_default();
    serde_json::from_value(written).unwrap_or_default()
}

fn no_timer_by_hand(id: &str) -> QueueChange {
    QueueChange::Cancel { id: timer_id(id) }
}
