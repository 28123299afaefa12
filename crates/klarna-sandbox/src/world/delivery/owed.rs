//! All callbacks of one world: those that wait, and the last ones that ended.
//!
//! Invariant: numbers are never used twice, not even after a reset, so a late result meets its own callback or none.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::order::Order;
use super::super::time;
use super::{Attempt, CallbackFault, Delivery, DeliveryKind, DeliveryState};

/// Finished deliveries that the log keeps.
const KEPT: usize = 500;

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

    /// Tells what the fraud check decided, once it has.
    pub(crate) fn notification(&mut self, url: String, order: &Order, check: (Timestamp, bool)) {
        let (decided_at, accept) = check;
        let event = if accept {
            "FRAUD_RISK_ACCEPTED"
        } else {
            "FRAUD_RISK_REJECTED"
        };
        self.fraud_event(url, order, event, decided_at);
    }

    /// Tells that an accepted order was stopped after all.
    pub(crate) fn stop(&mut self, url: String, order: &Order, now: Timestamp) {
        self.fraud_event(url, order, "FRAUD_RISK_STOPPED", now);
    }

    fn fraud_event(&mut self, url: String, order: &Order, event: &str, decided_at: Timestamp) {
        let body = json!({"order_id": order.id, "event_type": event});
        self.add(
            DeliveryKind::Notification,
            url,
            Some(body),
            &order.id,
            decided_at,
        );
    }

    /// Tells the status of a hosted page.
    pub(crate) fn status_update(&mut self, url: String, event: Value, page: &str, now: Timestamp) {
        self.add(DeliveryKind::StatusUpdate, url, Some(event), page, now);
    }

    fn add(
        &mut self,
        kind: DeliveryKind,
        url: String,
        body: Option<Value>,
        subject: &str,
        due_at: Timestamp,
    ) {
        self.next_id += 1;
        let delivery = Delivery {
            id: self.next_id,
            kind,
            url,
            body,
            subject: subject.to_owned(),
            due_at,
            until: kind.schedule().until(due_at),
            state: DeliveryState::Waiting,
            attempts: Vec::new(),
            fault: None,
            behind: false,
        };
        self.waiting.insert(self.next_id, delivery);
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

    /// Whether nothing waits to be tried.
    pub(crate) fn is_idle(&self) -> bool {
        self.waiting.is_empty()
    }

    /// What is to be tried at `now`.
    pub(crate) fn due(&self, now: Timestamp) -> impl Iterator<Item = &Delivery> {
        self.waiting
            .values()
            .filter(move |delivery| delivery.due_at <= now)
    }

    /// When the next one is due among those that `counts` accepts.
    pub(crate) fn next_due(&self, counts: impl Fn(&Delivery) -> bool) -> Option<Timestamp> {
        self.waiting
            .values()
            .filter(|delivery| counts(delivery))
            .map(|delivery| delivery.due_at)
            .min()
    }

    /// The number of the newest callback.
    pub(crate) fn newest(&self) -> u64 {
        self.next_id
    }

    /// Callbacks with numbers above `id`, oldest first.
    pub(crate) fn since(&self, id: u64) -> impl Iterator<Item = &Delivery> {
        self.waiting
            .range(id.saturating_add(1)..)
            .map(|(_, delivery)| delivery)
    }

    /// Lets a fault strike a callback that was not tried yet.
    pub(crate) fn strike(&mut self, id: u64, fault: CallbackFault) {
        let Some(delivery) = self.waiting.get_mut(&id) else {
            return;
        };
        delivery.fault = Some(fault);
        match fault {
            CallbackFault::CallbackLost => self.finish(id, DeliveryState::Lost),
            CallbackFault::CallbackDuplicated { .. } => {}
            CallbackFault::CallbackDelayed { seconds } => delivery.put_off(seconds),
            CallbackFault::CallbackReordered { seconds } => {
                delivery.put_off(seconds);
                delivery.behind = true;
            }
        }
    }

    /// Records a try and decides what follows from it.
    pub(crate) fn attempted(&mut self, id: u64, attempt: Attempt) {
        let at = attempt.at;
        if attempt.outcome.by_hand {
            self.tried_by_hand(id, attempt);
        } else if let Some(delivery) = self.waiting.get_mut(&id) {
            delivery.attempts.push(attempt);
            match delivery.follow(at) {
                Ok(next) => delivery.due_at = next,
                Err(state) => self.finish(id, state),
            }
        } else {
            return;
        }
        self.let_overtaken_go(id, at);
    }

    /// A try by hand ends a callback that is accepted by it and never changes its schedule.
    fn tried_by_hand(&mut self, id: u64, attempt: Attempt) {
        let found = self
            .waiting
            .get_mut(&id)
            .or_else(|| self.finished.get_mut(&id));
        let Some(delivery) = found else {
            return;
        };
        let accepted = delivery.kind.schedule().accepts(attempt.outcome.status);
        delivery.attempts.push(attempt);
        if accepted {
            delivery.state = DeliveryState::Delivered;
            self.finish(id, DeliveryState::Delivered);
        }
    }

    /// What waited to be overtaken goes once a later callback was tried.
    fn let_overtaken_go(&mut self, by: u64, at: Timestamp) {
        for delivery in self.waiting.range_mut(..by).map(|(_, delivery)| delivery) {
            if delivery.behind {
                delivery.behind = false;
                delivery.due_at = at;
            }
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

    /// The callback with this number, unless it ended long ago.
    pub(crate) fn one(&self, id: u64) -> Option<&Delivery> {
        self.waiting.get(&id).or_else(|| self.finished.get(&id))
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

impl Delivery {
    fn put_off(&mut self, seconds: u32) {
        let by = SignedDuration::from_secs(seconds.into());
        self.due_at = time::after(self.due_at, by);
        self.until = self.until.map(|until| time::after(until, by));
    }
}
