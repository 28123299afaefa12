//! The control API under `/sandbox/v1/`: clock, shopper, logs, journal, faults, callbacks, switches.
//!
//! Invariant: the same credentials as Klarna's own API open it, and it reaches one world only. Described in
//! `docs/klarna/sandbox.md`.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequestParts, Path, Query, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{auth, render};
use crate::fault::FaultRequest;
use crate::journal;
use crate::slot::SharedSlot;
use crate::world::{Command, Reply, Settings, Visit, World, uuid, wire_time};
use crate::{Sandbox, SandboxError};

/// The furthest that one call may move the clock: ten years.
const LONGEST_STEP_SECONDS: i64 = 10 * 366 * 24 * 3600;
/// Log entries in one answer.
const MAX_LOG_LINES: usize = 500;
/// The largest journal that can be sent in.
const JOURNAL_LIMIT: usize = 256 * 1024 * 1024;

type Shared = State<Arc<Sandbox>>;

pub(super) fn router() -> Router<Arc<Sandbox>> {
    Router::new()
        .route("/health", get(health))
        .route("/clock", get(read_clock))
        .route("/clock/advance", post(advance_clock))
        .route("/clock/set", post(set_clock))
        .route("/sessions/{session_id}/shopper", post(shopper))
        .route("/logs", get(logs))
        .route("/deliveries", get(deliveries))
        .route("/orders", get(orders))
        .route("/settings", get(read_settings).patch(change_settings))
        .route("/journal", get(export_journal))
        .route(
            "/journal/replay",
            post(replay_journal).layer(axum::extract::DefaultBodyLimit::max(JOURNAL_LIMIT)),
        )
        .route(
            "/faults",
            get(list_faults).post(add_fault).delete(remove_faults),
        )
        .route("/faults/{id}", axum::routing::delete(remove_fault))
        .route("/reset", post(reset))
}

/// The world that the caller's credentials open.
struct Caller(SharedSlot);

impl FromRequestParts<Arc<Sandbox>> for Caller {
    type Rejection = Response;

    async fn from_request_parts(
        parts: &mut Parts,
        sandbox: &Arc<Sandbox>,
    ) -> Result<Self, Response> {
        auth::world(sandbox, &parts.headers)
            .map(Self)
            .ok_or_else(|| render::unauthorized(sandbox).into_response())
    }
}

async fn health() -> Response {
    Json(json!({"status": "ok"})).into_response()
}

async fn read_clock(State(sandbox): Shared, Caller(slot): Caller) -> Response {
    shown_clock(&sandbox, &slot)
}

async fn advance_clock(State(sandbox): Shared, Caller(slot): Caller, body: Bytes) -> Response {
    let seconds = parsed(&body).and_then(|body| body.get("seconds")?.as_i64());
    let Some(seconds) = seconds.filter(|seconds| (0..=LONGEST_STEP_SECONDS).contains(seconds))
    else {
        return wrong(&sandbox, "seconds");
    };
    let by_us = seconds.saturating_mul(1_000_000);
    match sandbox
        .execute(&slot, Command::AdvanceClock { by_us })
        .await
    {
        Ok(_) => shown_clock(&sandbox, &slot),
        Err(error) => failed(&sandbox, &error),
    }
}

async fn set_clock(State(sandbox): Shared, Caller(slot): Caller, body: Bytes) -> Response {
    let at = parsed(&body).and_then(|body| body.get("at")?.as_str()?.parse::<Timestamp>().ok());
    let Some(at) = at else {
        return wrong(&sandbox, "at");
    };
    let now = slot.look(&*sandbox.clock, |_, now| now);
    let step = at.duration_since(now);
    if step.is_negative() {
        let message = format!(
            "The clock shows {} and never runs backwards",
            wire_time(now)
        );
        return said(&sandbox, &Reply::error(409, "CONFLICT", message));
    }
    if step.as_secs() > LONGEST_STEP_SECONDS {
        return wrong(&sandbox, "at");
    }
    let by_us = i64::try_from(step.as_micros()).unwrap_or(0);
    match sandbox
        .execute(&slot, Command::AdvanceClock { by_us })
        .await
    {
        Ok(_) => shown_clock(&sandbox, &slot),
        Err(error) => failed(&sandbox, &error),
    }
}

fn shown_clock(sandbox: &Sandbox, slot: &SharedSlot) -> Response {
    let machine = sandbox.clock.now();
    let (now, offset) = slot.look(&*sandbox.clock, |world, now| (now, world.offset_us()));
    let body = json!({
        "now": wire_time(now),
        "machine_time": wire_time(machine),
        "offset_seconds": offset / 1_000_000,
    });
    Json(body).into_response()
}

async fn shopper(
    State(sandbox): Shared,
    Caller(slot): Caller,
    Path(session_id): Path<String>,
    body: Bytes,
) -> Response {
    let Some(body) = parsed(&body) else {
        return said(&sandbox, &crate::world::bad_request());
    };
    let visit = match Visit::from_body(&body) {
        Ok(visit) => visit,
        Err(name) => return wrong(&sandbox, name),
    };
    let command = Command::Shopper { session_id, visit };
    match sandbox.execute(&slot, command).await {
        Ok(reply) => said(&sandbox, &reply),
        Err(error) => failed(&sandbox, &error),
    }
}

#[derive(Deserialize)]
struct LogQuery {
    correlation_id: Option<String>,
    q: Option<String>,
    limit: Option<usize>,
}

async fn logs(Caller(slot): Caller, Query(query): Query<LogQuery>) -> Response {
    let limit = query.limit.unwrap_or(100).min(MAX_LOG_LINES);
    let log = slot
        .log
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    let found = log.find(query.correlation_id.as_deref(), query.q.as_deref(), limit);
    Json(json!({"logs": found})).into_response()
}

async fn deliveries(State(sandbox): Shared, Caller(slot): Caller) -> Response {
    let mut listed = slot.look(&*sandbox.clock, |world, _| json!(world.deliveries()));
    crate::request_log::redact(&mut listed);
    Json(json!({"deliveries": listed})).into_response()
}

async fn orders(State(sandbox): Shared, Caller(slot): Caller) -> Response {
    let listed = slot.look(&*sandbox.clock, |world, now| world.orders(now, 100));
    Json(json!({"orders": listed})).into_response()
}

async fn read_settings(State(sandbox): Shared, Caller(slot): Caller) -> Response {
    slot.look(&*sandbox.clock, |world, _| {
        Json(json!(world.settings())).into_response()
    })
}

/// Members that are sent replace the switches of that name.
async fn change_settings(State(sandbox): Shared, Caller(slot): Caller, body: Bytes) -> Response {
    let Some(Value::Object(sent)) = parsed(&body) else {
        return said(&sandbox, &crate::world::bad_request());
    };
    let mut merged = slot.look(&*sandbox.clock, |world, _| json!(world.settings()));
    for (name, value) in sent {
        merged[name] = value;
    }
    let settings = serde_json::from_value::<Settings>(merged)
        .ok()
        .filter(Settings::is_sound);
    let Some(settings) = settings else {
        return wrong(&sandbox, "settings");
    };
    match sandbox
        .execute(&slot, Command::ChangeSettings { settings })
        .await
    {
        Ok(_) => read_settings(State(Arc::clone(&sandbox)), Caller(slot)).await,
        Err(error) => failed(&sandbox, &error),
    }
}

async fn export_journal(State(sandbox): Shared, Caller(slot): Caller) -> Response {
    match slot.export() {
        Ok(text) => ([("content-type", "application/x-ndjson")], text).into_response(),
        Err(error) => failed(&sandbox, &error),
    }
}

/// Replaces the world by the one that the journal in the body leads to.
async fn replay_journal(State(sandbox): Shared, Caller(slot): Caller, body: Bytes) -> Response {
    let parsed = journal::parse(&String::from_utf8_lossy(&body));
    let parsed = match parsed {
        Ok(parsed) => parsed,
        Err(damage) => {
            let message = format!("Line {}: {}", damage.line, damage.reason);
            return said(&sandbox, &Reply::error(400, "BAD_VALUE", message));
        }
    };
    let settings = slot.look(&*sandbox.clock, |world, _| world.settings().clone());
    let mut world = World::new(&slot.credential.merchant_name, settings);
    journal::replay(&mut world, &parsed.entries);
    let entries = parsed.entries.len();
    let same_rules = parsed.header.rules == crate::world::RULES_VERSION;
    if let Err(error) = slot.replace(world, parsed.entries).await {
        return failed(&sandbox, &error);
    }
    sandbox.reindex(&slot);
    Json(json!({"replayed": entries, "same_rules": same_rules})).into_response()
}

async fn list_faults(Caller(slot): Caller) -> Response {
    Json(json!({"faults": slot.faults.list()})).into_response()
}

async fn add_fault(State(sandbox): Shared, Caller(slot): Caller, body: Bytes) -> Response {
    let request = match serde_json::from_slice::<FaultRequest>(&body) {
        Ok(request) => request,
        Err(error) => return said(&sandbox, &Reply::error(400, "BAD_VALUE", error.to_string())),
    };
    match slot.faults.add(request) {
        Ok(shown) => (StatusCode::CREATED, Json(shown)).into_response(),
        Err(name) => wrong(&sandbox, name),
    }
}

async fn remove_faults(Caller(slot): Caller) -> Response {
    Json(json!({"removed": slot.faults.remove(None)})).into_response()
}

async fn remove_fault(
    State(sandbox): Shared,
    Caller(slot): Caller,
    Path(id): Path<u64>,
) -> Response {
    match slot.faults.remove(Some(id)) {
        0 => said(
            &sandbox,
            &Reply::error(404, "NOT_FOUND", "There is no such fault rule"),
        ),
        removed => Json(json!({"removed": removed})).into_response(),
    }
}

/// Forgets sessions, orders, tokens, callbacks, logs and faults; clock and switches stay.
async fn reset(State(sandbox): Shared, Caller(slot): Caller) -> Response {
    if let Err(error) = sandbox.execute(&slot, Command::Reset).await {
        return failed(&sandbox, &error);
    }
    slot.faults.remove(None);
    slot.log
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
        .clear();
    sandbox.reindex(&slot);
    StatusCode::NO_CONTENT.into_response()
}

fn parsed(body: &Bytes) -> Option<Value> {
    serde_json::from_slice(body).ok()
}

fn wrong(sandbox: &Sandbox, name: &str) -> Response {
    said(
        sandbox,
        &Reply::error(400, "BAD_VALUE", format!("Bad value: {name}")),
    )
}

fn failed(sandbox: &Sandbox, error: &SandboxError) -> Response {
    tracing::error!(%error, "the control API could not do its work");
    said(
        sandbox,
        &Reply::error(500, "INTERNAL_SERVER_ERROR", "Internal error"),
    )
}

fn said(sandbox: &Sandbox, reply: &Reply) -> Response {
    let correlation_id = uuid(&*sandbox.entropy, 4);
    render::reply(reply, &correlation_id, &sandbox.public_url()).into_response()
}
