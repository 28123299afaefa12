//! `explain`: why a category is not offered, why a call is not allowed, why a cart was refused.
//!
//! Invariant: reading only. What is said about a logged request shows no more of people's data than the log does.

use std::sync::{Arc, PoisonError};

use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Caller, Shared, orders, parsed, said, wrong};
use crate::Sandbox;
use crate::request_log::{Logged, is_secret};
use crate::world::{CartCall, Reply, World, bad_request};

pub(super) fn routes() -> Router<Arc<Sandbox>> {
    Router::new().route("/explain", get(explain).post(explain_cart))
}

#[derive(Deserialize)]
struct Question {
    session_id: Option<String>,
    order_id: Option<String>,
    token: Option<String>,
    correlation_id: Option<String>,
}

async fn explain(
    State(sandbox): Shared,
    Caller(slot): Caller,
    Query(question): Query<Question>,
) -> Response {
    let logged = question.correlation_id.as_deref().map(|id| {
        let mut log = slot.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.find(Some(id), None, 1).into_iter().next()
    });
    let found = slot.look(&*sandbox.clock, |world, now| {
        match (
            question.session_id,
            question.order_id,
            question.token,
            logged,
        ) {
            (Some(id), None, None, None) => Ok(world.explain_session(&id, now)),
            (None, Some(id), None, None) => Ok(explained_order(world, &id, now)),
            (None, None, Some(token), None) => Ok(world.explain_token(&token, now)),
            (None, None, None, Some(logged)) => {
                Ok(logged.map(|logged| explained_request(world, &logged, now)))
            }
            _ => Err("give one of session_id, order_id, token, correlation_id"),
        }
    });
    match found {
        Ok(Some(explanation)) => Json(explanation).into_response(),
        Ok(None) => {
            let message = "This world knows nothing by that name";
            said(&sandbox, &Reply::error(404, "NOT_FOUND", message))
        }
        Err(rule) => said(&sandbox, &Reply::error(400, "BAD_VALUE", rule)),
    }
}

#[derive(Deserialize)]
struct CartQuestion {
    call: Option<String>,
}

/// Looks at a cart as a call would, and does nothing.
async fn explain_cart(
    State(sandbox): Shared,
    Caller(slot): Caller,
    Query(question): Query<CartQuestion>,
    body: Bytes,
) -> Response {
    let call = match question.call.as_deref() {
        None | Some("create_session") => CartCall::Session,
        Some("place_order") => CartCall::Order,
        Some("token_order") => CartCall::TokenOrder,
        Some(_) => return wrong(&sandbox, "call"),
    };
    let Some(cart) = parsed(&body) else {
        return said(&sandbox, &bad_request());
    };
    let explained = slot.look(&*sandbox.clock, |world, _| world.explain_cart(&cart, call));
    Json(explained).into_response()
}

/// An order: its state, the calls that can follow, its disputes.
fn explained_order(world: &World, id: &str, now: Timestamp) -> Option<Value> {
    let mut shown = orders::described(world, id, now)?;
    shown["kind"] = "order".into();
    shown["disputes"] = json!(world.disputes(Some(id), now));
    Some(shown)
}

/// A logged request: what it was answered, and what there is to say about its cart or its order.
pub(crate) fn explained_request(world: &World, logged: &Logged, now: Timestamp) -> Value {
    let mut shown = json!({"kind": "request", "request": logged.shown()});
    let segments: Vec<&str> = logged.path.trim_start_matches('/').split('/').collect();
    let id = segments.get(3).copied().unwrap_or_default();
    let body: Value = serde_json::from_slice(&logged.request).unwrap_or_default();
    let cart = match logged.operation {
        "create_session" => Some((body.clone(), CartCall::Session)),
        "update_session" => Some((world.updated_cart(id, &body), CartCall::Session)),
        "place_order" => Some((body.clone(), CartCall::Order)),
        "token_order" => Some((body.clone(), CartCall::TokenOrder)),
        _ => None,
    };
    // The log drops bodies that are too large to keep.
    if let Some((cart, call)) = cart.filter(|_| !logged.request.is_empty()) {
        let mut explained = world.explain_cart(&cart, call);
        hide(&mut explained["findings"]);
        shown["cart"] = explained;
    }
    match segments.as_slice() {
        ["payments", "v1", "authorizations", token, ..] => {
            if let Some(mut different) = world.explain_mismatch(token, &body).map(Value::from) {
                hide(&mut different);
                shown["mismatches"] = different;
            }
            shown["token"] = json!(world.explain_token(token, now));
        }
        ["customer-token", "v1", "tokens", token, ..] => {
            shown["token"] = json!(world.explain_token(token, now));
        }
        ["ordermanagement", "v1", "orders", id, ..] => {
            shown["order"] = json!(explained_order(world, id, now));
        }
        _ => {}
    }
    crate::request_log::redact(&mut shown);
    shown
}

/// Blanks the values of findings about people.
fn hide(findings: &mut Value) {
    for finding in findings.as_array_mut().into_iter().flatten() {
        let path = finding["path"].as_str().unwrap_or_default();
        if is_secret(path.rsplit('.').next().unwrap_or_default()) {
            for name in ["sent", "authorized"] {
                if finding.get(name).is_some_and(|value| !value.is_null()) {
                    finding[name] = "***".into();
                }
            }
        }
    }
}
