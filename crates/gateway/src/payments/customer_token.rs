//! Customer tokens: made at placing whenever the session asked for one, because the approval is gone afterwards.
//!
//! Invariant: the order comes first and never waits for the token. A token whose answer was lost is a recorded
//! state, not an error: it cannot be asked for again.

use kassa_commerce::klarna_payment::KlarnaPayment;
use kassa_commerce::payment_source::PaymentSource;
use kassa_klarna_api::{KlarnaError, PreparedRequest};
use serde_json::{Value, json};

use super::operation::{self, Context, Intent};
use super::settle::{Folded, Folding};
use super::verdict::{Answer, Verdict};
use crate::error::GatewayError;
use crate::gateway::Gateway;
use crate::sealing;

const PURPOSE: &str = "customer_token";

/// Adds to `set` the intent to make a customer token out of the approval that placed the order; returns its id.
pub(crate) fn intend(
    folding: &mut Folding<'_>,
    request: &PreparedRequest,
    klarna_order_id: &str,
) -> Result<String, GatewayError> {
    let gateway = folding.gateway;
    let source = folding.loaded.aggregate.payment_source.as_ref();
    let context = Context {
        klarna_gateway_id: folding.context.klarna_gateway_id.clone(),
        klarna_order_id: Some(klarna_order_id.to_owned()),
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
            let gateway = folding.gateway;
            let token = created.token_id.expose_secret().as_bytes();
            let sealed = sealing::seal(
                gateway.settings(),
                gateway.entropy().as_ref(),
                PURPOSE,
                token,
            )?;
            json!({
                "state": "created",
                "sealed": sealed,
                "payment_method_reference": created.payment_method_reference,
            })
        }
        Verdict::DidNot(error) if was_made(error) => json!({ "state": "lost" }),
        // Somebody saw that it was made; nobody has it.
        Verdict::Happened(_) => json!({ "state": "lost" }),
        _ => json!({ "state": "refused" }),
    };
    let mut after = folding.loaded.aggregate.clone();
    if let Some(PaymentSource::Klarna(payment)) = &mut after.payment_source {
        payment
            .extra
            .insert("customer_token".to_owned(), state.clone());
    }
    let facts = json!({ "customer_token": state["state"] });
    Ok(Folded { after, facts })
}

/// The customer token of a source, if one was made.
pub(crate) fn opened(
    gateway: &Gateway,
    payment: &KlarnaPayment,
) -> Result<Option<kassa_klarna_api::CustomerToken>, GatewayError> {
    let sealed = payment
        .extra
        .get("customer_token")
        .and_then(|state| state.get("sealed"));
    let Some(sealed) = sealed.and_then(Value::as_str) else {
        return Ok(None);
    };
    let bytes = sealing::open(gateway.settings(), PURPOSE, sealed)?;
    let text = String::from_utf8(bytes)
        .map_err(|_| GatewayError::Internal("a sealed customer token is not text".to_owned()))?;
    Ok(Some(kassa_klarna_api::CustomerToken::new(text)))
}

/// Klarna makes one customer token per approval and says so when asked again.
fn was_made(error: &KlarnaError) -> bool {
    match error {
        KlarnaError::Refused { messages, .. } => messages
            .iter()
            .any(|message| message.contains("already consumed")),
        _ => false,
    }
}
