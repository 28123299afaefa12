//! Edits of a placed order: opened, changed like a cart, closed with Klarna brought up to date.
//!
//! Invariant: an update of the authorization carries all lines, because Klarna deletes those it leaves out. While
//! Klarna is asked the order is `placing`, so that nobody changes what is being told.

use kassa_commerce::edit::{self, EditIntent};
use kassa_commerce::states::OrderStatus;
use kassa_commerce::transaction::Outcome as Decided;
use serde_json::json;

use super::capture::closing;
use super::carry_out::{self, AtOnce, Call, Decision, Plan, Round};
use super::operation::{self, Intent};
use super::settle::{Folded, Folding};
use super::verdict::Verdict;
use crate::caller::Caller;
use crate::error::{GatewayError, Violation};
use crate::gateway::Gateway;
use crate::shop::line_item;
use crate::webhooks;

/// `_start_editing` on an order.
///
/// # Errors
/// 422 when the order cannot be edited.
pub async fn start_editing(
    gateway: &Gateway,
    caller: &Caller,
    order_id: &str,
) -> Result<(), GatewayError> {
    let decide = |round: Round<'_>| {
        let after = edit::start(round.loaded.aggregate.clone())?;
        if round.open.iter().any(operation::moves_money) {
            return Err(GatewayError::violation(Violation::base(
                "pending",
                "another transaction of this order is in progress",
            )));
        }
        Ok(Decision::at_once(AtOnce {
            operation_id: round.operation_id,
            after,
            events: Vec::new(),
            ledger: None,
        }))
    };
    carry_out::run(gateway, &caller.scope(), order_id, decide).await
}

/// `_stop_editing` on an order: Klarna gets the new amount and all lines.
///
/// # Errors
/// 422 when the order got dearer, is out of stock, or Klarna refuses: it is still being edited then.
pub async fn stop_editing(
    gateway: &Gateway,
    caller: &Caller,
    order_id: &str,
) -> Result<(), GatewayError> {
    let decide = |round: Round<'_>| decide_stop(gateway, round);
    carry_out::run(gateway, &caller.scope(), order_id, decide).await
}

fn decide_stop(gateway: &Gateway, round: Round<'_>) -> Result<Decision, GatewayError> {
    let loaded = round.loaded;
    let id = round.operation_id;
    let mut intent = edit::begin_stop(&loaded.aggregate, &loaded.catalogue, &id)?;
    let ledger = intent.ledger();
    let Some(call) = intent.request.take() else {
        let aggregate = loaded.aggregate.clone();
        let (done, context) = (Decided::done(), line_item::context(loaded));
        let mut new_id = || gateway.new_id();
        let (after, events) = edit::finish_stop(aggregate, &intent, &done, &context, &mut new_id)?;
        return Ok(Decision::at_once(AtOnce {
            operation_id: id,
            after,
            events,
            ledger,
        }));
    };
    let mut telling = loaded.aggregate.clone();
    telling.order.status = OrderStatus::Placing;
    telling.order.reservations.clone_from(&intent.reservations);
    telling.order.editable = false;
    telling.order.place_operation_id = Some(id.clone());
    Ok(Decision::ask(Plan {
        operation_id: id,
        call: Call::Klarna(call),
        ledger,
        intent: Intent::Edit(intent),
        meanwhile: Some(telling),
    }))
}

/// Folds the outcome in: placed again, or still being edited with the reservations as they were.
pub(crate) fn fold(
    folding: &mut Folding<'_>,
    intent: &EditIntent,
    verdict: &Verdict,
) -> Result<Folded, GatewayError> {
    let outcome = verdict.outcome()?;
    if intent.ledger().is_some() {
        folding
            .set
            .ledger
            .push(closing(folding.operation, &outcome));
    }
    let mut aggregate = folding.loaded.aggregate.clone();
    aggregate.order.status = OrderStatus::Editing;
    aggregate.order.editable = true;
    aggregate.order.place_operation_id = None;
    if matches!(outcome, Decided::Refused(_)) {
        let before = &intent.reservations_before;
        aggregate.order.reservations.clone_from(before);
        return Ok(Folded {
            after: aggregate,
            facts: json!({}),
        });
    }
    let context = line_item::context(folding.loaded);
    let mut new_id = || folding.gateway.new_id();
    let (after, events) = edit::finish_stop(aggregate, intent, &outcome, &context, &mut new_id)?;
    webhooks::tell(folding.gateway, folding.set, &events);
    Ok(Folded {
        after,
        facts: json!({}),
    })
}
