//! The delivery log: every callback with every attempt, and making one again by hand.
//!
//! Invariant: tokens in bodies are redacted; a replay never changes the schedule of a callback.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{Caller, Shared, failed, said, wrong};
use crate::Sandbox;
use crate::notify::NotReplayed;
use crate::request_log::redact;
use crate::world::{Delivery, DeliveryKind, DeliveryState, Reply};

/// Deliveries in one answer.
const MAX_LISTED: usize = 500;

pub(super) fn routes() -> Router<Arc<Sandbox>> {
    Router::new()
        .route("/deliveries", get(list))
        .route("/deliveries/{id}", get(one))
        .route("/deliveries/{id}/replay", post(replay))
}

/// Which deliveries are asked for.
#[derive(Default)]
struct Filter {
    subject: Option<String>,
    kind: Option<DeliveryKind>,
    state: Option<DeliveryState>,
    limit: Option<usize>,
}

impl Filter {
    /// Reads the query string; the error names what is wrong with it.
    fn read(query: BTreeMap<String, String>) -> Result<Self, String> {
        let mut filter = Self::default();
        for (name, value) in query {
            let unknown = || format!("{name}={value}");
            match name.as_str() {
                "subject" => filter.subject = Some(value),
                "kind" => filter.kind = Some(word(&value).ok_or_else(unknown)?),
                "state" => filter.state = Some(word(&value).ok_or_else(unknown)?),
                "limit" => filter.limit = Some(value.parse().map_err(|_| unknown())?),
                _ => return Err(name),
            }
        }
        Ok(filter)
    }

    fn takes(&self, delivery: &Delivery) -> bool {
        self.subject
            .as_ref()
            .is_none_or(|subject| *subject == delivery.subject)
            && self.kind.is_none_or(|kind| kind == delivery.kind)
            && self.state.is_none_or(|state| state == delivery.state)
    }
}

fn word<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_value(text.into()).ok()
}

async fn list(
    State(sandbox): Shared,
    Caller(slot): Caller,
    Query(query): Query<BTreeMap<String, String>>,
) -> Response {
    let filter = match Filter::read(query) {
        Ok(filter) => filter,
        Err(name) => return wrong(&sandbox, &name),
    };
    let limit = filter.limit.unwrap_or(MAX_LISTED).min(MAX_LISTED);
    let listed: Vec<Value> = slot.look(&*sandbox.clock, |world, now| {
        let held = slot.faults.maintenance_until(now);
        let found = world.deliveries().into_iter();
        found
            .filter(|delivery| filter.takes(delivery))
            .take(limit)
            .map(|delivery| shown(delivery, held))
            .collect()
    });
    Json(json!({"deliveries": listed})).into_response()
}

async fn one(State(sandbox): Shared, Caller(slot): Caller, Path(id): Path<u64>) -> Response {
    let found = slot.look(&*sandbox.clock, |world, now| {
        let held = slot.faults.maintenance_until(now);
        world.delivery(id).map(|delivery| shown(delivery, held))
    });
    match found {
        Some(found) => Json(found).into_response(),
        None => unknown(&sandbox),
    }
}

/// Makes the callback now and shows it with the new attempt.
async fn replay(state: Shared, caller: Caller, Path(id): Path<u64>) -> Response {
    let sandbox = &state.0;
    let refusal = match sandbox.notifier.replay(sandbox, &caller.0, id).await {
        Ok(()) => return one(state, caller, Path(id)).await,
        Err(refusal) => refusal,
    };
    let message = match refusal {
        NotReplayed::Unknown => return unknown(sandbox),
        NotReplayed::Failed(error) => return failed(sandbox, &error),
        NotReplayed::InFlight => "The delivery is being tried right now",
        NotReplayed::TooOften => "The delivery was tried too often",
    };
    said(sandbox, &Reply::error(409, "CONFLICT", message))
}

fn unknown(sandbox: &Sandbox) -> Response {
    let reply = Reply::error(404, "NOT_FOUND", "There is no such delivery");
    said(sandbox, &reply)
}

/// A delivery as the log shows it; during maintenance with the instant until which it is held.
fn shown(delivery: &Delivery, held_until: Option<Timestamp>) -> Value {
    let mut shown = json!(delivery);
    redact(&mut shown);
    let waits = delivery.state == DeliveryState::Waiting;
    if let Some(until) = held_until.filter(|until| waits && delivery.due_at < *until) {
        shown["held_until"] = json!(until);
    }
    shown
}
