//! Recovering a token's failed charge: the customer comes back and chooses how to pay, for the same token.
//!
//! Invariant: a step-up is good for one order. Its session names the step-up, the token and the token's intent; what
//! the customer chose there becomes the token's method. Source: docs.klarna.com, recover token charge failure.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::World;
use super::authorization::Authorization;
use super::customer_token::{Charges, CustomerToken};
use super::fields::{object, text};
use super::reply::{Reply, ReplyBody, bad_value};

/// One offered recovery.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StepUp {
    /// The token whose charge failed.
    pub token_id: String,
    /// Whether an order came out of it.
    pub used: bool,
}

/// The refusal of a charge, with what the integrator needs to go on.
pub(super) fn charge_failed(code: &str, token: &CustomerToken, step_up_id: Option<&str>) -> Reply {
    const REASON: &str = "Purchase for payment method failed";
    let mut reply = Reply::error(403, code, REASON);
    if let ReplyBody::Error(error) = &mut reply.body {
        let extra = &mut error.extra;
        extra.insert("fraud_status".into(), "REJECTED".into());
        extra.insert("reason".into(), REASON.into());
        let method = json!({"type": token.method.kind});
        extra.insert("authorized_payment_method".into(), method);
        if let Some(id) = step_up_id {
            extra.insert("step_up_id".into(), id.into());
        }
    }
    reply
}

impl World {
    /// A session that names a step-up must fit it.
    pub(super) fn check_step_up(&self, body: &Map<String, Value>) -> Result<(), Reply> {
        let Some(id) = text(body, "step_up_id") else {
            return Ok(());
        };
        let wrong = |path: &str| Err(bad_value(&[path.to_owned()]));
        let step_up = self.step_ups.get(id).filter(|step_up| !step_up.used);
        let Some(token) = step_up.and_then(|step_up| self.customer_tokens.get(&step_up.token_id))
        else {
            return wrong("step_up_id");
        };
        let named = object(body, "customer").and_then(|customer| text(customer, "customer_token"));
        if named != Some(token.id.as_str()) {
            return wrong("customer.customer_token");
        }
        if text(body, "intent").unwrap_or("buy") != token.intent {
            return wrong("intent");
        }
        Ok(())
    }

    /// The token that an authorization recovers.
    pub(super) fn recovered_token(&self, authorization: &Authorization) -> Option<String> {
        let id = authorization.authorized.text("step_up_id")?;
        Some(self.step_ups.get(&id)?.token_id.clone())
    }

    /// Gives the recovered token the method that the customer chose, and makes it chargeable again.
    pub(super) fn settle_step_up(&mut self, authorization_token: &str) {
        let Some(authorization) = self.authorizations.get(authorization_token) else {
            return;
        };
        let Some(id) = authorization.authorized.text("step_up_id") else {
            return;
        };
        let Some(step_up) = self.step_ups.get_mut(&id) else {
            return;
        };
        step_up.used = true;
        if let Some(token) = self.customer_tokens.get_mut(&step_up.token_id) {
            token.method = authorization.approval.method.clone();
            token.charges = Charges::Succeed;
        }
    }
}
