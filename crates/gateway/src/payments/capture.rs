//! Captures: claiming guaranteed money, whole or in parts, by hand or right after placing.

use kassa_commerce::aggregate::OrderAggregate;
use kassa_commerce::capture::{self, CaptureIntent};
use kassa_commerce::external_payment::gateway_behind;
use kassa_commerce::fulfillment;
use kassa_commerce::ids::AuthorizationId;
use kassa_commerce::transaction::{Authorization, Capture, Outcome as Decided};
use kassa_money::MinorUnits;
use kassa_storage::{Operation, OperationStatus, QueueChange, Realm, Scope, Timer};
use serde_json::json;

use super::callout::Asks;
use super::carry_out::{self, AtOnce, Call, Decision, Plan, Round};
use super::external_payment::callout;
use super::operation::Intent;
use super::refusal::is_pending;
use super::settle::{Folded, Folding};
use super::verdict::Verdict;
use super::{deadline, ledger};
use crate::caller::Caller;
use crate::error::GatewayError;
use crate::gateway::Gateway;
use crate::jobs::After;
use crate::webhooks;

/// Kind of the timer that captures right after placing.
pub const AUTO_CAPTURE: &str = "auto_capture";

/// Business seconds that the use case has before the timer takes over.
pub(crate) const AUTO_CAPTURE_AFTER_SECONDS: i64 = 14;

/// What to capture.
#[derive(Debug, Clone, Default)]
pub(crate) struct CaptureRequest {
    /// From which authorization; the newest when absent.
    pub authorization_id: Option<AuthorizationId>,
    /// How much; everything left when absent.
    pub amount: Option<MinorUnits>,
    /// Accept the order first.
    pub approve: bool,
}

/// `_capture` on an order: everything that is left.
///
/// # Errors
/// 422 when nothing can be captured or Klarna refuses, and `pending` when the outcome is not known in time.
pub async fn capture_order(
    gateway: &Gateway,
    caller: &Caller,
    order_id: &str,
) -> Result<(), GatewayError> {
    run(
        gateway,
        &caller.scope(),
        order_id,
        &CaptureRequest::default(),
    )
    .await
}

/// `_approve_and_capture` on an order.
///
/// # Errors
/// As [`capture_order`].
pub async fn approve_and_capture_order(
    gateway: &Gateway,
    caller: &Caller,
    order_id: &str,
) -> Result<(), GatewayError> {
    let request = CaptureRequest {
        approve: true,
        ..CaptureRequest::default()
    };
    run(gateway, &caller.scope(), order_id, &request).await
}

/// Business seconds after which a capture that Klarna turned away at the door is tried again; doubles up to
/// [`LONGEST_WAIT_SECONDS`].
const TURNED_AWAY_SECONDS: i64 = 60;
const LONGEST_WAIT_SECONDS: i64 = 6 * 3600;

/// Captures right after placing; nothing happens when a capture was decided before, or is being found out.
pub(crate) async fn capture_at_once(
    gateway: &Gateway,
    realm: &Realm,
    order_id: &str,
) -> Result<(), GatewayError> {
    let scope = Scope::realm(realm.clone());
    let operations = {
        let mut snapshot = gateway.snapshot(&scope).await?;
        snapshot.operations(order_id).await?
    };
    let captured = operations
        .iter()
        .any(|operation| operation.kind == "capture" && !was_turned_away(operation));
    if captured {
        return Ok(());
    }
    run(gateway, &scope, order_id, &CaptureRequest::default()).await
}

/// The timer behind it, due so many business seconds from now.
pub(crate) fn auto_capture_timer(
    gateway: &Gateway,
    realm: &Realm,
    order_id: &str,
    after_seconds: i64,
) -> QueueChange {
    QueueChange::Set(Timer {
        id: format!("{AUTO_CAPTURE}:{order_id}"),
        kind: AUTO_CAPTURE.to_owned(),
        subject: order_id.to_owned(),
        payload: json!({}),
        due_at: gateway.now_us(realm) + after_seconds * 1_000_000,
        attempts: 0,
    })
}

/// Runs that timer. A refusal is a row on the order; a person captures again. While something else about the order
/// is not decided yet, it waits.
pub(crate) async fn auto_capture(
    gateway: &Gateway,
    realm: &Realm,
    timer: &Timer,
) -> Result<After, GatewayError> {
    match capture_at_once(gateway, realm, &timer.subject).await {
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
    request: &CaptureRequest,
) -> Result<(), GatewayError> {
    let decide = |round: Round<'_>| decide(gateway, round, request);
    carry_out::run(gateway, scope, order_id, decide).await
}

fn decide(
    gateway: &Gateway,
    round: Round<'_>,
    request: &CaptureRequest,
) -> Result<Decision, GatewayError> {
    let loaded = round.loaded;
    let mut aggregate = loaded.aggregate.clone();
    if request.approve {
        let (approved, events) = fulfillment::approve(aggregate, &loaded.catalogue, loaded.now)?;
        webhooks::tell(gateway, round.set, &events);
        aggregate = approved;
    }
    let authorization = request.authorization_id.as_ref();
    let (amount, id) = (request.amount, round.operation_id);
    let mut intent = capture::begin(&aggregate, authorization, amount, &id, loaded.now)?;
    round.set.queues.push(QueueChange::Cancel {
        id: format!("{AUTO_CAPTURE}:{}", loaded.aggregate.order.id.as_str()),
    });
    let ledger = Some(intent.ledger());
    let door = authorization_of(&aggregate, &intent)
        .and_then(|row| gateway_behind(&aggregate, &row.facts));
    let call = match (intent.request.take(), door) {
        (Some(request), _) => Some(Call::Klarna(request)),
        (None, Some(payment)) => {
            let row = capture::attempt(&aggregate, &intent, gateway.new_id());
            Some(callout(loaded, payment, Asks::Capture, &row))
        }
        (None, None) => None,
    };
    let Some(call) = call else {
        let (done, now) = (Decided::done(), loaded.now);
        let folded = capture::finish(aggregate, &intent, &done, now, &mut || gateway.new_id())?;
        return Ok(Decision::at_once(AtOnce {
            operation_id: id,
            after: folded.aggregate,
            events: folded.events,
            ledger,
        }));
    };
    Ok(Decision::ask(Plan {
        operation_id: id,
        call,
        ledger,
        intent: Intent::Capture(intent),
        meanwhile: Some(aggregate),
    }))
}

/// Folds the outcome in: the row, the balances, the ledger.
pub(crate) fn fold(
    folding: &mut Folding<'_>,
    intent: &CaptureIntent,
    verdict: &Verdict,
) -> Result<Folded, GatewayError> {
    let gateway = folding.gateway;
    let outcome = verdict.outcome()?;
    let mut new_id = folding.ids();
    let aggregate = folding.loaded.aggregate.clone();
    let folded = capture::finish(aggregate, intent, &outcome, folding.loaded.now, &mut new_id)?;
    folding
        .set
        .ledger
        .push(closing(folding.operation, &outcome));
    webhooks::tell(gateway, folding.set, &folded.events);
    deadline::cancel_when_settled(folding.set, &folded.aggregate);
    if let Verdict::DidNot(fault) = verdict
        && fault.is_turned_away()
    {
        try_again(folding, intent);
    }
    Ok(Folded {
        after: folded.aggregate,
        facts: json!({ "transaction_id": folded.transaction_id }),
    })
}

fn authorization_of<'a>(
    aggregate: &'a OrderAggregate,
    intent: &CaptureIntent,
) -> Option<&'a Authorization> {
    let mut rows = aggregate.authorizations();
    rows.find(|row| row.id == intent.authorization_id)
}

/// The same of an operation that has ended; what a person has decided stays decided.
fn was_turned_away(operation: &Operation) -> bool {
    let fact = |name: &str| operation.outcome.as_ref().and_then(|facts| facts.get(name));
    if operation.status != OperationStatus::Failed || fact("resolution").is_some() {
        return false;
    }
    let status = fact("refusal").and_then(|refusal| refusal.get("status"));
    status.is_none_or(|status| matches!(status.as_u64(), Some(401 | 429)))
}

/// Whoever asked for a capture asks again; nobody does for an automatic one, so its timer comes back.
fn try_again(folding: &mut Folding<'_>, intent: &CaptureIntent) {
    let before = &folding.loaded.aggregate;
    let payable = before.order.payable();
    let method = before.order.payment_method_id.as_ref();
    let at_once = method
        .and_then(|id| folding.loaded.catalogue.payment_method(id))
        .is_some_and(|method| method.captures_at_once(payable));
    let (done, failed): (Vec<&Capture>, Vec<&Capture>) =
        before.captures().partition(|row| row.facts.succeeded);
    if !at_once || intent.amount != payable || !done.is_empty() {
        return;
    }
    let doublings = u32::try_from(failed.len().min(16)).unwrap_or(16);
    let wait = (TURNED_AWAY_SECONDS << doublings).min(LONGEST_WAIT_SECONDS);
    let order_id = before.order.id.as_str();
    let timer = auto_capture_timer(folding.gateway, &folding.set.realm, order_id, wait);
    folding.set.queues.push(timer);
}

/// Posts or voids what the operation reserved.
pub(crate) fn closing(operation: &Operation, outcome: &Decided) -> kassa_storage::LedgerChange {
    match outcome {
        Decided::Done { .. } => ledger::post(&operation.id),
        Decided::Refused(_) => ledger::void(&operation.id),
    }
}
