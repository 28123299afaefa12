//! The part of the control API that belongs to the Hosted Payment Page: its shopper without a browser, and the outbox.
//!
//! Invariant: the outbox shows addresses in clear, because reading the message is what it is for; everything in it was
//! made up for a test.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::json;

use super::{Caller, Shared, failed, parsed, said, wrong};
use crate::Sandbox;
use crate::fault::Target;
use crate::http::call::asked;
use crate::world::{PageAction, bad_request};

/// Messages in one answer unless the caller asks for another number.
const MESSAGES: usize = 100;

pub(super) fn routes() -> Router<Arc<Sandbox>> {
    Router::new()
        .route("/hpp-sessions/{session_id}/shopper", post(shopper))
        .route("/outbox", get(outbox))
}

async fn shopper(
    State(sandbox): Shared,
    Caller(slot): Caller,
    Path(session_id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Some(body) = parsed(&body) else {
        return said(&sandbox, &bad_request());
    };
    let action = match PageAction::from_body(&body) {
        Ok(action) => action,
        Err(name) => return wrong(&sandbox, name),
    };
    let targets = [Target::Visit, Target::Callback];
    let taken = slot.look(&*sandbox.clock, |world, _| world.settings().header_faults);
    let asked = match asked(taken, &headers, &targets) {
        Ok(asked) => asked,
        Err(reason) => return wrong(&sandbox, &reason),
    };
    match sandbox.visit_page(&slot, &session_id, action, &asked).await {
        Ok(reply) => said(&sandbox, &reply),
        Err(error) => failed(&sandbox, &error),
    }
}

#[derive(Deserialize)]
struct OutboxQuery {
    session_id: Option<String>,
    limit: Option<usize>,
}

async fn outbox(
    State(sandbox): Shared,
    Caller(slot): Caller,
    Query(query): Query<OutboxQuery>,
) -> Response {
    let limit = query.limit.unwrap_or(MESSAGES);
    let messages = slot.look(&*sandbox.clock, |world, _| {
        let wanted = query.session_id.as_deref();
        let found: Vec<_> = world
            .outbox()
            .into_iter()
            .filter(|message| wanted.is_none_or(|id| message.session_id == id))
            .take(limit)
            .collect();
        json!(found)
    });
    Json(json!({"messages": messages})).into_response()
}
