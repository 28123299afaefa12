//! Operations that only a person can end: found, and closed by what the person found out.
//!
//! Invariant: a case is closed once, with who said what and why beside it, and its reserved amounts are posted or
//! given back in the same change set. Nothing is sent to Klarna; a placed order is believed only when Klarna shows it.

use kassa_storage::{Operation, OperationStatus, Realm, Scope};
use serde_json::{Value, json};

use super::callout::Heard;
use super::exchange::Exchange;
use super::operation::{self, Context, Intent};
use super::settle::{self, Closing};
use super::verdict::{self, Answer, Verdict};
use super::{callback, credentials, drive};
use crate::error::{GatewayError, Violation};
use crate::gateway::Gateway;

/// Cases that one list shows of an organization.
const CASES: u64 = 1_000;

/// What the person found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// It happened at Klarna; the id that Klarna gave to the order, capture or refund, where it gave one.
    Happened(Option<String>),
    /// It did not.
    DidNotHappen,
}

/// A person's decision about a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolution {
    /// What was found out.
    pub finding: Finding,
    /// Who found it out.
    pub by: String,
    /// How, in their words.
    pub why: String,
}

/// The operations of all organizations that wait for a person, oldest first within each.
///
/// # Errors
/// When the store cannot be read.
pub async fn cases(gateway: &Gateway) -> Result<Vec<(Realm, Operation)>, GatewayError> {
    let mut found = Vec::new();
    for realm in gateway.store().realms().await? {
        let mut snapshot = gateway.snapshot(&Scope::realm(realm.clone())).await?;
        let waiting = snapshot.operations_for_a_person(CASES).await?;
        found.extend(
            waiting
                .into_iter()
                .map(|operation| (realm.clone(), operation)),
        );
    }
    Ok(found)
}

/// The operation with this id, whatever its state and whosever it is.
///
/// # Errors
/// Not found; when the store cannot be read.
pub async fn find(gateway: &Gateway, id: &str) -> Result<(Realm, Operation), GatewayError> {
    for realm in gateway.store().realms().await? {
        let mut snapshot = gateway.snapshot(&Scope::realm(realm.clone())).await?;
        if let Some(operation) = snapshot.operation(id).await? {
            return Ok((realm, operation));
        }
    }
    Err(GatewayError::not_found("operations", id))
}

/// Closes a case and returns it as it is then: the order, its transactions, counters and ledger follow the finding.
///
/// # Errors
/// Not found; 422 for an operation that is no case (any more), for a finding that lacks its id, and for a placed order
/// that Klarna does not show as ours; unavailable when Klarna would have to show it and cannot be read.
pub async fn resolve(
    gateway: &Gateway,
    id: &str,
    resolution: &Resolution,
) -> Result<Operation, GatewayError> {
    for (field, text) in [("by", &resolution.by), ("why", &resolution.why)] {
        if text.trim().is_empty() {
            let violation = Violation::attribute(field, "blank", "can't be blank");
            return Err(GatewayError::violation(violation));
        }
    }
    let (realm, operation) = find(gateway, id).await?;
    ensure_case(&operation)?;
    let (verdict, calls) = verdict_of(gateway, &realm, &operation, resolution).await?;
    let said = json!({
        "by": resolution.by,
        "why": resolution.why,
        "happened": matches!(resolution.finding, Finding::Happened(_)),
        "klarna_id": klarna_id(&resolution.finding),
        "at": gateway.machine().now().to_string(),
    });
    let closing = Closing {
        verdict: &verdict,
        calls: &calls,
        person: Some(&said),
    };
    settle::close(gateway, &realm, &operation, closing).await?;
    let closed = drive::read(gateway, &realm, id).await?;
    let resolved = closed
        .outcome
        .as_ref()
        .and_then(|outcome| outcome.get("resolution"));
    if resolved != Some(&said) {
        // A machine, or somebody else, was faster.
        ensure_case(&closed)?;
    }
    tracing::warn!(operation = id, order = %closed.order_id, by = %resolution.by, why = %resolution.why,
        status = ?closed.status, "a person has decided");
    Ok(closed)
}

fn ensure_case(operation: &Operation) -> Result<(), GatewayError> {
    if operation.status == OperationStatus::NeedsPerson {
        return Ok(());
    }
    let state = json!(operation.status);
    let message = match operation.status {
        OperationStatus::Pending => {
            "is still being found out by the gateway and needs no person yet"
        }
        _ => "is decided already",
    };
    Err(GatewayError::violation(
        Violation::attribute("status", "invalid", message).with_value(state),
    ))
}

/// The finding as a verdict, and the calls to remember with it.
async fn verdict_of(
    gateway: &Gateway,
    realm: &Realm,
    operation: &Operation,
    resolution: &Resolution,
) -> Result<(Verdict, Value), GatewayError> {
    let calls = operation::calls_of(operation);
    if resolution.finding == Finding::DidNotHappen {
        let reason = format!(
            "{} found that it did not happen: {}",
            resolution.by, resolution.why
        );
        return Ok((
            Verdict::DidNot(operation::unknown(operation, reason)),
            calls,
        ));
    }
    let context = operation::context_of(operation)?;
    let id = klarna_id(&resolution.finding);
    if context.external.is_some() {
        // Nobody can read the books of a gateway of the shop's own: the person is believed.
        let heard = Heard {
            transaction_token: id.map(str::to_owned),
            ..Heard::default()
        };
        return Ok((Verdict::Happened(Answer::External(Box::new(heard))), calls));
    }
    let needed = |what: &str| {
        let message = format!("the id that klarna gave to the {what} is needed");
        GatewayError::violation(Violation::attribute("klarna_id", "blank", message))
    };
    Ok(match &context.intent {
        Intent::Place(_) => {
            let id = id.ok_or_else(|| needed("order"))?;
            shown_order(gateway, realm, operation, &context, id).await?
        }
        Intent::Capture(_) => {
            let id = id.ok_or_else(|| needed("capture"))?;
            (Verdict::Happened(Answer::Created(id.to_owned())), calls)
        }
        Intent::Refund(_) => {
            let id = id.ok_or_else(|| needed("refund"))?;
            (Verdict::Happened(Answer::Created(id.to_owned())), calls)
        }
        Intent::Void(_)
        | Intent::CustomerToken { .. }
        | Intent::CancelApproval
        | Intent::CancelRejected
        | Intent::Edit(_)
        | Intent::Extend { .. } => (Verdict::Happened(Answer::Accepted), calls),
    })
}

/// A placed order carries a fraud decision and an end, which nobody should type: Klarna is read.
async fn shown_order(
    gateway: &Gateway,
    realm: &Realm,
    operation: &Operation,
    context: &Context,
    klarna_order_id: &str,
) -> Result<(Verdict, Value), GatewayError> {
    let endpoint = {
        let mut snapshot = gateway.snapshot(&Scope::realm(realm.clone())).await?;
        let id = context.klarna_gateway_id.as_str();
        credentials::endpoint(gateway, realm, snapshot.as_mut(), id).await?
    };
    let mut exchange = Exchange::new(gateway, endpoint);
    let read = verdict::read_order(&mut exchange, klarna_order_id).await;
    let order = match read {
        Ok(order) if callback::is_ours(&order, &operation.order_id, context) => order,
        Err(error) if !verdict::is_judged(&error) => {
            return Err(GatewayError::Unavailable(error.to_string()));
        }
        Ok(_) | Err(_) => {
            let message = "is no order of klarna's that carries our order id and amount";
            let violation = Violation::attribute("klarna_id", "invalid", message);
            return Err(GatewayError::violation(
                violation.with_value(klarna_order_id.into()),
            ));
        }
    };
    let calls = exchange.story(operation.outcome.as_ref());
    Ok((Verdict::Happened(callback::placed_as(order)), calls))
}

fn klarna_id(finding: &Finding) -> Option<&str> {
    match finding {
        Finding::Happened(id) => id.as_deref(),
        Finding::DidNotHappen => None,
    }
}
