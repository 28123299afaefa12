//! One attempt to deliver one message: the document as it is now, signed, sent, and what became of it.
//!
//! Invariant: no snapshot is open while the receiver is called. Each attempt carries the resource as it is at that
//! moment; only a deleted one is told as it was.

use std::time::Duration;

use bytes::Bytes;
use kassa_environment::Clock;
use kassa_outbound::{CallLimits, Circuit, Outbound, Post, Signing};
use kassa_storage::{Key, OutboxMessage, Realm, Record, Scope};
use serde_json::Value;

use super::message::Message;
use super::{Outward, record, webhook};
use crate::error::GatewayError;
use crate::gateway::Gateway;
use crate::shop::calling::{self, About, circuit_counter};

/// What a receiver may take, and how much of its answer is looked at. Source: commerce-api, webhooks and callbacks.
const LIMITS: CallLimits = CallLimits {
    answer_within: Duration::from_secs(5),
    answer_bytes: 1_024,
};

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Attempt {
    /// HTTP status, where there was an answer.
    pub code: Option<u16>,
    /// The status in words, or why there is none.
    pub message: String,
    /// What was sent.
    pub payload: Value,
    /// Where it stands.
    pub end: End,
}

/// What an attempt means for its message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// A 2xx in time.
    Delivered,
    /// The receiver failed: it counts, and there may be another attempt.
    Failed,
    /// There is nothing to send any more; nobody is to blame.
    Pointless,
}

/// Makes the attempt that `stored` is due for, and writes down what became of it.
pub(super) async fn make(
    gateway: &Gateway,
    outward: &Outward,
    realm: &Realm,
    stored: &OutboxMessage,
) -> Result<(), GatewayError> {
    // Written by another version, or never finished by a worker: it must not come back for ever.
    if record::is_spent(stored) {
        tracing::error!(message = %stored.id, topic = %stored.topic, "a message is given up: no attempt came to an end");
        return record::drop_message(gateway, realm, stored).await;
    }
    let message = match Message::read(stored) {
        Ok(message) => message,
        Err(error) => {
            tracing::error!(message = %stored.id, topic = %stored.topic, %error, "a message is given up");
            return record::drop_message(gateway, realm, stored).await;
        }
    };
    let (webhook, failures) = {
        let mut snapshot = gateway.snapshot(&Scope::realm(realm.clone())).await?;
        let key = Key::new("webhooks", message.webhook_id.as_str());
        let webhook = snapshot.record(&key).await?;
        let failures = snapshot.counter(&circuit_counter(&key)).await?;
        (webhook, failures)
    };
    // Nobody listens any more.
    let Some(webhook) = webhook.filter(|webhook| webhook.text("disabled_at").is_none()) else {
        return record::drop_message(gateway, realm, stored).await;
    };
    if Circuit::new(failures).is_open() {
        return record::wait_for_circuit(gateway, realm, stored, &message, &webhook).await;
    }
    let attempt = attempt(gateway, outward, realm, stored, &message, &webhook).await?;
    record::record(gateway, realm, stored, &message, &webhook, &attempt).await
}

async fn attempt(
    gateway: &Gateway,
    outward: &Outward,
    realm: &Realm,
    stored: &OutboxMessage,
    message: &Message,
    webhook: &Record,
) -> Result<Attempt, GatewayError> {
    let Some(document) = document(gateway, outward, realm, stored, message, webhook).await? else {
        return Ok(Attempt {
            code: None,
            message: format!("{}/{} is gone", message.kind, message.id),
            payload: Value::Null,
            end: End::Pointless,
        });
    };
    let payload = serde_json::from_slice(&document).unwrap_or_default();
    let (code, message, end) = call(
        gateway.machine().as_ref(),
        &outward.outbound,
        stored,
        webhook,
        document,
    )
    .await;
    Ok(Attempt {
        code,
        message,
        payload,
        end,
    })
}

/// The document that a GET with the webhook's includes would answer; `None` for a resource that is gone.
async fn document(
    gateway: &Gateway,
    outward: &Outward,
    realm: &Realm,
    stored: &OutboxMessage,
    message: &Message,
    webhook: &Record,
) -> Result<Option<Vec<u8>>, GatewayError> {
    let about = match &message.gone {
        Some(remains) => About::Record(remains.record(message.key())),
        None => About::Key(message.key()),
    };
    let include = calling::includes(&webhook.body, webhook::INCLUDES);
    calling::document(gateway, outward, realm, &stored.id, about, include).await
}

async fn call(
    machine: &dyn Clock,
    outbound: &Outbound,
    stored: &OutboxMessage,
    webhook: &Record,
    document: Vec<u8>,
) -> (Option<u16>, String, End) {
    let post = Post {
        url: webhook.text("callback_url").unwrap_or_default(),
        body: Bytes::from(document),
        idempotency_key: None,
        signing: Signing {
            secret: webhook.text("shared_secret").unwrap_or_default(),
            topic: &stored.topic,
            id: &stored.id,
            at: machine.now(),
        },
    };
    match outbound.send(&post, LIMITS).await {
        Ok(answer) => {
            let end = if answer.is_success() {
                End::Delivered
            } else {
                End::Failed
            };
            (Some(answer.status), answer.reason.to_owned(), end)
        }
        Err(failure) => (None, failure.to_string(), End::Failed),
    }
}
