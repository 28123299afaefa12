//! Placing an order with an authorization token.
//!
//! Invariant: one token places one order. The same body gives the same answer again, another body a conflict, and an
//! error that once came out of a token keeps coming out of it.

use jiff::Timestamp;
use kassa_environment::Entropy;
use serde_json::{Map, Value, json};

use super::authorization::{Authorization, Placed, invalid_token};
use super::fields::{self, merge, object};
use super::order::{NewOrder, Order};
use super::reply::{Outcome, Reply, bad_request};
use super::session::{Session, session_completed};
use super::{World, matching, schema, validation};

impl World {
    pub(super) fn place_order(
        &mut self,
        token: &str,
        body: &Value,
        public_url: &str,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Outcome {
        let (authorization, session) = self
            .known_authorization(token, now)
            .map_err(|invalid| self.completed_meanwhile(token, now).unwrap_or(invalid))?;
        if let Some(answer) = repeated(authorization, session, body, now) {
            return answer;
        }
        let sent = body.as_object().ok_or_else(bad_request)?;
        self.check_auto_capture(sent)?;
        match self.accepted_cart(authorization, sent) {
            Ok(cart) => Ok(self.open_order(token, body, &cart, public_url, now, entropy)),
            Err(refusal) => {
                if let Some(authorization) = self.authorizations.get_mut(token) {
                    authorization.refused = Some(refusal.clone());
                }
                Err(refusal)
            }
        }
    }

    /// What an older token is told once the newest has completed their session.
    fn completed_meanwhile(&self, token: &str, now: Timestamp) -> Option<Reply> {
        let authorization = self.authorizations.get(token)?;
        let session = self.session(&authorization.session_id, now).ok()?;
        (session.completed && !authorization.cancelled).then(session_completed)
    }

    /// Validates the body like a session and compares it with the authorized one.
    fn accepted_cart(
        &self,
        authorization: &Authorization,
        sent: &Map<String, Value>,
    ) -> Result<Map<String, Value>, Reply> {
        let cart = validation::cart(sent, schema::PLACE, &self.settings)?;
        let authorized = authorization.authorized.members();
        let different = matching::differences(&authorized, &cart);
        if different.is_empty() {
            return Ok(cart);
        }
        let amount = |body: &Map<String, Value>| fields::integer(body, "order_amount").unwrap_or(0);
        let updates = self.settings.cart_updates;
        match updates.reauthorizes(amount(&authorized), amount(&cart)) {
            Some(true) => Ok(cart),
            Some(false) => Err(Reply::error(403, "REJECTED", "Rejected")),
            None => Err(matching::refusal(&different)),
        }
    }

    fn open_order(
        &mut self,
        token: &str,
        body: &Value,
        cart: &Map<String, Value>,
        public_url: &str,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Reply {
        let Some(authorization) = self.authorizations.get(token) else {
            return invalid_token();
        };
        let session_id = authorization.session_id.clone();
        let mut all = authorization.authorized.members();
        merge(&mut all, &authorization.approval.collected);
        merge(&mut all, cart);
        if !all.contains_key("shipping_address")
            && let Some(billing) = object(&all, "billing_address").cloned()
        {
            all.insert("shipping_address".into(), billing.into());
        }
        let new = NewOrder {
            mark: self.mark(),
            session_id: Some(session_id.clone()),
            method: authorization.approval.method.clone(),
            fraud_check: authorization.approval.fraud_check,
            body: all,
        };
        let order = Order::open(new, self.settings.account_period_days, now, entropy);
        let reply = self.placed_reply(&order, public_url);
        self.take_order(order, now);
        self.settle_step_up(token);
        if let Some(session) = self.session_mut(&session_id) {
            session.completed = true;
            session.awaiting_finalize = None;
        }
        if let Some(authorization) = self.authorizations.get_mut(token) {
            authorization.placed = Some(Placed {
                body: body.clone(),
                reply: reply.clone(),
            });
        }
        reply
    }

    /// The answer to a placed order, from a session as from a customer token.
    pub(super) fn placed_reply(&self, order: &Order, public_url: &str) -> Reply {
        let mut answer = json!({"order_id": order.id});
        if order.merchant_url("confirmation").is_some() {
            answer["redirect_url"] = redirect_url(&order.id, public_url).into();
        }
        answer["fraud_status"] = order.fraud_status().into();
        answer["authorized_payment_method"] =
            order.method.wire(self.settings.payment_method_as_string);
        Reply::json(200, answer)
    }

    /// Stores a new order and schedules what its merchant is to be told.
    pub(super) fn take_order(&mut self, order: Order, now: Timestamp) {
        if let Some(url) = order.merchant_url("push") {
            self.deliveries.push(filled(url, &order), &order, now);
        }
        if let (Some(check), Some(url)) = (order.open_check(), order.merchant_url("notification")) {
            self.deliveries
                .notification(filled(url, &order), &order, check);
        }
        self.orders.insert(order.id.clone(), order);
    }
}

impl World {
    /// Whether a token can place an order with a body that it has not seen yet.
    pub(super) fn may_place(&self, token: &str, now: Timestamp) -> Outcome {
        let (authorization, session) = self.known_authorization(token, now)?;
        // No placed body is null, so a placed token answers with its conflict.
        repeated(authorization, session, &Value::Null, now).unwrap_or(Ok(Reply::empty(204)))
    }
}

/// The answer for a token that was used or spoiled before, or cannot place an order at all.
fn repeated(
    authorization: &Authorization,
    session: &Session,
    body: &Value,
    now: Timestamp,
) -> Option<Outcome> {
    if let Some(placed) = &authorization.placed {
        if placed.body == *body {
            return Some(Ok(placed.reply.clone()));
        }
        return Some(Err(Reply::error(
            409,
            "BAD_VALUE",
            "The order has been already completed with different request body",
        )));
    }
    if now >= authorization.expires_at() {
        return Some(Err(invalid_token()));
    }
    if let Some(refused) = &authorization.refused {
        return Some(Err(refused.clone()));
    }
    let intent = authorization.intent();
    if intent == "tokenize" {
        let message = format!("Not allowed to create order for intent {intent}");
        return Some(Err(Reply::error(403, "INVALID_OPERATION", message)));
    }
    session.completed.then(|| Err(session_completed()))
}

/// Where the shopper is sent on to the shop from.
pub(super) fn redirect_url(order_id: &str, public_url: &str) -> String {
    format!("{public_url}/sandbox/redirect/{order_id}")
}

/// A callback URL with its placeholders filled in.
pub(super) fn filled(url: &str, order: &Order) -> String {
    url.replace("{order.id}", &order.id).replace(
        "{session.id}",
        order.session_id.as_deref().unwrap_or_default(),
    )
}

/// The named URL of a body's `merchant_urls`.
pub(super) fn merchant_url<'a>(body: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    fields::text(object(body, "merchant_urls")?, name).filter(|url| !url.is_empty())
}
