//! Callbacks that the world owes its merchant, and the schedule on which they are tried.
//!
//! Invariant: the world only lists what is due; the request itself is made in `notify/`, and its result comes back as
//! a command, so a replay knows every attempt without connecting anywhere.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::order::Order;
use super::time;

/// Finished deliveries that the log keeps.
const KEPT: usize = 500;
/// Retries of an authorization or push callback after the first attempt.
const RETRIES: usize = 3;
/// The first back-off; it doubles with each retry.
const BACK_OFF: SignedDuration = SignedDuration::from_secs(1);
/// The pause between two fraud notifications.
const NOTIFICATION_PAUSE: SignedDuration = SignedDuration::from_mins(10);
/// How long a fraud notification is repeated.
const NOTIFICATION_LIMIT: SignedDuration = SignedDuration::from_hours(24);

/// What a callback tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryKind {
    /// `merchant_urls.authorization`.
    Authorization,
    /// `merchant_urls.push`.
    Push,
    /// `merchant_urls.notification`.
    Notification,
}

/// Where a callback stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// Will be tried at `due_at`.
    Waiting,
    /// Was accepted.
    Delivered,
    /// Was tried as often as the contract says.
    GivenUp,
    /// Lost its reason, for example by a cancelled order.
    Withdrawn,
}

/// One callback with its history.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Delivery {
    /// Number within the world.
    pub id: u64,
    /// What it tells.
    pub kind: DeliveryKind,
    /// Where it goes, placeholders filled in.
    pub url: String,
    /// The JSON body; `None` sends an empty one.
    pub body: Option<Value>,
    /// The session or order that it belongs to.
    pub subject: String,
    /// When it is tried next.
    pub due_at: Timestamp,
    /// When it stops being repeated, if a time and not a count limits it.
    pub until: Option<Timestamp>,
    /// Where it stands.
    pub state: DeliveryState,
    /// What was tried so far.
    pub attempts: Vec<Attempt>,
}

/// One try.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Attempt {
    /// When.
    pub at: Timestamp,
    /// The answer's status, if there was an answer.
    pub status: Option<u16>,
    /// Why there was none.
    pub error: Option<String>,
}

/// All callbacks of a world.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Deliveries {
    next_id: u64,
    waiting: BTreeMap<u64, Delivery>,
    finished: BTreeMap<u64, Delivery>,
}

impl Deliveries {
    /// No callbacks, but the numbering goes on: a late result must not meet a new callback.
    pub(crate) fn emptied(&self) -> Self {
        Self {
            next_id: self.next_id,
            ..Self::default()
        }
    }

    pub(crate) fn authorization(
        &mut self,
        url: String,
        body: Value,
        session: &str,
        now: Timestamp,
    ) {
        self.add(DeliveryKind::Authorization, url, Some(body), session, now);
    }

    pub(crate) fn push(&mut self, url: String, order: &Order, now: Timestamp) {
        self.add(DeliveryKind::Push, url, None, &order.id, now);
    }

    pub(crate) fn notification(&mut self, url: String, order: &Order, check: (Timestamp, bool)) {
        let (decided_at, accept) = check;
        let event = if accept {
            "FRAUD_RISK_ACCEPTED"
        } else {
            "FRAUD_RISK_REJECTED"
        };
        let body = json!({"order_id": order.id, "event_type": event});
        let id = self.add(
            DeliveryKind::Notification,
            url,
            Some(body),
            &order.id,
            decided_at,
        );
        if let Some(delivery) = self.waiting.get_mut(&id) {
            delivery.until = Some(time::after(decided_at, NOTIFICATION_LIMIT));
        }
    }

    fn add(
        &mut self,
        kind: DeliveryKind,
        url: String,
        body: Option<Value>,
        subject: &str,
        due_at: Timestamp,
    ) -> u64 {
        self.next_id += 1;
        let delivery = Delivery {
            id: self.next_id,
            kind,
            url,
            body,
            subject: subject.to_owned(),
            due_at,
            until: None,
            state: DeliveryState::Waiting,
            attempts: Vec::new(),
        };
        self.waiting.insert(self.next_id, delivery);
        self.next_id
    }

    /// Withdraws the callback of an authorization that was given back.
    pub(crate) fn forget_authorization(&mut self, token: &str) {
        self.withdraw(|delivery| {
            delivery.kind == DeliveryKind::Authorization
                && delivery
                    .body
                    .as_ref()
                    .and_then(|body| body.get("authorization_token")?.as_str())
                    == Some(token)
        });
    }

    /// Withdraws the fraud notification of an order that ended first.
    pub(crate) fn forget_notification(&mut self, order_id: &str) {
        self.withdraw(|delivery| {
            delivery.kind == DeliveryKind::Notification
                && delivery.subject == order_id
                && delivery.attempts.is_empty()
        });
    }

    fn withdraw(&mut self, matches: impl Fn(&Delivery) -> bool) {
        let ids: Vec<u64> = self
            .waiting
            .values()
            .filter(|delivery| matches(delivery))
            .map(|delivery| delivery.id)
            .collect();
        for id in ids {
            self.finish(id, DeliveryState::Withdrawn);
        }
    }

    /// What is to be tried at `now`.
    pub(crate) fn due(&self, now: Timestamp) -> Vec<Delivery> {
        self.waiting
            .values()
            .filter(|delivery| delivery.due_at <= now)
            .cloned()
            .collect()
    }

    /// When the next one is due among those that `counts` accepts.
    pub(crate) fn next_due(&self, counts: impl Fn(&Delivery) -> bool) -> Option<Timestamp> {
        self.waiting
            .values()
            .filter(|delivery| counts(delivery))
            .map(|delivery| delivery.due_at)
            .min()
    }

    /// Records a try and decides what follows from it.
    pub(crate) fn attempted(&mut self, id: u64, attempt: Attempt) {
        let Some(delivery) = self.waiting.get_mut(&id) else {
            return;
        };
        let at = attempt.at;
        let accepted = match (delivery.kind, attempt.status) {
            // For notifications the documentation names 200 and nothing else.
            (DeliveryKind::Notification, Some(status)) => status == 200,
            (_, Some(status)) => (200..300).contains(&status),
            (_, None) => false,
        };
        delivery.attempts.push(attempt);
        let tries = delivery.attempts.len();
        if accepted {
            self.finish(id, DeliveryState::Delivered);
            return;
        }
        let next = match delivery.until {
            Some(until) => {
                let next = time::after(at, NOTIFICATION_PAUSE);
                (next <= until).then_some(next)
            }
            None => {
                let doubled = i32::try_from(tries).map_or(1, |tries| 1 << (tries - 1).clamp(0, 8));
                (tries <= RETRIES).then(|| time::after(at, BACK_OFF * doubled))
            }
        };
        match next {
            Some(next) => delivery.due_at = next,
            None => self.finish(id, DeliveryState::GivenUp),
        }
    }

    fn finish(&mut self, id: u64, state: DeliveryState) {
        if let Some(mut delivery) = self.waiting.remove(&id) {
            delivery.state = state;
            self.finished.insert(id, delivery);
        }
        while self.finished.len() > KEPT {
            self.finished.pop_first();
        }
    }

    /// Everything that is known, newest first.
    pub(crate) fn listed(&self) -> Vec<&Delivery> {
        let mut all: Vec<&Delivery> = self
            .waiting
            .values()
            .chain(self.finished.values())
            .collect();
        all.sort_by_key(|delivery| std::cmp::Reverse(delivery.id));
        all
    }
}
