//! The rest of an authorization after the last shipment: nobody will capture it, so the shopper gets it back.
//!
//! Invariant: one timer per order waits from the moment when everything has left the house and only a part was
//! captured; whatever writes the order sets and stops it.

use kassa_commerce::aggregate::OrderAggregate;
use kassa_commerce::void::remainder_is_free;
use kassa_storage::{QueueChange, Realm, Scope, Timer};
use serde_json::json;

use super::refusal::is_pending;
use super::void::{self, VoidRequest};
use crate::error::GatewayError;
use crate::gateway::Gateway;
use crate::jobs::After;
use crate::shop::order;

/// Kind of the timer.
pub const RELEASE_REMAINDER: &str = "release_remainder";

/// Business hours that a shop has for a capture that follows its last parcel. Ours.
const GRACE_HOURS: i64 = 24;

/// What becomes of the timer when an order changes at `now_us`.
pub(crate) fn timer(
    before: &OrderAggregate,
    after: &OrderAggregate,
    now_us: i64,
) -> Option<QueueChange> {
    let (was, is) = (remainder_is_free(before), remainder_is_free(after));
    let id = format!("{RELEASE_REMAINDER}:{}", after.order.id.as_str());
    // Another capture shows that the shop is still at it.
    let moved = before.transactions.len() != after.transactions.len();
    match (was, is) {
        (true, false) => Some(QueueChange::Cancel { id }),
        (false, true) | (true, true) if moved || !was => Some(QueueChange::Set(Timer {
            id,
            kind: RELEASE_REMAINDER.to_owned(),
            subject: after.order.id.as_str().to_owned(),
            payload: json!({}),
            due_at: now_us + GRACE_HOURS * 3_600_000_000,
            attempts: 0,
        })),
        _ => None,
    }
}

/// Runs it. A refusal is a row on the order; while something else about the order is not decided yet, it waits.
pub(crate) async fn release_remainder(
    gateway: &Gateway,
    realm: &Realm,
    timer: &Timer,
) -> Result<After, GatewayError> {
    let scope = Scope::realm(realm.clone());
    let loaded = match order::load(gateway, &scope, &timer.subject).await {
        Err(GatewayError::NotFound { .. }) => return Ok(After::Done),
        other => other?,
    };
    if !remainder_is_free(&loaded.aggregate) {
        return Ok(After::Done);
    }
    tracing::info!(order = %timer.subject, "the rest of the authorization is released after the last shipment");
    let request = VoidRequest::Authorization(None);
    match void::run(gateway, &scope, &timer.subject, &request).await {
        Err(GatewayError::Invalid(violations)) if is_pending(&violations) => Ok(After::Later),
        Ok(()) | Err(GatewayError::NotFound { .. } | GatewayError::Invalid(_)) => Ok(After::Done),
        Err(error) => Err(error),
    }
}
