//! The world's switches.
//!
//! Invariant: a change is taken whole or refused whole.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::{Caller, Shared, failed, parsed, said, wrong};
use crate::Sandbox;
use crate::fault::is_operation;
use crate::world::{Command, bad_request};

pub(super) fn routes() -> Router<Arc<Sandbox>> {
    Router::new().route("/settings", get(read_settings).patch(change_settings))
}

async fn read_settings(State(sandbox): Shared, Caller(slot): Caller) -> Response {
    slot.look(&*sandbox.clock, |world, _| {
        Json(json!(world.settings())).into_response()
    })
}

/// Members that are sent replace the switches of that name.
async fn change_settings(State(sandbox): Shared, Caller(slot): Caller, body: Bytes) -> Response {
    let Some(Value::Object(sent)) = parsed(&body) else {
        return said(&sandbox, &bad_request());
    };
    let changed = slot.look(&*sandbox.clock, |world, _| world.settings().changed(&sent));
    let settings = match changed {
        Ok(settings) => settings,
        Err(name) => return wrong(&sandbox, &name),
    };
    for (name, operations) in [
        ("disabled_operations", &settings.disabled_operations),
        ("denied_operations", &settings.denied_operations),
    ] {
        if !operations.iter().all(|operation| is_operation(operation)) {
            return wrong(&sandbox, name);
        }
    }
    match sandbox
        .execute(&slot, Command::ChangeSettings { settings })
        .await
    {
        Ok(_) => read_settings(State(Arc::clone(&sandbox)), Caller(slot)).await,
        Err(error) => failed(&sandbox, &error),
    }
}
