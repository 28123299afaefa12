//! The control API under `/sandbox/v1/`: what Klarna does not have. One module per noun, each with its own routes.
//!
//! Invariant: the same credentials as Klarna's own API open it, and it reaches one world only. Described in
//! `docs/klarna/sandbox.md`.

mod clock;
mod customer_tokens;
mod deliveries;
mod explain;
mod faults;
mod hosted_page;
mod journal;
mod logs;
mod orders;
mod settings;
mod shopper;
mod snapshots;
mod tables;
mod worlds;

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::{auth, render};
use crate::slot::SharedSlot;
use crate::world::{Reply, uuid};
use crate::{Sandbox, SandboxError};

pub(crate) use clock::{LONGEST_STEP_SECONDS, running_offset};
pub(crate) use explain::explained_request;

type Shared = State<Arc<Sandbox>>;

pub(super) fn router() -> Router<Arc<Sandbox>> {
    Router::new()
        .route("/health", get(health))
        .merge(clock::routes())
        .merge(customer_tokens::routes())
        .merge(deliveries::routes())
        .merge(explain::routes())
        .merge(faults::routes())
        .merge(hosted_page::routes())
        .merge(journal::routes())
        .merge(logs::routes())
        .merge(orders::routes())
        .merge(settings::routes())
        .merge(shopper::routes())
        .merge(tables::routes())
        .merge(snapshots::routes())
        .merge(worlds::routes())
}

/// The world that the caller's credentials open.
pub(super) struct Caller(pub(super) SharedSlot);

impl FromRequestParts<Arc<Sandbox>> for Caller {
    type Rejection = Response;

    async fn from_request_parts(
        parts: &mut Parts,
        sandbox: &Arc<Sandbox>,
    ) -> Result<Self, Response> {
        let world = auth::world(sandbox, &parts.headers).await;
        world.map(Self).map_err(|refusal| refusal.into_response())
    }
}

async fn health() -> Response {
    Json(json!({"status": "ok"})).into_response()
}

/// The body as JSON.
pub(super) fn parsed(body: &Bytes) -> Option<Value> {
    serde_json::from_slice(body).ok()
}

/// 400 that names the member.
pub(super) fn wrong(sandbox: &Sandbox, name: &str) -> Response {
    said(
        sandbox,
        &Reply::error(400, "BAD_VALUE", format!("Bad value: {name}")),
    )
}

/// 500; the reason goes to the log.
pub(super) fn failed(sandbox: &Sandbox, error: &SandboxError) -> Response {
    tracing::error!(%error, "the control API could not do its work");
    said(
        sandbox,
        &Reply::error(500, "INTERNAL_SERVER_ERROR", "Internal error"),
    )
}

/// A reply as Klarna would send it.
pub(super) fn said(sandbox: &Sandbox, reply: &Reply) -> Response {
    let correlation_id = uuid(&*sandbox.entropy, 4);
    render::reply(reply, &correlation_id, &sandbox.public_url()).into_response()
}
