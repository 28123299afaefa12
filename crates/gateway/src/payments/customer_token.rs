//! Customer tokens: made at placing whenever the session asked for one, because the approval is gone afterwards.
//!
//! Invariant: the order comes first and never waits for the token. A token whose answer was lost is a recorded
//! state, not an error: it cannot be asked for again.

use kassa_commerce::aggregate::OrderAggregate;
use kassa_commerce::body::Entity;
use kassa_commerce::klarna_payment::KlarnaPayment;
use kassa_commerce::order_copy::SUBSCRIBED_BY;
use kassa_commerce::payment_source::PaymentSource;
use kassa_klarna_api::KlarnaError;
use kassa_storage::{Realm, Scope};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::callout::Heard;
use super::carry_out::{self, Call, Decision, Plan, Round};
use super::fault::Fault;
use super::operation::{self, Context, Intent};
use super::place;
use super::settle::{Folded, Folding};
use super::verdict::{Answer, Verdict};
use crate::error::{GatewayError, Violation};
use crate::gateway::Gateway;
use crate::sealing;
use crate::shop::wallet;

const PURPOSE: &str = "customer_token";

/// Adds to `set` the intent to make a customer token out of the approval that placed the order; returns its id.
pub(crate) fn intend(
    folding: &mut Folding<'_>,
    request: &impl Serialize,
    klarna_order_id: Option<&str>,
) -> Result<String, GatewayError> {
    let gateway = folding.gateway;
    let source = folding.loaded.aggregate.payment_source.as_ref();
    let context = Context {
        klarna_gateway_id: folding.context.klarna_gateway_id.clone(),
        klarna_order_id: klarna_order_id.map(str::to_owned),
        external: folding.context.external.clone(),
        intent: Intent::CustomerToken {
            source_id: source
                .map(|source| source.id().to_owned())
                .unwrap_or_default(),
        },
    };
    let id = gateway.new_ordered_id();
    let order_id = folding.loaded.aggregate.order.id.as_str();
    let operation = operation::begin(
        id.clone(),
        order_id,
        request,
        &context,
        gateway.now_us(&folding.set.realm),
    )?;
    folding.set.queues.push(operation::finisher(&operation));
    folding.set.operations.push(operation);
    Ok(id)
}

/// Keeps the token, sealed, or the state that it is lost or refused.
pub(crate) fn fold(folding: &mut Folding<'_>, verdict: &Verdict) -> Result<Folded, GatewayError> {
    let state = match verdict {
        Verdict::Happened(Answer::Token(created)) => {
            let token = created.token_id.expose_secret();
            let reference = created.payment_method_reference.as_deref();
            kept(folding.gateway, token, reference)?
        }
        Verdict::Happened(Answer::External(heard)) => given(folding.gateway, heard)?,
        Verdict::DidNot(fault) if was_made(fault) => json!({ "state": "lost" }),
        // Somebody saw that it was made; nobody has it.
        Verdict::Happened(_) => json!({ "state": "lost" }),
        _ => json!({ "state": "refused" }),
    };
    let mut after = folding.loaded.aggregate.clone();
    if let Some(source) = &mut after.payment_source {
        let extra = source.extra_mut();
        extra.insert("customer_token".to_owned(), state.clone());
    }
    keep_for_subscription(folding, &after);
    let facts = json!({ "customer_token": state["state"] });
    Ok(Folded { after, facts })
}

/// An order of a subscription that was approved anew leaves its token in the wallet: the periods to come are paid with it.
fn keep_for_subscription(folding: &mut Folding<'_>, after: &OrderAggregate) {
    if !after.order.extra.contains_key(SUBSCRIBED_BY) {
        return;
    }
    let (gateway, set) = (folding.gateway, &mut *folding.set);
    let now_us = gateway.now_us(&set.realm);
    let entry = wallet::entry_of(gateway, after, &folding.loaded.catalogue, now_us);
    if let Some((record, claim)) = entry {
        set.claims.push((claim, record.key.id.clone()));
        set.put_new(record);
    }
}

/// Asks the shop's own gateway for a token that pays later orders, once the order is bought.
///
/// # Errors
/// 422 when the gateway refuses or makes no tokens, and `pending` when its answer is not known in time.
pub(crate) async fn ask_for(
    gateway: &Gateway,
    realm: &Realm,
    order_id: &str,
) -> Result<(), GatewayError> {
    let decide = |round: Round<'_>| {
        let aggregate = &round.loaded.aggregate;
        let source = aggregate.payment_source.as_ref();
        let Some(payment) = source.and_then(PaymentSource::external) else {
            return Ok(Decision::Nothing);
        };
        if !aggregate.order.status.bought() {
            return Ok(Decision::Nothing);
        }
        if round.open.iter().any(|own| own.kind == "customer_token") {
            let message = "the gateway is being asked for a token already";
            return Err(GatewayError::violation(Violation::base("pending", message)));
        }
        let intent = Intent::CustomerToken {
            source_id: payment.id().to_owned(),
        };
        Ok(Decision::ask(Plan {
            operation_id: round.operation_id,
            call: Call::External(Box::new(place::token_callout(round.loaded, payment))),
            ledger: None,
            intent,
            meanwhile: None,
        }))
    };
    let scope = Scope::realm(realm.clone());
    Box::pin(carry_out::run(gateway, &scope, order_id, decide)).await
}

/// What an external gateway gave: a token of its own, or the payment's, from now on good for more than one order.
fn given(gateway: &Gateway, heard: &Heard) -> Result<Value, GatewayError> {
    let tokens = [&heard.customer_token, &heard.payment_source_token];
    let mut tokens = tokens.into_iter().flatten();
    match tokens.find(|token| !token.is_empty()) {
        Some(token) => kept(gateway, token, None),
        None => Ok(json!({ "state": "lost" })),
    }
}

fn kept(gateway: &Gateway, token: &str, reference: Option<&str>) -> Result<Value, GatewayError> {
    let entropy = gateway.entropy().as_ref();
    let sealed = sealing::seal(gateway.settings(), entropy, PURPOSE, token.as_bytes())?;
    Ok(json!({
        "state": "created",
        "sealed": sealed,
        "payment_method_reference": reference,
    }))
}

/// The customer token of a Klarna source, if one was made.
pub(crate) fn opened(
    gateway: &Gateway,
    payment: &KlarnaPayment,
) -> Result<Option<kassa_klarna_api::CustomerToken>, GatewayError> {
    let text = sealed_in(gateway, &payment.extra)?;
    Ok(text.map(kassa_klarna_api::CustomerToken::new))
}

/// The token among the fields of a source, whoever gave it.
pub(crate) fn sealed_in(
    gateway: &Gateway,
    extra: &Map<String, Value>,
) -> Result<Option<String>, GatewayError> {
    let state = extra.get("customer_token");
    let sealed = state.and_then(|state| state.get("sealed"));
    let Some(sealed) = sealed.and_then(Value::as_str) else {
        return Ok(None);
    };
    let bytes = sealing::open(gateway.settings(), PURPOSE, sealed)?;
    let text = String::from_utf8(bytes)
        .map_err(|_| GatewayError::Internal("a sealed customer token is not text".to_owned()))?;
    Ok(Some(text))
}

/// Klarna makes one customer token per approval and says so when asked again.
fn was_made(fault: &Fault) -> bool {
    match fault {
        Fault::Klarna(KlarnaError::Refused { messages, .. }) => messages
            .iter()
            .any(|message| message.contains("already consumed")),
        _ => false,
    }
}
