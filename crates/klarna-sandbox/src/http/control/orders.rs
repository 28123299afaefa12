//! The world's orders: looking behind one, and what Klarna does to it by itself.
//!
//! Invariant: looking changes nothing; what Klarna does is a command like any other and ends in the journal.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Caller, Shared, failed, said};
use crate::Sandbox;
use crate::slot::SharedSlot;
use crate::world::{Command, KlarnaAct, OrderAction, Reply, World};

pub(super) fn routes() -> Router<Arc<Sandbox>> {
    Router::new()
        .route("/orders", get(orders))
        .route("/orders/{order_id}", get(order))
        .route("/orders/{order_id}/close", post(close))
        .route("/orders/{order_id}/stop", post(stop))
}

/// The newest orders, as Order Management shows them.
async fn orders(State(sandbox): Shared, Caller(slot): Caller) -> Response {
    let listed = slot.look(&*sandbox.clock, |world, now| world.orders(now, 100));
    Json(json!({"orders": listed})).into_response()
}

/// An order with what Order Management does not show: its state, the next calls, the customer's due dates.
async fn order(
    State(sandbox): Shared,
    Caller(slot): Caller,
    Path(order_id): Path<String>,
) -> Response {
    let found = slot.look(&*sandbox.clock, |world, now| {
        described(world, &order_id, now)
    });
    match found {
        Some(shown) => Json(shown).into_response(),
        None => said(&sandbox, &Reply::errors(404, "NOT_FOUND", Vec::new())),
    }
}

/// An order backstage with the calls that can follow.
pub(super) fn described(world: &World, order_id: &str, now: Timestamp) -> Option<Value> {
    let mut shown = world.backstage(order_id, now)?;
    let actions = world.order_actions(order_id, now)?;
    shown["actions"] = actions.iter().map(action).collect();
    Some(shown)
}

fn action(action: &OrderAction) -> Value {
    let refusal = action.refusal.as_ref().and_then(Reply::refusal);
    let mut shown = json!({
        "operation": action.call.operation(),
        "allowed": refusal.is_none(),
    });
    if let Some(refusal) = refusal {
        shown["refusal"] = refusal;
    }
    if let Some(id) = action.call.capture_id().filter(|id| !id.is_empty()) {
        shown["capture_id"] = id.into();
    }
    if let Some((at_least, at_most)) = action.amounts {
        shown["amount"] = json!({"at_least": at_least, "at_most": at_most});
    }
    shown
}

async fn close(
    State(sandbox): Shared,
    Caller(slot): Caller,
    Path(order_id): Path<String>,
) -> Response {
    act(&sandbox, &slot, KlarnaAct::CloseOrder { order_id }).await
}

async fn stop(
    State(sandbox): Shared,
    Caller(slot): Caller,
    Path(order_id): Path<String>,
) -> Response {
    act(&sandbox, &slot, KlarnaAct::StopOrder { order_id }).await
}

async fn act(sandbox: &Arc<Sandbox>, slot: &SharedSlot, act: KlarnaAct) -> Response {
    match sandbox.execute(slot, Command::Klarna { act }).await {
        Ok(reply) => said(sandbox, &reply),
        Err(error) => failed(sandbox, &error),
    }
}
