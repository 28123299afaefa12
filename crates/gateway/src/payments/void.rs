//! Voids: giving a guarantee up. Before any capture the order is cancelled at Klarna, after one the rest is released.

use kassa_commerce::error::CommerceError;
use kassa_commerce::ids::AuthorizationId;
use kassa_commerce::states::OrderStatus;
use kassa_commerce::transaction::Outcome as Decided;
use kassa_commerce::void::{self, VoidIntent, Voided};
use kassa_storage::{ChangeSet, QueueChange, Realm, Scope, Timer};
use serde_json::json;

use super::capture::{AUTO_CAPTURE, closing};
use super::carry_out::{self, Carried, Plan};
use super::operation::Intent;
use super::place::counter;
use super::refusal::is_pending;
use super::settle::{self, Folded, Folding};
use super::verdict::Verdict;
use super::{deadline, ledger};
use crate::caller::Caller;
use crate::error::GatewayError;
use crate::gateway::{Gateway, Outcome, Rounds};
use crate::jobs::After;
use crate::shop::order::{self, LoadedOrder};

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
    let realm = &scope.realm;
    let mut rounds = Rounds::new();
    loop {
        let loaded = order::load(gateway, scope, order_id).await?;
        let mut set = gateway.change_set(realm);
        let operation_id = gateway.new_ordered_id();
        let Some(mut intent) = decide(&loaded, request, &operation_id)? else {
            return Ok(());
        };
        set.queues.push(QueueChange::Cancel {
            id: format!("{AUTO_CAPTURE}:{order_id}"),
        });
        let Some(call) = intent.request.take() else {
            match at_once(gateway, &loaded, &intent, set).await? {
                Outcome::Done => return Ok(()),
                Outcome::Conflict(key) => rounds.again(&key).await?,
                Outcome::Refused(refusal) => return Err(crate::gateway::refused(&refusal)),
            }
            continue;
        };
        let plan = Plan {
            operation_id,
            request: call,
            ledger: intent.ledger(),
            intent: Intent::Void(intent),
        };
        match carry_out::carry_out(gateway, realm, &loaded, plan, set).await? {
            Carried::Asked(operation) => return carry_out::answer(&operation),
            Carried::Again(key) => rounds.again(&key).await?,
        }
    }
}

fn decide(
    loaded: &LoadedOrder,
    request: &VoidRequest,
    operation_id: &str,
) -> Result<Option<VoidIntent>, CommerceError> {
    let aggregate = &loaded.aggregate;
    match request {
        VoidRequest::Order if aggregate.order.status == OrderStatus::Cancelled => Ok(None),
        VoidRequest::Order => void::begin_cancel(aggregate, operation_id).map(Some),
        VoidRequest::Authorization(id) => {
            void::begin(aggregate, id.as_ref(), operation_id).map(Some)
        }
    }
}

/// A void that no gateway has to be asked about.
async fn at_once(
    gateway: &Gateway,
    loaded: &LoadedOrder,
    intent: &VoidIntent,
    mut set: ChangeSet,
) -> Result<Outcome, GatewayError> {
    let mut new_id = || gateway.new_id();
    let aggregate = loaded.aggregate.clone();
    let voided = void::finish(aggregate, intent, &Decided::done(), loaded.now, &mut new_id)?;
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
    consequences(gateway, &mut set, &voided);
    loaded.write(&voided.aggregate, gateway.now_us(&set.realm), &mut set);
    gateway.commit(set).await
}

/// Folds the outcome in: the row, the balances, the ledger, and what goes back into shared counters.
pub(crate) fn fold(
    folding: &mut Folding<'_>,
    intent: &VoidIntent,
    verdict: &Verdict,
) -> Result<Folded, GatewayError> {
    let gateway = folding.gateway;
    let outcome = verdict.outcome()?;
    let mut new_id = || gateway.new_id();
    let aggregate = folding.loaded.aggregate.clone();
    let voided = void::finish(aggregate, intent, &outcome, folding.loaded.now, &mut new_id)?;
    if intent.ledger().is_some() {
        folding
            .set
            .ledger
            .push(closing(folding.operation, &outcome));
    }
    consequences(gateway, folding.set, &voided);
    Ok(Folded {
        after: voided.aggregate,
        facts: json!({ "transaction_id": voided.transaction_id }),
    })
}

fn consequences(gateway: &Gateway, set: &mut ChangeSet, voided: &Voided) {
    settle::tell(gateway, set, &voided.events);
    set.counters.extend(voided.give_back.iter().map(counter));
    deadline::cancel_when_settled(set, &voided.aggregate);
}
