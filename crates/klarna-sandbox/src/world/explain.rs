//! Why: what a session offers and why not more, what a token is good for and why not, what is wrong with a cart.
//!
//! Invariant: reading only. Every answer asks the function that decides (`market::considered`, `doctor`, the checks of
//! the calls themselves) and adds words; nothing is decided here.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::authorization::Authorization;
use super::doctor::{CartCall, Diagnosis, Finding, examine, value_at};
use super::fields::{integer, text};
use super::market::{ConsideredCategory, ConsideredMethod, Obstacle};
use super::reply::Reply;
use super::session::Session;
use super::{World, matching, time};

impl World {
    /// A session: what it offers and why, and what its newest approval is good for. `None` when there is none.
    #[must_use]
    pub fn explain_session(&self, id: &str, now: Timestamp) -> Option<Value> {
        let session = self.sessions.get(id)?;
        let members = session.body.members();
        let body = Value::from(members.clone());
        let diagnosis = examine(&body, CartCall::Session, &self.settings);
        let newest = session.authorization_token.as_deref();
        let mut shown = json!({
            "kind": "session",
            "session_id": id,
            "state": state_of(session, now),
            "intent": session.intent(),
            "purchase_country": text(&members, "purchase_country"),
            "purchase_currency": text(&members, "purchase_currency"),
            "order_amount": integer(&members, "order_amount"),
            "created_at": time::wire(session.created_at),
            "expires_at": time::wire(session.expires_at),
            "payment_method_categories": self.explained_categories(&members),
            "findings": diagnosis.findings,
        });
        if let Some(approval) = newest.and_then(|token| self.explain_token(token, now)) {
            shown["approval"] = approval;
        }
        Some(shown)
    }

    /// An authorization token or a customer token. `None` when there is neither.
    #[must_use]
    pub fn explain_token(&self, token: &str, now: Timestamp) -> Option<Value> {
        match self.authorizations.get(token) {
            Some(authorization) => Some(self.explain_authorization(token, authorization, now)),
            None => self.explain_customer_token(token, now),
        }
    }

    fn explain_authorization(&self, token: &str, own: &Authorization, now: Timestamp) -> Value {
        let order_id = own
            .placed
            .as_ref()
            .and_then(|placed| placed.reply.document()?.get("order_id").cloned());
        json!({
            "kind": "authorization_token",
            "session_id": own.session_id,
            "intent": own.intent(),
            "granted_at": time::wire(own.granted_at),
            "expires_at": time::wire(own.expires_at()),
            "order_id": order_id,
            "place_order": permission(self.may_place(token, now).err()),
            "create_customer_token": permission(self.may_create_token(token, now).err()),
            "why_not": self.why_unusable(token, own, now),
        })
    }

    /// In words what the API calls an invalid token, or answers with an error of an earlier call.
    fn why_unusable(
        &self,
        token: &str,
        own: &Authorization,
        now: Timestamp,
    ) -> Option<&'static str> {
        let session = self.session(&own.session_id, now).ok();
        let newest = session.and_then(|session| session.authorization_token.as_deref());
        if own.cancelled {
            Some("it was given back")
        } else if session.is_none() {
            Some("its session has expired")
        } else if newest != Some(token) {
            Some("a newer approval of the session has taken its place")
        } else if own.placed.is_some() {
            Some("it has placed its order; the same body gives the same answer")
        } else if now >= own.expires_at() {
            Some("it is older than 60 minutes")
        } else if own.refused.is_some() {
            Some("an order was refused with it, and the error sticks; approve again")
        } else {
            None
        }
    }

    fn explain_customer_token(&self, token: &str, now: Timestamp) -> Option<Value> {
        let known = self.read_customer_token(token, now).ok()?;
        let mut shown = known.document()?.clone();
        shown["kind"] = "customer_token".into();
        shown["charge"] = permission(self.chargeable(token, now).err());
        Some(shown)
    }

    /// A cart: whether the call would take it, what is wrong with it, and what a session for it would offer.
    #[must_use]
    pub fn explain_cart(&self, body: &Value, call: CartCall) -> Value {
        let Diagnosis {
            mut refusal,
            market,
            mut findings,
        } = examine(body, call, &self.settings);
        if let (None, CartCall::Session, Some(cart)) = (&refusal, call, body.as_object())
            && let Err(by_world) = self.session_cart(cart)
        {
            findings.push(Finding::by_world(cart, &by_world));
            refusal = Some(by_world);
        }
        let mut shown = json!({
            "kind": "cart",
            "accepted": refusal.is_none(),
            "refusal": refusal.as_ref().and_then(Reply::refusal),
            "findings": findings,
        });
        if let (Some(_), Some(body), CartCall::Session) = (market, body.as_object(), call) {
            shown["payment_method_categories"] = self.explained_categories(body);
        }
        shown
    }

    /// The cart that an update would have made, for looking at a refused update.
    #[must_use]
    pub fn updated_cart(&self, session_id: &str, sent: &Value) -> Value {
        let mut merged = self
            .sessions
            .get(session_id)
            .map(|session| session.body.members())
            .unwrap_or_default();
        for (name, value) in sent.as_object().into_iter().flatten() {
            if !value.is_null() {
                merged.insert(name.clone(), value.clone());
            }
        }
        merged.into()
    }

    /// Where an order's body differs from what its token was granted for. `None` without such a token.
    #[must_use]
    pub fn explain_mismatch(&self, token: &str, body: &Value) -> Option<Vec<Value>> {
        let authorized = self.authorizations.get(token)?.authorized.members();
        let sent = body.as_object()?;
        let different = matching::differences(&authorized, sent);
        Some(
            different
                .into_iter()
                .map(|path| {
                    json!({
                        "sent": value_at(sent, &path),
                        "authorized": value_at(&authorized, &path),
                        "path": path,
                    })
                })
                .collect(),
        )
    }

    fn explained_categories(&self, body: &Map<String, Value>) -> Value {
        let currency = text(body, "purchase_currency").unwrap_or_default();
        let country = text(body, "purchase_country").unwrap_or_default();
        self.considered(body)
            .iter()
            .map(|category| {
                let mut shown = json!(category);
                shown["says"] = said_of(category, country, currency).into();
                shown
            })
            .collect()
    }
}

fn state_of(session: &Session, now: Timestamp) -> &'static str {
    match (session.completed, now >= session.expires_at) {
        (true, _) => "complete: everything but reading is refused with SESSION_COMPLETED",
        (_, true) => "expired: it is gone for every call",
        (false, false) if session.authorization_token.is_some() => {
            "approved: place the order with its token"
        }
        (false, false) if session.awaiting_finalize.is_some() => "approved: waits for finalize",
        (false, false) => "open: waits for the shopper",
    }
}

/// Allowed, or the refusal that a call with a sound body would get.
fn permission(refusal: Option<Reply>) -> Value {
    match refusal.as_ref().and_then(Reply::refusal) {
        None => json!({"allowed": true}),
        Some(refusal) => json!({"allowed": false, "refusal": refusal}),
    }
}

fn said_of(category: &ConsideredCategory, country: &str, currency: &str) -> String {
    if category.offered {
        return "offered".to_owned();
    }
    if !category.enabled {
        return "the merchant's account does not have it: see the setting `categories`".to_owned();
    }
    let reasons: Vec<String> = category
        .methods
        .iter()
        .filter_map(|method| said_of_method(method, country, currency))
        .collect();
    reasons.join("; ")
}

fn said_of_method(method: &ConsideredMethod, country: &str, currency: &str) -> Option<String> {
    let name = method.method.name();
    let limits = method.limits;
    let says = match method.obstacle? {
        Obstacle::NotInMarket => format!("{name} does not exist in {country}"),
        Obstacle::DoesNotRecur => {
            format!("{name} cannot be charged again, and the intent asks for that")
        }
        Obstacle::BelowMinimum => {
            let minimum = limits.map_or(0, |limits| limits.minimum);
            format!("{name} begins at {minimum} (minor units of {currency}) in {country}")
        }
        Obstacle::AboveMaximum => {
            let maximum = limits.map_or(0, |limits| limits.maximum);
            format!("{name} ends at {maximum} (minor units of {currency}) in {country}")
        }
    };
    Some(says)
}
