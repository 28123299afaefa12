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
use crate::snapshots::{self, SnapshotError, SnapshotHead, Snapshots};
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
    let Some(name) = body.get("name").and_then(Value::as_str).map(str::to_owned) else {
        return refused(&sandbox, SnapshotError::Name);
    };
    // A clone is quick; writing it out is not, and calls go on meanwhile.
    let (world, now) = slot.look(&*sandbox.clock, |world, now| (world.clone(), now));
    let taken = snapshots::of(&slot, move |kept| kept.take(&name, &world, now));
    match taken.await {
        Ok(head) => (StatusCode::CREATED, Json(shown(&head))).into_response(),
        Err(error) => refused(&sandbox, error),
    }
}

async fn list(State(sandbox): Shared, Caller(slot): Caller) -> Response {
    let listed = match snapshots::of(&slot, Snapshots::list).await {
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
    match snapshots::of(&slot, move |kept| kept.export(&name)).await {
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
    let imported = snapshots::of(&slot, move |kept| {
        kept.import(&name, &String::from_utf8_lossy(&body))
    });
    match imported.await {
        Ok(head) => (StatusCode::CREATED, Json(shown(&head))).into_response(),
        Err(error) => refused(&sandbox, error),
    }
}

async fn restore(
    State(sandbox): Shared,
    Caller(slot): Caller,
    Path(name): Path<String>,
) -> Response {
    let (head, by) = match snapshots::restored(&slot, name).await {
        Ok(found) => found,
        Err(error) => return refused(&sandbox, error),
    };
    if let Err(error) = sandbox.replace_world(&slot, by).await {
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
    match snapshots::of(&slot, move |kept| kept.remove(&name)).await {
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
