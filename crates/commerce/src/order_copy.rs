//! Copies of orders: made by hand, or by the runs of a subscription.
//!
//! Invariant: a copy makes one target order and ends once: completed, failed, or aborted before anybody was charged.

mod build;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::body::{entity, is_false, null_is_default, null_is_true, on, time};
use crate::ids::{OrderCopyId, OrderId, OrderSubscriptionId};
use crate::states::CopyStatus;

pub use build::{Blueprint, COPIED_FROM, Lines, SUBSCRIBED_BY, build};

/// Waits before a copy is tried again after a technical failure, minutes. Ours: a night without Klarna is bridged, and
/// whoever pays is not charged days later. After the last one the copy has failed.
const AGAIN_MINUTES: [i64; 7] = [1, 5, 15, 60, 180, 360, 720];

/// What a copy shall do besides copying.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CopyOptions {
    /// The target order is placed.
    #[serde(deserialize_with = "null_is_default")]
    pub place_target_order: bool,
    /// The customer's wallet pays.
    #[serde(default = "on", deserialize_with = "null_is_true")]
    pub reuse_wallet: bool,
    /// The source order is cancelled afterwards.
    #[serde(skip_serializing_if = "is_false", deserialize_with = "null_is_default")]
    pub cancel_source_order: bool,
    /// The coupon of the source order is used again.
    #[serde(skip_serializing_if = "is_false", deserialize_with = "null_is_default")]
    pub apply_promotions: bool,
    /// Lines that cannot be sold any more are left out.
    #[serde(skip_serializing_if = "is_false", deserialize_with = "null_is_default")]
    pub skip_errors: bool,
    /// A coupon that does not hold any more is left out.
    #[serde(skip_serializing_if = "is_false", deserialize_with = "null_is_default")]
    pub ignore_invalid_coupon: bool,
}

/// A copy: a row of `order_copies` or `recurring_order_copies`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OrderCopy {
    /// Stands beside the body.
    #[serde(skip)]
    pub id: OrderCopyId,
    /// Where it stands.
    pub status: CopyStatus,
    /// When the target order was made.
    #[serde(with = "time", skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// When it was done.
    #[serde(with = "time", skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<Timestamp>,
    /// When it failed.
    #[serde(with = "time", skip_serializing_if = "Option::is_none")]
    pub failed_at: Option<Timestamp>,
    /// The last errors: messages by what they are about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub errors_log: Option<Value>,
    /// Errors met, those that were got over among them.
    #[serde(deserialize_with = "null_is_default")]
    pub errors_count: i64,
    /// What it shall do.
    #[serde(flatten)]
    pub options: CopyOptions,
    /// What is copied.
    pub source_order_id: OrderId,
    /// What came of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_order_id: Option<OrderId>,
    /// The subscription that it is a run of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_subscription_id: Option<OrderSubscriptionId>,
    /// The period it stands for. Not part of the API, like the field below.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub period: Option<i64>,
    /// Technical failures got over.
    #[serde(deserialize_with = "null_is_default")]
    pub setbacks: i64,
    /// Everything this version does not interpret.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

entity!(OrderCopy, "order_copies");

/// One thing that went wrong: what it is about, and what is wrong with it.
pub type CopyError = (String, String);

impl OrderCopy {
    /// The target order was made.
    pub fn start(&mut self, target: &OrderId, now: Timestamp) {
        self.status = CopyStatus::InProgress;
        self.started_at = Some(now);
        self.target_order_id = Some(target.clone());
    }

    /// It is done.
    pub fn complete(&mut self, now: Timestamp) {
        if !self.status.has_ended() {
            self.status = CopyStatus::Completed;
            self.completed_at = Some(now);
        }
    }

    /// It failed for good.
    pub fn fail(&mut self, errors: &[CopyError], now: Timestamp) {
        if !self.status.has_ended() {
            self.log(errors);
            self.status = CopyStatus::Failed;
            self.failed_at = Some(now);
        }
    }

    /// It was given up before anybody was charged.
    pub fn abort(&mut self) {
        if !self.status.has_ended() {
            self.status = CopyStatus::Aborted;
        }
    }

    /// Something technical stood in the way. Says when to try again; `None` means that it has failed.
    pub fn set_back(&mut self, errors: &[CopyError], now: Timestamp) -> Option<Timestamp> {
        let step = usize::try_from(self.setbacks).unwrap_or(usize::MAX);
        let Some(minutes) = AGAIN_MINUTES.get(step) else {
            self.fail(errors, now);
            return None;
        };
        self.log(errors);
        self.setbacks = self.setbacks.saturating_add(1);
        now.checked_add(SignedDuration::from_mins(*minutes)).ok()
    }

    fn log(&mut self, errors: &[CopyError]) {
        let count = i64::try_from(errors.len()).unwrap_or(i64::MAX);
        self.errors_count = self.errors_count.saturating_add(count);
        let mut log = Map::new();
        for (about, message) in errors {
            let messages = log.entry(about.clone()).or_insert_with(|| json!([]));
            if let Value::Array(messages) = messages {
                messages.push(message.as_str().into());
            }
        }
        self.errors_log = Some(Value::Object(log));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn setbacks_wait_longer_each_time_and_end_in_a_failure() {
        let now: Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
        let mut copy = OrderCopy::default();
        let errors = [("base".to_owned(), "klarna cannot be reached".to_owned())];
        let mut waits = Vec::new();
        while let Some(at) = copy.set_back(&errors, now) {
            waits.push(at.duration_since(now).as_mins());
        }
        assert_eq!(waits, AGAIN_MINUTES);
        assert_eq!(copy.status, CopyStatus::Failed);
        assert_eq!(copy.errors_count, 8);
        let log = copy.errors_log.unwrap();
        assert_eq!(log, json!({"base": ["klarna cannot be reached"]}));
    }

    #[test]
    fn an_ended_copy_stays_as_it_ended() {
        let now = Timestamp::UNIX_EPOCH;
        let mut copy = OrderCopy::default();
        copy.complete(now);
        copy.abort();
        copy.fail(&[], now);
        assert_eq!(copy.status, CopyStatus::Completed);
        assert_eq!((copy.failed_at, copy.errors_count), (None, 0));
    }
}
