//! What happened in the world: its requests.
//!
//! Invariant: reading only, and people's data is redacted.

use std::sync::{Arc, PoisonError};

use axum::extract::Query;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Caller;
use crate::Sandbox;

/// Log entries in one answer.
const MAX_LOG_LINES: usize = 500;

pub(super) fn routes() -> Router<Arc<Sandbox>> {
    Router::new().route("/logs", get(logs))
}

#[derive(Deserialize)]
struct LogQuery {
    correlation_id: Option<String>,
    q: Option<String>,
    limit: Option<usize>,
}

async fn logs(Caller(slot): Caller, Query(query): Query<LogQuery>) -> Response {
    let limit = query.limit.unwrap_or(100).min(MAX_LOG_LINES);
    let mut log = slot.log.lock().unwrap_or_else(PoisonError::into_inner);
    let found = log.find(query.correlation_id.as_deref(), query.q.as_deref(), limit);
    drop(log);
    let shown: Vec<Value> = found.iter().map(|entry| entry.shown()).collect();
    Json(json!({"logs": shown})).into_response()
}
