//! The person at the widget: approves, declines, closes the window, or is one of the public test shoppers.
//!
//! Invariant: a bare approval always approves. Shopper data (the `data` object of `authorize`) decides only where it
//! is given, is kept for showing, and never takes part in matching the later order.

use std::sync::Arc;

use jiff::Timestamp;
use kassa_environment::Entropy;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::document::Document;
use super::fields::{self, merge};
use super::payment_method::PaymentMethod;
use super::reply::{Outcome, Reply, bad_request};
use super::session::session_completed;
use super::test_shopper::{Challenge, Fate, Verdict};
use super::{World, contact, test_shopper};

/// What the shopper does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Confirms the purchase.
    Approve,
    /// Is refused by Klarna.
    Decline,
    /// Closes the window.
    Cancel,
    /// Confirms, and the order's fraud check stays open for a while.
    Pend,
    /// Ends an approval that was made with `auto_finalize: false`.
    Finalize,
}

/// One visit of the shopper.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Visit {
    /// What happens.
    pub action: Action,
    /// The `data` object of `authorize`; empty when there is none.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub data: Map<String, Value>,
    /// Whether approval yields the token at once.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub auto_finalize: bool,
    /// The plan: `pay_later` (the default), `pay_over_time`, `pay_now`, or a wire type such as `card`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_method: Option<String>,
    /// For [`Action::Pend`]: minutes until the fraud check is decided. Five when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minutes: Option<u16>,
    /// For [`Action::Pend`]: how it is decided, `accept` (the default) or `reject`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<String>,
    /// A refusal for now: the approval is granted so many seconds later and told by the authorization callback.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub late_seconds: Option<u32>,
    /// What a step-up shopper answers to the challenge: digits, `success` or `rejected`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub challenge: Option<String>,
}

impl Visit {
    /// A visit without data.
    #[must_use]
    pub fn bare(action: Action) -> Self {
        Self {
            action,
            data: Map::new(),
            auto_finalize: true,
            payment_method: None,
            minutes: None,
            decision: None,
            late_seconds: None,
            challenge: None,
        }
    }

    /// Reads the body of the control call, where shopper data stands beside `action`.
    ///
    /// # Errors
    /// The name of the member that is wrong.
    pub fn from_body(body: &Value) -> Result<Self, &'static str> {
        let body = body.as_object().ok_or("body")?;
        let mut data = fields::object(body, "data").cloned().unwrap_or_default();
        let mut own = Map::new();
        for (name, value) in body {
            match name.as_str() {
                "action" | "auto_finalize" | "payment_method" | "minutes" | "decision"
                | "late_seconds" | "challenge" => {
                    own.insert(name.clone(), value.clone());
                }
                "data" => {}
                _ => {
                    data.insert(name.clone(), value.clone());
                }
            }
        }
        own.retain(|_, value| !value.is_null());
        own.insert("data".into(), data.into());
        for (name, sound) in [
            ("auto_finalize", Value::is_boolean as fn(&Value) -> bool),
            ("payment_method", Value::is_string),
            ("minutes", Value::is_u64),
            ("decision", Value::is_string),
            ("late_seconds", is_lateness),
            ("challenge", Value::is_string),
        ] {
            if own.get(name).is_some_and(|value| !sound(value)) {
                return Err(name);
            }
        }
        serde_json::from_value(own.into()).map_err(|_| "action")
    }
}

/// Whether an approval can be so late.
fn is_lateness(value: &Value) -> bool {
    value
        .as_u64()
        .is_some_and(|seconds| seconds <= super::late::LONGEST_SECONDS.into())
}

fn yes() -> bool {
    true
}

fn is_yes(value: &bool) -> bool {
    *value
}

/// How the fraud check of an order ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FraudCheck {
    /// Minutes from placing to the decision.
    pub minutes: u16,
    /// Whether the decision is to accept.
    pub accept: bool,
}

/// What an approval carries until it becomes an authorization.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Approval {
    /// Customer data given with the approval.
    pub collected: Map<String, Value>,
    /// The chosen plan.
    pub method: PaymentMethod,
    /// An open fraud check.
    pub fraud_check: Option<FraudCheck>,
}

impl World {
    pub(super) fn visit(
        &mut self,
        session_id: &str,
        visit: &Visit,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Outcome {
        let session = self.session(session_id, now)?;
        if session.completed {
            return Err(session_completed());
        }
        match visit.action {
            Action::Decline => Ok(answer(false, false)),
            Action::Cancel => Ok(answer(false, true)),
            Action::Finalize => self.finalize(session_id, now, entropy),
            Action::Approve | Action::Pend => self.approve(session_id, visit, now, entropy),
        }
    }

    fn approve(
        &mut self,
        session_id: &str,
        visit: &Visit,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Outcome {
        let country = self.session(session_id, now)?.body.text("purchase_country");
        let country = country.unwrap_or_default();
        let invalid = contact::invalid_fields(&visit.data);
        if !invalid.is_empty() {
            let body =
                json!({"approved": false, "show_form": true, "error": {"invalid_fields": invalid}});
            return Ok(Reply::json(200, body));
        }
        let fate = test_shopper::fate(&visit.data, &country);
        match fate {
            Fate::Declined => return Ok(answer(false, false)),
            Fate::Challenged(challenge) => {
                if let Some(reply) = challenged(challenge, visit.challenge.as_deref()) {
                    return Ok(reply);
                }
            }
            Fate::Approved | Fate::Pending(_) => {}
        }
        let approval = Approval {
            collected: collected(&visit.data),
            method: PaymentMethod::choose(visit.payment_method.as_deref())
                .ok_or_else(bad_request)?,
            fraud_check: match (visit.action, fate) {
                (Action::Pend, _) => Some(FraudCheck {
                    minutes: visit.minutes.unwrap_or(5),
                    accept: visit.decision.as_deref() != Some("reject"),
                }),
                (_, Fate::Pending(check)) => Some(check),
                _ => None,
            },
        };
        if let Some(seconds) = visit.late_seconds {
            return Ok(self.refuse_for_now(session_id, approval, seconds, now));
        }
        if visit.auto_finalize {
            return Ok(self.grant(session_id, approval, None, now, entropy));
        }
        if let Some(session) = self.session_mut(session_id) {
            session.awaiting_finalize = Some(Box::new(approval));
        }
        let body = json!({"approved": true, "show_form": true, "finalize_required": true});
        Ok(Reply::json(200, body))
    }

    fn finalize(&mut self, session_id: &str, now: Timestamp, entropy: &dyn Entropy) -> Outcome {
        let waiting = self
            .session_mut(session_id)
            .and_then(|session| session.awaiting_finalize.take());
        match waiting {
            Some(approval) => Ok(self.grant(session_id, *approval, None, now, entropy)),
            None => Err(Reply::error(
                409,
                "CONFLICT",
                "The session has no approval that waits for finalize",
            )),
        }
    }

    /// Turns an approval into the newest authorization of its session: of `body`, or of the session as it is.
    pub(super) fn grant(
        &mut self,
        session_id: &str,
        approval: Approval,
        body: Option<Document>,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Reply {
        let token = super::ids::uuid(entropy, 4);
        self.late_approvals.remove(session_id);
        if let Some(session) = self.sessions.get_mut(session_id).map(Arc::make_mut) {
            merge(&mut session.collected, &approval.collected);
            session.awaiting_finalize = None;
            session.authorization_token = Some(token.clone());
            let callback = session.merchant_url("authorization");
            let mut authorization =
                super::authorization::Authorization::new(session, approval, now);
            if let Some(body) = body {
                authorization.authorized = body;
            }
            self.authorizations.insert(token.clone(), authorization);
            self.authorizations_of_session
                .entry(session_id.to_owned())
                .or_default()
                .push(token.clone());
            if let Some(url) = callback {
                let body = json!({"authorization_token": token, "session_id": session_id});
                self.deliveries.authorization(url, body, session_id, now);
            }
        }
        let body = json!({"approved": true, "show_form": true, "authorization_token": token});
        Reply::json(200, body)
    }
}

/// What stands between a step-up shopper and the approval; `None` once the challenge is passed.
fn challenged(challenge: Challenge, given: Option<&str>) -> Option<Reply> {
    let mut asked = json!({"type": challenge.name()});
    match given.map(|given| challenge.judge(given)) {
        Some(Verdict::Passed) => return None,
        Some(Verdict::Failed) => return Some(answer(false, false)),
        Some(Verdict::Wrong) => asked["error"] = "wrong_answer".into(),
        None => {}
    }
    let body = json!({"approved": false, "show_form": true, "challenge": asked});
    Some(Reply::json(200, body))
}

fn answer(approved: bool, show_form: bool) -> Reply {
    Reply::json(200, json!({"approved": approved, "show_form": show_form}))
}

/// The customer data in `data`. Carts in it are ignored: the session's own cart is what gets authorized.
fn collected(data: &Map<String, Value>) -> Map<String, Value> {
    ["billing_address", "shipping_address", "customer"]
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), data.get(name)?.as_object()?.clone().into())))
        .collect()
}
