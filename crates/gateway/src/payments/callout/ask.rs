//! Sends a stored callout and says what is certain about its effect.

use std::time::Duration;

use bytes::Bytes;
use kassa_outbound::{CallLimits, Circuit, Post, Signing};
use kassa_storage::{Operation, Realm, Record, Scope};
use serde_json::{Value, json};

use super::answer::{self, End, Heard};
use super::{Door, Prepared, key, unusable};
use crate::error::GatewayError;
use crate::gateway::Gateway;
use crate::payments::exchange;
use crate::payments::fault::CalloutError;
use crate::payments::operation::{self, Context};
use crate::payments::verdict::{Answer, Verdict};
use crate::shop::calling;

/// How long a gateway may take, and how much of its answer is read. Source: commerce-api, webhooks and callbacks.
const LIMITS: CallLimits = CallLimits {
    answer_within: Duration::from_secs(5),
    answer_bytes: 64 * 1024,
};

/// Sends the operation's callout once. `fresh` means that it never left before.
pub(crate) async fn ask(
    gateway: &Gateway,
    realm: &Realm,
    operation: &Operation,
    (context, door): (&Context, &Door),
    fresh: bool,
) -> Result<(Verdict, Value), GatewayError> {
    let callout: Prepared = operation::callout_of(operation)?;
    let key = key(&door.gateway_id);
    let (row, failures) = {
        let mut snapshot = gateway.snapshot(&Scope::realm(realm.clone())).await?;
        let row = snapshot.record(&key).await?;
        (
            row,
            snapshot.counter(&calling::circuit_counter(&key)).await?,
        )
    };
    let row = row.ok_or_else(|| unusable("does not exist any more"))?;
    let before = operation.outcome.as_ref();
    if Circuit::new(failures).is_open() {
        let end = End::NotSent("it failed too often in a row; reset its circuit".to_owned());
        return Ok((
            verdict(end, context, fresh),
            exchange::remembered(before, []),
        ));
    }
    let began = gateway.machine().now();
    let end = call(gateway, operation, &callout, &row).await;
    let ended = gateway.machine().now();
    match calling::count_alone(gateway, realm, &key, end.is_answer()).await {
        Ok(false) => {}
        Ok(true) => {
            tracing::warn!(gateway = %door.gateway_id, "an external gateway is called no more: it failed too often in a row");
        }
        // The money matters more than the count.
        Err(error) => tracing::warn!(%error, "a call of an external gateway is not counted"),
    }
    let story = json!({
        "operation": format!("external_{}", callout.asks.word()),
        "method": "POST",
        "path": callout.url.split(['?', '#']).next(),
        "status": status(&end),
        "correlation_id": null,
        "at": began,
        "milliseconds": ended.as_millisecond() - began.as_millisecond(),
        "request": null,
        "response": null,
        "error": error_of(&end),
    });
    let calls = exchange::remembered(before, [story]);
    Ok((verdict(end, context, fresh), calls))
}

async fn call(gateway: &Gateway, operation: &Operation, callout: &Prepared, row: &Record) -> End {
    let Some(outward) = gateway.outward() else {
        return End::NotSent("this process has no way out".to_owned());
    };
    let post = Post {
        url: &callout.url,
        body: Bytes::from(callout.body.clone()),
        idempotency_key: Some(&operation.id),
        signing: Signing {
            secret: row.text("shared_secret").unwrap_or_default(),
            topic: callout.asks.topic(),
            id: &operation.id,
            at: gateway.machine().now(),
        },
    };
    answer::read(outward.outbound.send(&post, LIMITS).await)
}

/// What the end of this call says about the operation.
///
/// A gateway repeats its answer for the same key, so a clear no to a repeated call is a no to the first one, too. A
/// closed door is not: whoever turned this call away need not know of the one before.
fn verdict(end: End, context: &Context, fresh: bool) -> Verdict {
    let unknown = |reason: String| Verdict::Unknown(CalloutError::Unknown(reason).into());
    match end {
        End::Yes(heard) => believed(heard, context),
        End::No(refused) => Verdict::DidNot(refused.into()),
        End::Door(refused) if fresh => Verdict::DidNot(refused.into()),
        End::Door(refused) => unknown(format!("{refused}, after a call without an answer")),
        End::NotSent(reason) if fresh => Verdict::DidNot(CalloutError::NotSent(reason).into()),
        End::NotSent(reason) => unknown(format!("{reason}, after a call without an answer")),
        End::Unknown(reason) => unknown(reason),
    }
}

/// A yes to another amount is no yes to ours, and no no either: the money that moved must be looked at by a person.
fn believed(heard: Box<Heard>, context: &Context) -> Verdict {
    let asked = context.intent.amount();
    match (heard.amount_cents, asked) {
        (Some(moved), Some(asked)) if moved != asked => {
            let reason = format!("it answered for {moved} where {asked} was asked");
            Verdict::NeedsPerson(CalloutError::Unknown(reason).into())
        }
        _ => Verdict::Happened(Answer::External(heard)),
    }
}

fn status(end: &End) -> Option<u16> {
    match end {
        End::Yes(_) => Some(200),
        End::No(CalloutError::Refused { status, .. })
        | End::Door(CalloutError::Refused { status, .. }) => Some(*status),
        _ => None,
    }
}

fn error_of(end: &End) -> Option<String> {
    match end {
        End::Yes(_) => None,
        End::No(error) | End::Door(error) => Some(error.to_string()),
        End::NotSent(reason) | End::Unknown(reason) => Some(reason.clone()),
    }
}
