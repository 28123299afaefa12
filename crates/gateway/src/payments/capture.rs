//! Captures: claiming guaranteed money, whole or in parts, by hand or right after placing.

use kassa_commerce::capture::{self, CaptureIntent};
use kassa_commerce::fulfillment;
use kassa_commerce::ids::AuthorizationId;
use kassa_commerce::transaction::Outcome as Decided;
use kassa_money::MinorUnits;
use kassa_storage::{ChangeSet, Operation, QueueChange, Realm, Scope, Timer};
use serde_json::json;

use super::carry_out::{self, Carried, Plan};
use super::operation::Intent;
use super::refusal::is_pending;
use super::settle::{self, Folded, Folding};
use super::verdict::Verdict;
use super::{deadline, ledger};
use crate::caller::Caller;
use crate::error::GatewayError;
use crate::gateway::{Gateway, Outcome, Rounds};
use crate::jobs::After;
use crate::shop::order::{self, LoadedOrder};

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

/// Captures right after placing; nothing happens when something was captured before.
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
    if operations
        .iter()
        .any(|operation| operation.kind == "capture")
    {
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
    let realm = &scope.realm;
    let mut rounds = Rounds::new();
    loop {
        let mut loaded = order::load(gateway, scope, order_id).await?;
        let mut set = gateway.change_set(realm);
        if request.approve {
            let (approved, events) = fulfillment::approve(loaded.aggregate.clone(), loaded.now)?;
            settle::tell(gateway, &mut set, &events);
            loaded.write(&approved, gateway.now_us(&set.realm), &mut set);
            loaded.aggregate = approved;
        }
        let operation_id = gateway.new_ordered_id();
        let mut intent = capture::begin(
            &loaded.aggregate,
            request.authorization_id.as_ref(),
            request.amount,
            &operation_id,
            loaded.now,
        )?;
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
            ledger: Some(intent.ledger()),
            intent: Intent::Capture(intent),
        };
        match carry_out::carry_out(gateway, realm, &loaded, plan, set).await? {
            Carried::Asked(operation) => return carry_out::answer(&operation),
            Carried::Again(key) => rounds.again(&key).await?,
        }
    }
}

/// A capture that no gateway has to be asked about.
async fn at_once(
    gateway: &Gateway,
    loaded: &LoadedOrder,
    intent: &CaptureIntent,
    mut set: ChangeSet,
) -> Result<Outcome, GatewayError> {
    let mut new_id = || gateway.new_id();
    let aggregate = loaded.aggregate.clone();
    let folded = capture::finish(aggregate, intent, &Decided::done(), loaded.now, &mut new_id)?;
    let order_id = loaded.aggregate.order.id.as_str();
    // Both phases at once, so that the ledger may still refuse.
    set.ledger.push(ledger::reserve(
        gateway,
        &set.realm,
        &intent.operation_id,
        order_id,
        &intent.ledger(),
    ));
    set.ledger.push(ledger::post(&intent.operation_id));
    settle::tell(gateway, &mut set, &folded.events);
    set.puts.clear();
    loaded.write(&folded.aggregate, gateway.now_us(&set.realm), &mut set);
    gateway.commit(set).await
}

/// Folds the outcome in: the row, the balances, the ledger.
pub(crate) fn fold(
    folding: &mut Folding<'_>,
    intent: &CaptureIntent,
    verdict: &Verdict,
) -> Result<Folded, GatewayError> {
    let gateway = folding.gateway;
    let outcome = verdict.outcome()?;
    let mut new_id = || gateway.new_id();
    let aggregate = folding.loaded.aggregate.clone();
    let folded = capture::finish(aggregate, intent, &outcome, folding.loaded.now, &mut new_id)?;
    folding
        .set
        .ledger
        .push(closing(folding.operation, &outcome));
    settle::tell(gateway, folding.set, &folded.events);
    deadline::cancel_when_settled(folding.set, &folded.aggregate);
    Ok(Folded {
        after: folded.aggregate,
        facts: json!({ "transaction_id": folded.transaction_id }),
    })
}

/// Posts or voids what the operation reserved.
pub(crate) fn closing(operation: &Operation, outcome: &Decided) -> kassa_storage::LedgerChange {
    match outcome {
        Decided::Done { .. } => ledger::post(&operation.id),
        Decided::Refused(_) => ledger::void(&operation.id),
    }
}
