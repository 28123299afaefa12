//! What the sandbox knows beforehand, test shoppers and markets, and what follows from it alone: disputes.
//!
//! Invariant: reading only.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::json;

use super::{Caller, Shared};
use crate::Sandbox;
use crate::world::{market_document, test_shopper};

pub(super) fn routes() -> Router<Arc<Sandbox>> {
    Router::new()
        .route("/test-shoppers", get(test_shoppers))
        .route("/markets", get(markets))
        .route("/disputes", get(disputes))
}

async fn test_shoppers(_: Caller) -> Response {
    Json(test_shopper::document()).into_response()
}

async fn markets(_: Caller) -> Response {
    Json(market_document()).into_response()
}

#[derive(Deserialize)]
struct DisputeQuery {
    order_id: Option<String>,
}

async fn disputes(
    State(sandbox): Shared,
    Caller(slot): Caller,
    Query(query): Query<DisputeQuery>,
) -> Response {
    let listed = slot.look(&*sandbox.clock, |world, now| {
        world.disputes(query.order_id.as_deref(), now)
    });
    Json(json!({"disputes": listed})).into_response()
}
