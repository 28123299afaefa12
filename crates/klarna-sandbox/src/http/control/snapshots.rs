//! Named snapshots of the world: take, list, restore, export, import, remove.
//!
//! Invariant: restoring gives the world exactly as it was; the journal goes on from there.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::journal::JOURNAL_LIMIT;
use super::{Caller, Shared, failed, parsed, said};
use crate::Sandbox;
use crate::snapshots::{SnapshotError, SnapshotHead};
use crate::world::{RULES_VERSION, Reply, wire_time};

pub(super) fn routes() -> Router<Arc<Sandbox>> {
    Router::new()
        .route("/snapshots", get(list).post(take))
        .route(
            "/snapshots/{name}",
            get(export)
                .put(import)
                .delete(remove)
                .layer(DefaultBodyLimit::max(JOURNAL_LIMIT)),
        )
        .route("/snapshots/{name}/restore", post(restore))
}

async fn take(State(sandbox): Shared, Caller(slot): Caller, body: Bytes) -> Response {
    let body = parsed(&body).unwrap_or_default();
    let Some(name) = body.get("name").and_then(Value::as_str) else {
        return refused(&sandbox, SnapshotError::Name);
    };
    // A clone is quick; writing it out is not, and calls go on meanwhile.
    let (world, now) = slot.look(&*sandbox.clock, |world, now| (world.clone(), now));
    match slot.snapshots.take(name, &world, now) {
        Ok(head) => (StatusCode::CREATED, Json(shown(&head))).into_response(),
        Err(error) => refused(&sandbox, error),
    }
}

async fn list(State(sandbox): Shared, Caller(slot): Caller) -> Response {
    let listed = match slot.snapshots.list() {
        Ok(listed) => listed,
        Err(error) => return refused(&sandbox, error),
    };
    let listed: Vec<Value> = listed
        .iter()
        .map(|(head, bytes)| {
            let mut shown = shown(head);
            shown["bytes"] = json!(bytes);
            shown
        })
        .collect();
    Json(json!({"snapshots": listed})).into_response()
}

async fn export(
    State(sandbox): Shared,
    Caller(slot): Caller,
    Path(name): Path<String>,
) -> Response {
    match slot.snapshots.export(&name) {
        Ok(text) => ([("content-type", "application/x-ndjson")], text).into_response(),
        Err(error) => refused(&sandbox, error),
    }
}

async fn import(
    State(sandbox): Shared,
    Caller(slot): Caller,
    Path(name): Path<String>,
    body: Bytes,
) -> Response {
    let text = String::from_utf8_lossy(&body);
    match slot.snapshots.import(&name, &text) {
        Ok(head) => (StatusCode::CREATED, Json(shown(&head))).into_response(),
        Err(error) => refused(&sandbox, error),
    }
}

async fn restore(
    State(sandbox): Shared,
    Caller(slot): Caller,
    Path(name): Path<String>,
) -> Response {
    let (head, world) = match slot.snapshots.world(&name) {
        Ok(found) => found,
        Err(error) => return refused(&sandbox, error),
    };
    let base = world.clone();
    let replaced = sandbox.replace_world(&slot, world, None, Some(&base), &[]);
    if let Err(error) = replaced.await {
        return failed(&sandbox, &error);
    }
    let now = slot.look(&*sandbox.clock, |_, now| now);
    Json(json!({
        "restored": head.name,
        "now": wire_time(now),
        "same_rules": head.rules == RULES_VERSION,
    }))
    .into_response()
}

async fn remove(
    State(sandbox): Shared,
    Caller(slot): Caller,
    Path(name): Path<String>,
) -> Response {
    match slot.snapshots.remove(&name) {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => refused(&sandbox, error),
    }
}

fn shown(head: &SnapshotHead) -> Value {
    json!({"name": head.name, "at": wire_time(head.at), "rules": head.rules})
}

fn refused(sandbox: &Sandbox, error: SnapshotError) -> Response {
    let reply = match error {
        SnapshotError::Unknown => Reply::error(404, "NOT_FOUND", "There is no such snapshot"),
        SnapshotError::Name => {
            let message = "Bad value: name; expected 1 to 64 letters, digits, `_` or `-`";
            Reply::error(400, "BAD_VALUE", message)
        }
        SnapshotError::Full => {
            Reply::error(409, "CONFLICT", "There are too many snapshots; remove one")
        }
        SnapshotError::Text(reason) => Reply::error(400, "BAD_VALUE", reason),
        SnapshotError::Io(error) => return failed(sandbox, &error),
    };
    said(sandbox, &reply)
}
