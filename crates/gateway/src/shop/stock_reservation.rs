//! Stock held for orders that are not placed: the timer that lets it go.
//!
//! Invariant: an order with drafts has exactly one timer, due when the first of them ends; it is set and cancelled by
//! whatever writes the order.

use kassa_commerce::aggregate::OrderAggregate;
use kassa_commerce::stock_reservation::{expire, next_expiry};
use kassa_storage::{QueueChange, Realm, Scope, Timer};
use serde_json::json;

use super::order;
use crate::error::GatewayError;
use crate::gateway::{Gateway, Outcome, Rounds, refused};
use crate::jobs::After;

/// Kind of the timer.
pub(crate) const EXPIRE: &str = "stock_reservation";

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
