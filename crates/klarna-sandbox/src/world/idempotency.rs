//! Replies kept under `Klarna-Idempotency-Key`.
//!
//! Invariant: only the key is compared, never the body or the operation, and it is honoured for 24 hours from the
//! first attempt. Refusals are not kept unless a switch says so: a corrected request may use its key again.

use std::collections::{HashMap, VecDeque};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::command::Command;
use super::reply::Reply;
use super::time;

/// What a key is compared within; no page says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyScope {
    /// The whole world, which is one merchant: only the key is documented to be compared.
    #[default]
    World,
    /// One operation.
    Operation,
    /// One operation on one order or token.
    Resource,
}

impl KeyScope {
    /// The name under which the command's reply is kept, if it brought a key.
    pub(crate) fn name(self, command: &Command) -> Option<String> {
        let key = command.idempotency_key()?;
        let subject = match command {
            Command::Manage { order_id, call, .. } => {
                format!("{order_id} {}", call.capture_id().unwrap_or_default())
            }
            Command::OrderWithToken { token, .. } => token.clone(),
            _ => String::new(),
        };
        Some(match self {
            Self::World => key.to_owned(),
            Self::Operation => format!("{} {key}", command.operation()),
            Self::Resource => format!("{} {subject} {key}", command.operation()),
        })
    }
}

/// The kept replies of one world.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Replies {
    by_key: HashMap<String, Kept>,
    /// Keys in the order of their first attempt.
    queue: VecDeque<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Kept {
    reply: Reply,
    until: Timestamp,
}

impl Replies {
    /// The reply that the key got before, while it is honoured.
    pub(crate) fn stored(&self, key: &str, now: Timestamp) -> Option<Reply> {
        let kept = self.by_key.get(key)?;
        (now < kept.until).then(|| kept.reply.clone())
    }

    /// Keeps a reply and forgets those whose time is over.
    pub(crate) fn store(&mut self, key: &str, reply: &Reply, now: Timestamp) {
        while let Some(oldest) = self.queue.front() {
            if self.by_key.get(oldest).is_some_and(|kept| now < kept.until) {
                break;
            }
            if let Some(key) = self.queue.pop_front() {
                self.by_key.remove(&key);
            }
        }
        let kept = Kept {
            reply: reply.clone(),
            until: time::after(now, time::IDEMPOTENCY),
        };
        self.by_key.insert(key.to_owned(), kept);
        self.queue.push_back(key.to_owned());
    }
}
