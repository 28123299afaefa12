//! What Klarna does to a customer token by itself: suspending it, refusing its charges.
//!
//! Invariant: a cancelled token stays cancelled for the merchant; here Klarna may undo anything.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::patch;
use serde::Deserialize;

use super::{Caller, Shared, failed, said};
use crate::Sandbox;
use crate::world::{Charges, Command, KlarnaAct, Reply, TokenStatus};

pub(super) fn routes() -> Router<Arc<Sandbox>> {
    Router::new().route("/customer-tokens/{token}", patch(change))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    status: Option<TokenStatus>,
    charges: Option<Charges>,
}

async fn change(
    State(sandbox): Shared,
    Caller(slot): Caller,
    Path(token): Path<String>,
    body: Bytes,
) -> Response {
    let Change { status, charges } = match serde_json::from_slice(&body) {
        Ok(change) => change,
        Err(error) => return said(&sandbox, &Reply::error(400, "BAD_VALUE", error.to_string())),
    };
    let act = KlarnaAct::ChangeToken {
        token,
        status,
        charges,
    };
    match sandbox.execute(&slot, Command::Klarna { act }).await {
        Ok(reply) => said(&sandbox, &reply),
        Err(error) => failed(&sandbox, &error),
    }
}
