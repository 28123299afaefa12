//! The end of an authorization: it is extended in time, or people are reminded to capture, and an expiry is folded in
//! as the fact it is.
//!
//! Invariant: one timer per order watches its authorization until nothing is left to capture.

use jiff::{SignedDuration, Timestamp};
use kassa_commerce::aggregate::{Event, OrderAggregate};
use kassa_klarna_api::PreparedRequest;
use kassa_storage::{ChangeSet, OperationStatus, QueueChange, Realm, Scope, Timer};
use serde_json::json;

use super::carry_out::{self, Call, Carried, Plan};
use super::operation::Intent;
use super::reconcile;
use crate::error::GatewayError;
use crate::gateway::{Gateway, Outcome};
use crate::jobs::After;
use crate::shop::order::{self, LoadedOrder};
use crate::webhooks;

/// Kind of the timer.
pub const CAPTURE_BY: &str = "capture_by";

/// Hours before the end at which the timer is due.
const AHEAD_HOURS: i64 = 72;

/// Hours after the end at which the expiry is looked for.
const AFTER_END_HOURS: i64 = 1;

/// The timer that watches an authorization ending at `end`.
pub(crate) fn timer(order_id: &str, end: Timestamp) -> QueueChange {
    QueueChange::Set(Timer {
        id: timer_id(order_id),
        kind: CAPTURE_BY.to_owned(),
        subject: order_id.to_owned(),
        payload: json!({ "ends_at": end.to_string() }),
        due_at: ahead(end),
        attempts: 0,
    })
}

/// Looks at Klarna's books now instead: a refusal says that they are not as they were believed to be.
pub(crate) fn look_now(gateway: &Gateway, realm: &Realm, order_id: &str) -> QueueChange {
    QueueChange::Set(Timer {
        id: timer_id(order_id),
        kind: CAPTURE_BY.to_owned(),
        subject: order_id.to_owned(),
        payload: json!({}),
        due_at: gateway.now_us(realm),
        attempts: 0,
    })
}

/// Stops watching once nothing is left to capture.
pub(crate) fn cancel_when_settled(set: &mut ChangeSet, after: &OrderAggregate) {
    let open = after
        .authorization()
        .is_some_and(|row| row.capture_balance_cents.is_positive());
    if !open {
        set.queues.push(QueueChange::Cancel {
            id: timer_id(after.order.id.as_str()),
        });
    }
}

/// Runs the timer: reads the order, then extends, reminds, or folds the expiry in.
pub(crate) async fn capture_by(
    gateway: &Gateway,
    realm: &Realm,
    timer: &Timer,
) -> Result<After, GatewayError> {
    let order_id = &timer.subject;
    match reconcile::reconcile_order(gateway, realm, order_id).await {
        Ok(_) => {}
        Err(GatewayError::NotFound { .. }) => return Ok(After::Done),
        Err(error) => return Err(error),
    }
    let loaded = order::load(gateway, &Scope::realm(realm.clone()), order_id).await?;
    let Some(end) = open_until(&loaded) else {
        return Ok(After::Done);
    };
    let now_us = gateway.now_us(realm);
    if now_us >= end.as_microsecond() {
        // Klarna has not closed it yet: look again later.
        return Ok(After::Later);
    }
    if now_us < ahead(end) {
        // Somebody extended it elsewhere.
        return Ok(After::At(ahead(end)));
    }
    if extend(gateway, realm, &loaded, end).await? {
        reconcile::reconcile_order(gateway, realm, order_id).await?;
        let loaded = order::load(gateway, &Scope::realm(realm.clone()), order_id).await?;
        if let Some(later) = open_until(&loaded).filter(|later| *later > end) {
            return Ok(After::At(ahead(later)));
        }
    }
    remind(gateway, realm, &loaded, end).await?;
    Ok(After::At(
        end.as_microsecond() + AFTER_END_HOURS * 3_600_000_000,
    ))
}

/// Asks Klarna to keep the authorization alive; `false` when it refuses or gives no clear answer.
async fn extend(
    gateway: &Gateway,
    realm: &Realm,
    loaded: &LoadedOrder,
    end: Timestamp,
) -> Result<bool, GatewayError> {
    let intent = Intent::Extend {
        expires_at: Some(end),
    };
    let context = carry_out::context(loaded, intent.clone());
    let Some(klarna_order_id) = context.klarna_order_id else {
        return Ok(false);
    };
    let operation_id = gateway.new_ordered_id();
    let plan = Plan {
        call: Call::Klarna(PreparedRequest::extend_authorization_time(
            &klarna_order_id,
            &operation_id,
        )),
        operation_id,
        ledger: None,
        intent,
        meanwhile: None,
    };
    let set = gateway.change_set(realm);
    match carry_out::carry_out(gateway, realm, loaded, plan, set).await? {
        Carried::Asked(operation) => Ok(operation.status == OperationStatus::Succeeded),
        Carried::Again(_) => Ok(false),
    }
}

/// Tells that the order has to be captured by `end`.
async fn remind(
    gateway: &Gateway,
    realm: &Realm,
    loaded: &LoadedOrder,
    end: Timestamp,
) -> Result<(), GatewayError> {
    let order_id = loaded.aggregate.order.id.as_str();
    tracing::warn!(order = order_id, %end, "the authorization ends soon; capture before");
    let mut set = gateway.change_set(realm);
    let event = Event {
        topic: "orders.capture_by",
        resource_type: "orders",
        resource_id: order_id.to_owned(),
    };
    webhooks::tell(gateway, &mut set, &[event]);
    match gateway.commit(set).await? {
        Outcome::Done => Ok(()),
        Outcome::Conflict(_) => Ok(()),
        Outcome::Refused(refusal) => Err(crate::gateway::refused(&refusal)),
    }
}

/// When the authorization ends, while there is something left to capture.
fn open_until(loaded: &LoadedOrder) -> Option<Timestamp> {
    let row = loaded.aggregate.authorization()?;
    row.expires_at
        .filter(|_| row.capture_balance_cents.is_positive())
}

fn ahead(end: Timestamp) -> i64 {
    let early = end.checked_sub(SignedDuration::from_hours(AHEAD_HOURS));
    early.unwrap_or(end).as_microsecond()
}

fn timer_id(order_id: &str) -> String {
    format!("{CAPTURE_BY}:{order_id}")
}
