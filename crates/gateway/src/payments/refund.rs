//! Refunds: giving captured money back, whole or in parts.

use kassa_commerce::external_payment::gateway_behind;
use kassa_commerce::ids::CaptureId;
use kassa_commerce::refund::{self, RefundIntent};
use kassa_commerce::transaction::Outcome as Decided;
use kassa_money::MinorUnits;
use kassa_storage::{Operation, Scope};
use serde_json::json;

use super::callout::Asks;
use super::capture::closing;
use super::carry_out::{self, AtOnce, Call, Decision, Plan, Round};
use super::external_payment::callout;
use super::operation::{self, Intent};
use super::settle::{Folded, Folding};
use super::verdict::Verdict;
use crate::caller::Caller;
use crate::error::{GatewayError, Violation};
use crate::gateway::Gateway;
use crate::shop::order::{self, LoadedOrder};
use crate::webhooks;

/// What to refund.
#[derive(Debug, Clone, Default)]
pub(crate) struct RefundRequest {
    /// From which capture; the newest with something left when absent.
    pub capture_id: Option<CaptureId>,
    /// How much; everything left when absent.
    pub amount: Option<MinorUnits>,
}

/// `_refund` on an order: everything that was captured and not given back, capture by capture.
///
/// # Errors
/// 422 when nothing can be refunded or Klarna refuses, and `pending` when an outcome is not known in time. What was
/// refunded before the error stays refunded.
pub async fn refund_order(
    gateway: &Gateway,
    caller: &Caller,
    order_id: &str,
) -> Result<(), GatewayError> {
    let scope = caller.scope();
    let loaded = order::load(gateway, &scope, order_id).await?;
    let captures: Vec<CaptureId> = refund::refundable(&loaded.aggregate)
        .map(|capture| capture.id.clone())
        .collect();
    if captures.is_empty() {
        // The rule says why there is nothing.
        return run(gateway, &scope, order_id, &RefundRequest::default()).await;
    }
    for capture_id in captures {
        let request = RefundRequest {
            capture_id: Some(capture_id),
            amount: None,
        };
        run(gateway, &scope, order_id, &request).await?;
    }
    Ok(())
}

/// Decides, carries out, answers.
pub(crate) async fn run(
    gateway: &Gateway,
    scope: &Scope,
    order_id: &str,
    request: &RefundRequest,
) -> Result<(), GatewayError> {
    let decide = |round: Round<'_>| decide(gateway, round, request);
    carry_out::run(gateway, scope, order_id, decide).await
}

fn decide(
    gateway: &Gateway,
    round: Round<'_>,
    request: &RefundRequest,
) -> Result<Decision, GatewayError> {
    let loaded = round.loaded;
    let (aggregate, capture) = (&loaded.aggregate, request.capture_id.as_ref());
    let id = round.operation_id;
    let mut intent = refund::begin(aggregate, capture, request.amount, &id)?;
    ensure_not_promised(loaded, round.open, &intent)?;
    let ledger = Some(intent.ledger());
    let captured = aggregate.captures().find(|row| row.id == intent.capture_id);
    let door = captured.and_then(|row| gateway_behind(aggregate, &row.facts));
    let call = match (intent.request.take(), door) {
        (Some(request), _) => Some(Call::Klarna(request)),
        (None, Some(payment)) => {
            let row = refund::attempt(aggregate, &intent, gateway.new_id());
            Some(callout(loaded, payment, Asks::Refund, &row))
        }
        (None, None) => None,
    };
    let Some(call) = call else {
        let (aggregate, done) = (aggregate.clone(), Decided::done());
        let mut new_id = || gateway.new_id();
        let folded = refund::finish(aggregate, &intent, &done, loaded.now, &mut new_id)?;
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
        intent: Intent::Refund(intent),
        meanwhile: None,
    }))
}

/// Refunds of the same capture that are not decided yet hold their amounts: the ledger guards the order's sum alone.
fn ensure_not_promised(
    loaded: &LoadedOrder,
    open: &[Operation],
    intent: &RefundIntent,
) -> Result<(), GatewayError> {
    let promised = open.iter().filter_map(|operation| {
        let other = match operation::context_of(operation).ok()?.intent {
            Intent::Refund(other) => other,
            _ => return None,
        };
        (other.capture_id == intent.capture_id).then_some(other.amount)
    });
    let wanted = promised.fold(intent.amount.minor(), |sum, amount| {
        sum.saturating_add(amount.minor())
    });
    let capture = loaded
        .aggregate
        .captures()
        .find(|capture| capture.id == intent.capture_id);
    if capture.is_none_or(|capture| wanted <= capture.refund_balance_cents.minor()) {
        return Ok(());
    }
    Err(GatewayError::violation(Violation::base(
        "pending",
        "another refund of this capture is in progress",
    )))
}

/// Folds the outcome in: the row, the balances, the ledger.
pub(crate) fn fold(
    folding: &mut Folding<'_>,
    intent: &RefundIntent,
    verdict: &Verdict,
) -> Result<Folded, GatewayError> {
    let gateway = folding.gateway;
    let outcome = verdict.outcome()?;
    let mut new_id = folding.ids();
    let aggregate = folding.loaded.aggregate.clone();
    let folded = refund::finish(aggregate, intent, &outcome, folding.loaded.now, &mut new_id)?;
    folding
        .set
        .ledger
        .push(closing(folding.operation, &outcome));
    webhooks::tell(gateway, folding.set, &folded.events);
    Ok(Folded {
        after: folded.aggregate,
        facts: json!({ "transaction_id": folded.transaction_id }),
    })
}
