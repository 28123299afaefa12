//! What became of a placing: folded into the order, and told to whoever asked for it.
//!
//! Invariant: a refusal gives everything back that the intent took; a success leaves its consequences as timers and
//! operations in the same change set.

use kassa_commerce::body::Entity;
use kassa_commerce::customer::Customer;
use kassa_commerce::error::CommerceError;
use kassa_commerce::place::{self, FinishContext, PlaceAnswer, Placed};
use kassa_klarna_api::{KlarnaError, PreparedRequest};
use kassa_storage::{
    ChangeSet, Guard, Operation, OperationStatus, Put, Record, Refusal as Refused,
};
use serde_json::{Value, json};

use super::asking;
use crate::error::{GatewayError, Violation};
use crate::gateway::Gateway;
use crate::payments::fault::Fault;
use crate::payments::operation::{self, Context, Intent, PlaceIntent};
use crate::payments::settle::{Folded, Folding};
use crate::payments::verdict::{Answer, Verdict};
use crate::payments::{approvals, capture, carry_out, customer_token, deadline, ledger};
use crate::shop::order::LoadedOrder;
use crate::shop::{resource_error, stock, wallet};
use crate::webhooks;

/// Folds the answer in.
pub(crate) fn fold(folding: &mut Folding<'_>, verdict: &Verdict) -> Result<Folded, GatewayError> {
    let gateway = folding.gateway;
    let answer = match verdict {
        Verdict::Happened(Answer::Placed(response)) => PlaceAnswer::Klarna(response.clone()),
        Verdict::Happened(Answer::External(_)) => PlaceAnswer::External(verdict.outcome()?),
        Verdict::DidNot(fault) => PlaceAnswer::Refused(fault.refusal().unwrap_or_default()),
        other => {
            return Err(GatewayError::Internal(format!(
                "placing ended with {other:?}"
            )));
        }
    };
    let klarna_order_id = match &answer {
        PlaceAnswer::Klarna(response) => Some(response.order_id.clone()),
        _ => None,
    };
    let mut new_id = folding.ids();
    let mut placed = place::finish(
        folding.loaded.aggregate.clone(),
        answer,
        finish_context(folding.loaded),
        folding.loaded.now,
        &mut new_id,
    )?;
    write_consequences(gateway, folding.set, folding.customer, &placed);
    let mut facts = json!({ "klarna_order_id": klarna_order_id });
    let amount = place_intent(folding.context).map_or(0, |intent| intent.amount);
    let operation_id = folding.operation.id.clone();
    if let Some(refusal) = &placed.refusal {
        folding
            .set
            .ledger
            .extend((amount != 0).then(|| ledger::void(&operation_id)));
        facts["not_placed"] = refusal.to_string().into();
        give_back_refused(folding, verdict, &placed)?;
        remember_refused(folding, verdict);
        resource_error::of_placing(gateway, folding.set, &mut placed.aggregate, refusal);
    } else {
        folding
            .set
            .ledger
            .extend((amount != 0).then(|| ledger::post(&operation_id)));
        follow(folding, &placed, klarna_order_id.as_deref(), &mut facts)?;
    }
    if let Some(rejected) = &placed.cancel_klarna_order {
        cancel_rejected(folding, rejected)?;
    }
    Ok(Folded {
        after: placed.aggregate,
        facts,
    })
}

/// A refused approval that the order dropped is given back, unless Klarna knows it no more or made an order of it.
fn give_back_refused(
    folding: &mut Folding<'_>,
    verdict: &Verdict,
    placed: &Placed,
) -> Result<(), GatewayError> {
    let gone = match verdict {
        Verdict::DidNot(Fault::Klarna(KlarnaError::Refused { status, .. })) => *status == 404,
        Verdict::DidNot(_) => false,
        _ => true,
    };
    if gone {
        return Ok(());
    }
    let (gateway, before) = (folding.gateway, &folding.loaded.aggregate);
    approvals::give_back_unused(gateway, folding.set, before, Some(&placed.aggregate))
}

/// What Klarna says of a customer token that it will never charge again. Source: docs/klarna/customer-token.md. A
/// suspended token may be active again tomorrow, and one that is not found may only have been asked for with the wrong
/// credentials: those are tried again.
const TOKEN_ENDED: &str = "TOKEN_CANCELED";

/// A customer token that Klarna refuses for good is not charged again, whoever keeps it.
fn remember_refused(folding: &mut Folding<'_>, verdict: &Verdict) {
    let Verdict::DidNot(Fault::Klarna(KlarnaError::Refused { code, .. })) = verdict else {
        return;
    };
    if code != TOKEN_ENDED {
        return;
    }
    let fields = asking::pays_with_token(&folding.loaded.aggregate);
    let claim = fields.and_then(wallet::refused_claim);
    folding.set.claims.extend(claim);
}

/// What a placed order leaves to be done: customer token, automatic capture, the end of the authorization.
fn follow(
    folding: &mut Folding<'_>,
    placed: &Placed,
    klarna_order_id: Option<&str>,
    facts: &mut Value,
) -> Result<(), GatewayError> {
    let gateway = folding.gateway;
    let order_id = placed.aggregate.order.id.as_str();
    let token_request =
        place_intent(folding.context).and_then(|intent| intent.token_request.clone());
    if let (Some(request), Some(klarna_order_id)) = (token_request, klarna_order_id) {
        let id = customer_token::intend(folding, &request, Some(klarna_order_id))?;
        facts["customer_token_operation"] = id.into();
    }
    let callout = place_intent(folding.context).and_then(|intent| intent.token_callout.clone());
    if let Some(callout) = callout {
        let id = customer_token::intend(folding, &callout, None)?;
        facts["customer_token_operation"] = id.into();
    }
    if let Some(amount) = placed.capture_now {
        folding.set.queues.push(capture::auto_capture_timer(
            gateway,
            &folding.set.realm,
            order_id,
            capture::AUTO_CAPTURE_AFTER_SECONDS,
        ));
        facts["capture_now"] = amount.minor().to_string().into();
    }
    if let Some(reason) = &placed.capture_skipped {
        facts["capture_skipped"] = reason.to_string().into();
    }
    let end = placed
        .aggregate
        .authorization()
        .and_then(|row| row.expires_at);
    if let Some(end) = end {
        folding.set.queues.push(deadline::timer(order_id, end));
    }
    Ok(())
}

fn cancel_rejected(folding: &mut Folding<'_>, klarna_order_id: &str) -> Result<(), GatewayError> {
    let gateway = folding.gateway;
    let id = gateway.new_ordered_id();
    let request = PreparedRequest::cancel_order(klarna_order_id, &id);
    let context = Context {
        klarna_gateway_id: folding.context.klarna_gateway_id.clone(),
        klarna_order_id: Some(klarna_order_id.to_owned()),
        external: None,
        intent: Intent::CancelRejected,
    };
    let order_id = folding.loaded.aggregate.order.id.as_str();
    let operation = operation::begin(
        id,
        order_id,
        &request,
        &context,
        gateway.now_us(&folding.set.realm),
    )?;
    folding.set.queues.push(operation::finisher(&operation));
    folding.set.operations.push(operation);
    Ok(())
}

/// Events, and the customer's new status.
pub(super) fn write_consequences(
    gateway: &Gateway,
    set: &mut ChangeSet,
    customer: Option<&Record>,
    placed: &Placed,
) {
    webhooks::tell(gateway, set, &placed.events);
    if let Some(reason) = &placed.capture_skipped {
        let order = placed.aggregate.order.id.as_str();
        tracing::info!(order, %reason, "the automatic capture is skipped");
    }
    if let (Some(before), Some(after)) = (customer, &placed.customer) {
        set.puts.push(Put {
            guard: Guard::At(before.version),
            record: Record {
                body: Customer::to_body(after),
                updated_at: gateway.now_us(&set.realm),
                ..before.clone()
            },
        });
    }
}

pub(super) fn finish_context(loaded: &LoadedOrder) -> FinishContext<'_> {
    let method = loaded.aggregate.order.payment_method_id.as_ref();
    FinishContext {
        customer: loaded.parties.customer.as_ref(),
        payment_method: method.and_then(|id| loaded.catalogue.payment_method(id)),
    }
}

fn place_intent(context: &Context) -> Option<&PlaceIntent> {
    match &context.intent {
        Intent::Place(intent) => Some(intent),
        _ => None,
    }
}

/// What is to be paid, minor units.
pub(super) fn amount_of(intent: &place::PlaceIntent) -> i64 {
    intent
        .ledger
        .as_ref()
        .map_or(0, |entry| entry.amount.minor())
}

/// What a refused intent means to the shopper.
pub(super) fn refused(
    loaded: &LoadedOrder,
    intent: &place::PlaceIntent,
    refusal: &Refused,
) -> GatewayError {
    match refusal {
        Refused::Bound { counter, .. } => {
            spent(counter).unwrap_or_else(|| stock::refused(loaded, &intent.aggregate, refusal))
        }
        Refused::Taken { claim, .. } if claim.kind == place::CLAIM_AUTHORIZATION_TOKEN => {
            let message = "was used for another order";
            GatewayError::violation(Violation::attribute("auth_token", "taken", message))
        }
        other => stock::refused(loaded, &intent.aggregate, other),
    }
}

/// Counters of what an order is offered: coupons, promotions, gift cards.
pub(super) fn is_offer(counter: &str) -> bool {
    spent(counter).is_some()
}

/// What it means to the shopper that an offer is used up, for orders that are not recomputed by themselves.
fn spent(counter: &str) -> Option<GatewayError> {
    let field = match counter.split_once(':')?.0 {
        "gift_card" | "gift_card_usage" => "gift_card_code",
        "coupon" | "coupon_customer" | "promotion" => "coupon_code",
        _ => return None,
    };
    let violation = Violation::attribute(field, "used_up", "is used up");
    Some(GatewayError::violation(violation))
}

/// What an ended (or not yet ended) placing tells whoever asked for it.
pub(super) fn answer(operation: &Operation) -> Result<(), GatewayError> {
    match operation.status {
        OperationStatus::Succeeded => match fact(operation, "not_placed") {
            None => Ok(()),
            Some(reason) => Err(CommerceError::PaymentRefused {
                code: "REJECTED".to_owned(),
                message: reason,
            }
            .into()),
        },
        OperationStatus::Failed => Err(refusal_of(operation)),
        OperationStatus::Pending | OperationStatus::NeedsPerson => Err(pending()),
    }
}

fn refusal_of(operation: &Operation) -> GatewayError {
    let outcome = operation.outcome.as_ref();
    let code = outcome
        .and_then(|outcome| outcome["refusal"]["code"].as_str())
        .unwrap_or_default();
    if code == "NOT_FOUND" || code == "SESSION_COMPLETED" {
        // The word on which front ends drop the source and start again.
        return CommerceError::ApprovalExpired.into();
    }
    carry_out::refusal_of(operation)
}

fn fact(operation: &Operation, name: &str) -> Option<String> {
    let outcome = operation.outcome.as_ref()?;
    outcome.get(name).and_then(Value::as_str).map(str::to_owned)
}

pub(super) fn pending() -> GatewayError {
    CommerceError::OrderBeingPlaced.into()
}
