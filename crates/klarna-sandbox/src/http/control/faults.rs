//! Fault rules of the world, and its seeded profile.
//!
//! Invariant: a rule that is removed lets go of every call it holds.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get};
use axum::{Json, Router};
use serde_json::json;

use super::{Caller, Shared, said, wrong};
use crate::Sandbox;
use crate::fault::{FaultRequest, OPERATIONS, Profile, ProfileRequest};
use crate::world::Reply;

pub(super) fn routes() -> Router<Arc<Sandbox>> {
    Router::new()
        .route(
            "/faults",
            get(list_faults).post(add_fault).delete(remove_faults),
        )
        .route(
            "/faults/profile",
            get(profile).put(set_profile).delete(remove_profile),
        )
        .route("/faults/{id}", delete(remove_fault))
        .route("/operations", get(operations))
}

/// The names under which rules, profiles and switches know what Klarna can do.
async fn operations(Caller(_): Caller) -> Response {
    Json(json!({"operations": OPERATIONS})).into_response()
}

async fn list_faults(Caller(slot): Caller) -> Response {
    Json(json!({"faults": slot.faults.list()})).into_response()
}

async fn add_fault(State(sandbox): Shared, Caller(slot): Caller, body: Bytes) -> Response {
    let request = match serde_json::from_slice::<FaultRequest>(&body) {
        Ok(request) => request,
        Err(error) => return said(&sandbox, &Reply::error(400, "BAD_VALUE", error.to_string())),
    };
    let now = slot.look(&*sandbox.clock, |_, now| now);
    match slot.faults.add(request, now, &*sandbox.entropy) {
        Ok(shown) => (StatusCode::CREATED, Json(shown)).into_response(),
        Err(reason) => wrong(&sandbox, &reason),
    }
}

async fn remove_faults(State(sandbox): Shared, Caller(slot): Caller) -> Response {
    let removed = slot.faults.remove(None);
    // What maintenance held back is due now.
    sandbox.notifier.wake();
    Json(json!({"removed": removed})).into_response()
}

async fn profile(Caller(slot): Caller) -> Response {
    Json(json!({"profile": slot.faults.profile()})).into_response()
}

async fn set_profile(State(sandbox): Shared, Caller(slot): Caller, body: Bytes) -> Response {
    let request = match serde_json::from_slice::<ProfileRequest>(&body) {
        Ok(request) => request,
        Err(error) => return said(&sandbox, &Reply::error(400, "BAD_VALUE", error.to_string())),
    };
    match Profile::new(request) {
        Ok(made) => {
            slot.faults.set_profile(Some(made));
            sandbox.notifier.wake();
            profile(Caller(slot)).await
        }
        Err(reason) => wrong(&sandbox, &reason),
    }
}

async fn remove_profile(State(sandbox): Shared, Caller(slot): Caller) -> Response {
    slot.faults.set_profile(None);
    sandbox.notifier.wake();
    StatusCode::NO_CONTENT.into_response()
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
        removed => {
            sandbox.notifier.wake();
            Json(json!({"removed": removed})).into_response()
        }
    }
}
