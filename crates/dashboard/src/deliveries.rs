//! Webhooks of a realm, how they fare, and the latest attempts to reach them.
//!
//! Invariant: a shared secret and a payload are never shown.

use kassa_gateway::{Gateway, GatewayError};
use kassa_storage::{Filter, ListQuery, Page, Realm, Record, Scope, Sort};

use crate::show::{moment, text};

/// Webhooks shown.
const WEBHOOKS: u64 = 100;

/// Attempts shown.
const ATTEMPTS: u64 = 50;

/// One webhook.
#[derive(Debug)]
pub(crate) struct WebhookLine {
    pub(crate) id: String,
    pub(crate) topic: String,
    pub(crate) url: String,
    pub(crate) state: String,
    pub(crate) failures: i64,
}

/// One attempt.
#[derive(Debug)]
pub(crate) struct AttemptLine {
    pub(crate) at: String,
    pub(crate) topic: String,
    pub(crate) end: String,
    pub(crate) number: String,
    pub(crate) about: String,
    pub(crate) url: String,
    pub(crate) message_id: String,
}

/// What the page shows of `realm`.
pub(crate) async fn read(
    gateway: &Gateway,
    realm: &Realm,
) -> Result<(Vec<WebhookLine>, Vec<AttemptLine>), GatewayError> {
    let mut snapshot = gateway.snapshot(&Scope::realm(realm.clone())).await?;
    let webhooks = snapshot.list(&newest("webhooks", WEBHOOKS)).await?;
    let names: Vec<String> = webhooks
        .iter()
        .map(|webhook| format!("circuit:{}", webhook.key.id))
        .collect();
    let failures = snapshot.counters(&names).await?;
    let lines = webhooks.iter().zip(failures).map(webhook).collect();
    let attempts = snapshot.list(&newest("event_callbacks", ATTEMPTS)).await?;
    Ok((lines, attempts.iter().map(attempt).collect()))
}

fn newest(kind: &'static str, limit: u64) -> ListQuery {
    ListQuery {
        kinds: vec![kind],
        filter: Filter::Everything,
        sort: vec![Sort {
            field: "created_at",
            descending: true,
        }],
        page: Page { offset: 0, limit },
    }
}

fn webhook((record, failures): (&Record, i64)) -> WebhookLine {
    let disabled = record.text("disabled_at").is_some();
    let open = record.text("circuit_state") == Some("open");
    let state = match (disabled, open) {
        (true, _) => "disabled",
        (false, true) => "circuit open: called no more until it is reset",
        (false, false) => "enabled",
    };
    WebhookLine {
        id: record.key.id.clone(),
        topic: text(record, "topic"),
        url: text(record, "callback_url"),
        state: state.to_owned(),
        failures,
    }
}

fn attempt(record: &Record) -> AttemptLine {
    let code = text(record, "response_code");
    let message = text(record, "response_message");
    AttemptLine {
        at: moment(record.created_at),
        topic: text(record, "topic"),
        end: format!("{code} {message}").trim().to_owned(),
        number: text(record, "attempt"),
        about: format!(
            "{}/{}",
            text(record, "resource_type"),
            text(record, "resource_id")
        ),
        url: text(record, "callback_url"),
        message_id: text(record, "message_id"),
    }
}
