//! Approvals that will not be used are given back at Klarna, so that the shopper owes nothing.
//!
//! Invariant: the wish is written in the same change set as its cause, as an operation with a finisher that is due
//! at once; the call is made in the background and may be repeated.

use kassa_commerce::aggregate::OrderAggregate;
use kassa_klarna_api::{AuthorizationToken, PreparedRequest};
use kassa_storage::{ChangeSet, QueueChange};

use super::operation::{self, Context, Intent};
use crate::error::GatewayError;
use crate::gateway::Gateway;

/// Adds to `set` the return of the approval that `before` had and `after` does not use any more: its source was
/// dropped or replaced, or its amounts changed. `after` is `None` when the order is deleted.
///
/// # Errors
/// Only on faults of our own.
pub fn give_back_unused(
    gateway: &Gateway,
    set: &mut ChangeSet,
    before: &OrderAggregate,
    after: Option<&OrderAggregate>,
) -> Result<(), GatewayError> {
    let source = |aggregate: &OrderAggregate| {
        aggregate
            .payment_source
            .as_ref()
            .and_then(|source| source.klarna())
            .cloned()
    };
    let Some(old) = source(before) else {
        return Ok(());
    };
    let Some(token) = &old.auth_token else {
        return Ok(());
    };
    // A placed order has used its approval.
    if old.klarna_order_id.is_some() {
        return Ok(());
    }
    // Within one session the newest approval voids the older one at Klarna by itself.
    let still_there = after
        .and_then(source)
        .is_some_and(|new| new.session_id == old.session_id && new.auth_token.is_some());
    if still_there {
        return Ok(());
    }
    let order_id = before.order.id.as_str();
    let klarna_gateway_id = old.payment_gateway_id.unwrap_or_default();
    give_back(gateway, set, order_id, &klarna_gateway_id, token)
}

/// Adds to `set` the return of one approval.
///
/// # Errors
/// Only on faults of our own.
pub fn give_back(
    gateway: &Gateway,
    set: &mut ChangeSet,
    order_id: &str,
    klarna_gateway_id: &str,
    token: &AuthorizationToken,
) -> Result<(), GatewayError> {
    let request = PreparedRequest::cancel_authorization(token);
    let context = Context {
        klarna_gateway_id: klarna_gateway_id.to_owned(),
        klarna_order_id: None,
        external: None,
        intent: Intent::CancelApproval,
    };
    let now_us = gateway.now_us(&set.realm);
    let id = gateway.new_ordered_id();
    let operation = operation::begin(id, order_id, &request, &context, now_us)?;
    let mut finisher = operation::finisher(&operation);
    if let QueueChange::Set(timer) = &mut finisher {
        timer.due_at = now_us;
    }
    set.queues.push(finisher);
    set.operations.push(operation);
    Ok(())
}
