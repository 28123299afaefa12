//! What became of an attempt, written down: the callback's row, the circuit, and the message itself, at once.
//!
//! Invariant: the row, the count of failures and the end (or the next attempt) of the message are one change set. A
//! crash before it means one more attempt under the same id.

use kassa_storage::{
    ChangeSet, Key, OutboxMessage, QueueChange, Realm, Record, Refusal, Scope, Snapshot,
};
use serde_json::{Map, Value, json};

use super::attempt::{Attempt, End};
use super::message::Message;
use super::retention;
use crate::error::GatewayError;
use crate::gateway::{Gateway, Outcome, Rounds, refused};
use crate::shop::calling;

/// Machine seconds before each further attempt: ten of them, the last a little more than a day after the first.
/// Published in docs/webhooks.md.
const WAITS_SECONDS: [i64; 10] = [
    10,
    30,
    60,
    5 * 60,
    15 * 60,
    3_600,
    2 * 3_600,
    4 * 3_600,
    8 * 3_600,
    12 * 3_600,
];

/// Machine seconds after which a message looks again whether its webhook's circuit is closed.
const CIRCUIT_LOOK_SECONDS: i64 = 15 * 60;

/// Machine seconds for which a message waits for an open circuit.
const CIRCUIT_WAIT_SECONDS: i64 = 72 * 3_600;

const SECOND: i64 = 1_000_000;

/// Whether more attempts were begun than a message has.
pub(super) fn is_spent(stored: &OutboxMessage) -> bool {
    usize::try_from(stored.attempts).is_ok_and(|begun| begun > WAITS_SECONDS.len())
}

/// Removes a message that nobody waits for.
pub(super) async fn drop_message(
    gateway: &Gateway,
    realm: &Realm,
    stored: &OutboxMessage,
) -> Result<(), GatewayError> {
    let mut set = gateway.change_set(realm);
    set.sent(stored.id.as_str());
    gateway.commit_once(set).await
}

/// Puts a message off while its circuit is open, without counting an attempt; gives it up in the end.
pub(super) async fn wait_for_circuit(
    gateway: &Gateway,
    realm: &Realm,
    stored: &OutboxMessage,
    message: &Message,
    webhook: &Record,
) -> Result<(), GatewayError> {
    let now_us = gateway.machine().now_us();
    if now_us - message.raised_at >= CIRCUIT_WAIT_SECONDS * SECOND {
        let attempt = Attempt {
            code: None,
            message: "given up: the circuit stayed open for three days".to_owned(),
            payload: Value::Null,
            end: End::Pointless,
        };
        return record(gateway, realm, stored, message, webhook, &attempt).await;
    }
    let mut set = gateway.change_set(realm);
    set.queues.push(QueueChange::Send(OutboxMessage {
        due_at: now_us + CIRCUIT_LOOK_SECONDS * SECOND,
        ..stored.clone()
    }));
    gateway.commit_once(set).await
}

/// Writes down how `attempt` ended.
pub(super) async fn record(
    gateway: &Gateway,
    realm: &Realm,
    stored: &OutboxMessage,
    message: &Message,
    webhook: &Record,
    attempt: &Attempt,
) -> Result<(), GatewayError> {
    let mut rounds = Rounds::new();
    loop {
        let mut set = gateway.change_set(realm);
        let mut snapshot = gateway.snapshot(&Scope::realm(realm.clone())).await?;
        // The webhook may have been deleted meanwhile; then there is nothing left to write down.
        if let Some(webhook) = snapshot.record(&webhook.key).await? {
            let opened = count(snapshot.as_mut(), &mut set, &webhook, attempt).await?;
            if opened {
                open(gateway, &mut set, webhook.clone());
            } else {
                // A row of the log belongs to a webhook that exists.
                set.check(webhook.key.clone(), webhook.version);
            }
            set.put_new(callback(gateway, realm, stored, message, &webhook, attempt));
            retention::keep(gateway, snapshot.as_mut(), &mut set, &webhook.key).await?;
        }
        drop(snapshot);
        set.queues.push(next(gateway, stored, attempt));
        match gateway.commit(set).await? {
            Outcome::Done => break,
            // Another attempt of the same webhook ended at this moment.
            Outcome::Conflict(key) => rounds.again(&key).await?,
            Outcome::Refused(Refusal::Bound { .. }) => rounds.again(&webhook.key).await?,
            Outcome::Refused(refusal) => return Err(refused(&refusal)),
        }
    }
    let outcome = match attempt.end {
        End::Delivered => "delivered",
        End::Failed => "failed",
        End::Pointless => "given_up",
    };
    metrics::counter!("kassa_webhook_attempts_total", "outcome" => outcome).increment(1);
    tracing::info!(topic = %stored.topic, message = %stored.id, webhook = %webhook.key.id, outcome,
        code = attempt.code, "webhook called: {}", attempt.message);
    Ok(())
}

/// Counts the attempt on the webhook's circuit; tells whether that opened it.
async fn count(
    snapshot: &mut dyn Snapshot,
    set: &mut ChangeSet,
    webhook: &Record,
    attempt: &Attempt,
) -> Result<bool, GatewayError> {
    if attempt.end == End::Pointless {
        return Ok(false);
    }
    let delivered = attempt.end == End::Delivered;
    let step = calling::count(snapshot, set, &webhook.key, delivered).await?;
    Ok(step.opened)
}

/// Says on the webhook that it is called no more.
fn open(gateway: &Gateway, set: &mut ChangeSet, webhook: Record) {
    tracing::warn!(webhook = %webhook.key.id, "a webhook is called no more: it failed too often in a row");
    metrics::counter!("kassa_webhook_circuits_opened_total").increment(1);
    calling::open_circuit(gateway, set, webhook);
}

/// The row in the log of deliveries.
fn callback(
    gateway: &Gateway,
    realm: &Realm,
    stored: &OutboxMessage,
    message: &Message,
    webhook: &Record,
    attempt: &Attempt,
) -> Record {
    let mut body = Map::new();
    let mut set = |name: &str, value: Value| {
        body.insert(name.to_owned(), value);
    };
    let url = webhook.text("callback_url").unwrap_or_default();
    set("callback_url", url.into());
    set("webhook_id", webhook.key.id.as_str().into());
    set("payload", attempt.payload.clone());
    let code = attempt.code.map(|code| code.to_string());
    set("response_code", json!(code));
    set("response_message", attempt.message.as_str().into());
    // What follows is not part of the API: it is for sending again and for the dashboard.
    set("topic", stored.topic.as_str().into());
    set("resource_type", message.kind.as_str().into());
    set("resource_id", message.id.as_str().into());
    set("message_id", stored.id.as_str().into());
    set("attempt", (stored.attempts + 1).into());
    Record::root(
        Key::new("event_callbacks", gateway.new_id()),
        body,
        gateway.now_us(realm),
    )
}

/// The end of the message, or its next attempt.
fn next(gateway: &Gateway, stored: &OutboxMessage, attempt: &Attempt) -> QueueChange {
    let wait = usize::try_from(stored.attempts)
        .ok()
        .and_then(|attempts| WAITS_SECONDS.get(attempts));
    match wait {
        Some(wait) if attempt.end == End::Failed => QueueChange::Send(OutboxMessage {
            due_at: gateway.machine().now_us() + wait * SECOND,
            attempts: stored.attempts + 1,
            ..stored.clone()
        }),
        _ => QueueChange::Sent {
            id: stored.id.clone(),
        },
    }
}
