//! Voids: giving a guarantee up. Before any capture the order is cancelled at Klarna, after one the rest is released.

use kassa_commerce::external_payment::gateway_behind;
use kassa_commerce::ids::AuthorizationId;
use kassa_commerce::states::OrderStatus;
use kassa_commerce::transaction::Outcome as Decided;
use kassa_commerce::void::{self, VoidIntent, Voided};
use kassa_storage::{ChangeSet, QueueChange, Realm, Scope, Timer};
use serde_json::json;

use super::callout::Asks;
use super::capture::{AUTO_CAPTURE, closing};
use super::carry_out::{self, AtOnce, Call, Decision, Plan, Round};
use super::deadline;
use super::external_payment::callout;
use super::operation::Intent;
use super::refusal::is_pending;
use super::settle::{Folded, Folding};
use super::verdict::Verdict;
use crate::caller::Caller;
use crate::error::GatewayError;
use crate::gateway::Gateway;
use crate::jobs::After;
use crate::shop::order::LoadedOrder;
use crate::webhooks;

/// Kind of the timer that gives up the guarantee of an order that Klarna rejected.
pub const VOID_REJECTED: &str = "void_rejected";

/// What to give up.
#[derive(Debug, Clone)]
pub(crate) enum VoidRequest {
    /// The order with everything behind it.
    Order,
    /// What is left of an authorization; the newest when absent.
    Authorization(Option<AuthorizationId>),
}

/// `_cancel` on an order; a cancelled one is left as it is.
///
/// # Errors
/// 422 when the order cannot be cancelled or Klarna refuses, and `pending` when the outcome is not known in time.
pub async fn cancel_order(
    gateway: &Gateway,
    caller: &Caller,
    order_id: &str,
) -> Result<(), GatewayError> {
    run(gateway, &caller.scope(), order_id, &VoidRequest::Order).await
}

/// The timer that follows a lost fraud review.
pub(crate) fn rejected_timer(gateway: &Gateway, realm: &Realm, order_id: &str) -> QueueChange {
    QueueChange::Set(Timer {
        id: format!("{VOID_REJECTED}:{order_id}"),
        kind: VOID_REJECTED.to_owned(),
        subject: order_id.to_owned(),
        payload: json!({}),
        due_at: gateway.now_us(realm),
        attempts: 0,
    })
}

/// Runs it. An order that was captured or voided meanwhile is left alone; one about which something else is not
/// decided yet is looked at again.
pub(crate) async fn void_rejected(
    gateway: &Gateway,
    realm: &Realm,
    timer: &Timer,
) -> Result<After, GatewayError> {
    let scope = Scope::realm(realm.clone());
    match run(
        gateway,
        &scope,
        &timer.subject,
        &VoidRequest::Authorization(None),
    )
    .await
    {
        Err(GatewayError::Invalid(violations)) if is_pending(&violations) => Ok(After::Later),
        Ok(()) | Err(GatewayError::NotFound { .. } | GatewayError::Invalid(_)) => Ok(After::Done),
        Err(error) => Err(error),
    }
}

/// Decides, carries out, answers.
pub(crate) async fn run(
    gateway: &Gateway,
    scope: &Scope,
    order_id: &str,
    request: &VoidRequest,
) -> Result<(), GatewayError> {
    let decide = |round: Round<'_>| decide(gateway, round, request);
    carry_out::run(gateway, scope, order_id, decide).await
}

fn decide(
    gateway: &Gateway,
    round: Round<'_>,
    request: &VoidRequest,
) -> Result<Decision, GatewayError> {
    let loaded = round.loaded;
    let (aggregate, id) = (&loaded.aggregate, round.operation_id);
    let mut intent = match request {
        VoidRequest::Order if aggregate.order.status == OrderStatus::Cancelled => {
            return Ok(Decision::Nothing);
        }
        VoidRequest::Order => void::begin_cancel(aggregate, &id)?,
        VoidRequest::Authorization(authorization) => {
            void::begin(aggregate, authorization.as_ref(), &id)?
        }
    };
    round.set.queues.push(QueueChange::Cancel {
        id: format!("{AUTO_CAPTURE}:{}", aggregate.order.id.as_str()),
    });
    let ledger = intent.ledger();
    let call = match intent.request.take() {
        Some(request) => Some(Call::Klarna(request)),
        None => external(gateway, loaded, &intent),
    };
    let Some(call) = call else {
        let (aggregate, done) = (aggregate.clone(), Decided::done());
        let mut new_id = || gateway.new_id();
        let voided = void::finish(aggregate, &intent, &done, loaded.now, &mut new_id)?;
        consequences(round.set, &voided);
        return Ok(Decision::at_once(AtOnce {
            operation_id: id,
            after: voided.aggregate,
            events: voided.events,
            ledger,
        }));
    };
    Ok(Decision::ask(Plan {
        operation_id: id,
        call,
        ledger,
        intent: Intent::Void(intent),
        meanwhile: None,
    }))
}

/// The callout, where the shop's own gateway gave the guarantee.
fn external(gateway: &Gateway, loaded: &LoadedOrder, intent: &VoidIntent) -> Option<Call> {
    let aggregate = &loaded.aggregate;
    let id = intent.authorization_id.as_ref()?;
    let authorization = aggregate.authorizations().find(|row| row.id == *id)?;
    let payment = gateway_behind(aggregate, &authorization.facts)?;
    let (amount, token) = (intent.amount, &intent.operation_id);
    let row = void::void_row(aggregate, id, amount, token, &mut || gateway.new_id());
    Some(callout(loaded, payment, Asks::Void, &row))
}

/// Folds the outcome in: the row, the balances, the ledger, and what goes back into shared counters.
pub(crate) fn fold(
    folding: &mut Folding<'_>,
    intent: &VoidIntent,
    verdict: &Verdict,
) -> Result<Folded, GatewayError> {
    let gateway = folding.gateway;
    let outcome = verdict.outcome()?;
    let mut new_id = folding.ids();
    let aggregate = folding.loaded.aggregate.clone();
    let voided = void::finish(aggregate, intent, &outcome, folding.loaded.now, &mut new_id)?;
    if intent.ledger().is_some() {
        folding
            .set
            .ledger
            .push(closing(folding.operation, &outcome));
    }
    webhooks::tell(gateway, folding.set, &voided.events);
    consequences(folding.set, &voided);
    Ok(Folded {
        after: voided.aggregate,
        facts: json!({ "transaction_id": voided.transaction_id }),
    })
}

fn consequences(set: &mut ChangeSet, voided: &Voided) {
    deadline::cancel_when_settled(set, &voided.aggregate);
}
