//! Edits of a placed order: opened, changed like a cart, closed with Klarna brought up to date.
//!
//! Invariant: an update of the authorization carries all lines, because Klarna deletes those it leaves out. While
//! Klarna is asked the order is `placing`, so that nobody changes what is being told.

use kassa_commerce::edit::{self, EditIntent};
use kassa_commerce::reservation::Reservation;
use kassa_commerce::states::OrderStatus;
use kassa_commerce::transaction::Outcome as Decided;
use kassa_storage::ChangeSet;
use serde_json::json;

use super::capture::closing;
use super::carry_out::{self, Carried, Plan};
use super::ledger;
use super::operation::{self, Intent};
use super::place::counter;
use super::settle::{self, Folded, Folding};
use super::verdict::Verdict;
use crate::caller::Caller;
use crate::error::{GatewayError, Violation};
use crate::gateway::{Gateway, Outcome, Rounds};
use crate::shop::order::{self, LoadedOrder};

/// `_start_editing` on an order.
///
/// # Errors
/// 422 when the order cannot be edited.
pub async fn start_editing(
    gateway: &Gateway,
    caller: &Caller,
    order_id: &str,
) -> Result<(), GatewayError> {
    let mut rounds = Rounds::new();
    loop {
        let loaded = order::load(gateway, &caller.scope(), order_id).await?;
        let after = edit::start(loaded.aggregate.clone())?;
        let open = operation::open(gateway, &caller.scope(), order_id).await?;
        if open.iter().any(operation::moves_money) {
            return Err(GatewayError::violation(Violation::base(
                "pending",
                "another transaction of this order is in progress",
            )));
        }
        let mut set = gateway.change_set(&caller.realm);
        loaded.write(&after, gateway.now_us(&set.realm), &mut set);
        match gateway.commit(set).await? {
            Outcome::Done => return Ok(()),
            Outcome::Conflict(key) => rounds.again(&key).await?,
            Outcome::Refused(refusal) => return Err(crate::gateway::refused(&refusal)),
        }
    }
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
    let realm = &caller.realm;
    let mut rounds = Rounds::new();
    loop {
        let loaded = order::load(gateway, &caller.scope(), order_id).await?;
        let operation_id = gateway.new_ordered_id();
        let mut intent = edit::begin_stop(&loaded.aggregate, &loaded.catalogue, &operation_id)?;
        let mut set = gateway.change_set(realm);
        set.counters = intent.reservation_changes.iter().map(counter).collect();
        let Some(call) = intent.request.take() else {
            match at_once(gateway, &loaded, &intent, set).await? {
                Outcome::Done => return Ok(()),
                Outcome::Conflict(key) => rounds.again(&key).await?,
                Outcome::Refused(refusal) => return Err(crate::gateway::refused(&refusal)),
            }
            continue;
        };
        let mut telling = loaded.aggregate.clone();
        telling.order.status = OrderStatus::Placing;
        telling.order.editable = false;
        telling.order.place_operation_id = Some(operation_id.clone());
        loaded.write(&telling, gateway.now_us(&set.realm), &mut set);
        let plan = Plan {
            operation_id,
            request: call,
            ledger: intent.ledger(),
            intent: Intent::Edit(intent),
        };
        match carry_out::carry_out(gateway, realm, &loaded, plan, set).await? {
            Carried::Asked(operation) => return carry_out::answer(&operation),
            Carried::Again(key) => rounds.again(&key).await?,
        }
    }
}

async fn at_once(
    gateway: &Gateway,
    loaded: &LoadedOrder,
    intent: &EditIntent,
    mut set: ChangeSet,
) -> Result<Outcome, GatewayError> {
    let aggregate = loaded.aggregate.clone();
    let (after, events) = edit::finish_stop(aggregate, intent, &Decided::done(), loaded.now)?;
    if let Some(entry) = intent.ledger() {
        let order_id = loaded.aggregate.order.id.as_str();
        set.ledger.push(ledger::reserve(
            gateway,
            &set.realm,
            &intent.operation_id,
            order_id,
            &entry,
        ));
        set.ledger.push(ledger::post(&intent.operation_id));
    }
    settle::tell(gateway, &mut set, &events);
    loaded.write(&after, gateway.now_us(&set.realm), &mut set);
    gateway.commit(set).await
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
        let undone = intent.reservation_changes.iter().map(Reservation::undone);
        folding
            .set
            .counters
            .extend(undone.map(|change| counter(&change)));
        return Ok(Folded {
            after: aggregate,
            facts: json!({}),
        });
    }
    let (after, events) = edit::finish_stop(aggregate, intent, &outcome, folding.loaded.now)?;
    settle::tell(folding.gateway, folding.set, &events);
    Ok(Folded {
        after,
        facts: json!({}),
    })
}
