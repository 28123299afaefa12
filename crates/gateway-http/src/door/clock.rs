//! `POST /kassa/v1/clock/advance`: moves the business clock, in test mode, for integrations; in the demo for whoever
//! asks from the same machine.
//!
//! Invariant: the clock never moves for live data and never backwards.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::response::Response;
use http::request::Parts;
use kassa_gateway::GatewayError;
use kassa_gateway::jobs::clock;
use serde::Deserialize;
use serde_json::json;

use super::integration;
use crate::error::Refused;
use crate::request::body;
use crate::router::Shared;

#[derive(Debug, Deserialize)]
struct Advance {
    seconds: i64,
}

/// `POST /kassa/v1/clock/advance {"seconds"}`.
pub(crate) async fn advance(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    match moved(&shared, &parts, body).await {
        Ok(response) => response,
        Err(refused) => refused.into_response(&integration::trace_id(&parts)),
    }
}

async fn moved(shared: &Shared, parts: &Parts, body: Body) -> Result<Response, Refused> {
    if !demo_from_here(shared, parts) {
        let caller = integration::caller(shared, parts, "move the clock").await?;
        if !caller.realm.test() {
            let reason = "the clock moves in test mode only".to_owned();
            return Err(GatewayError::Denied(reason).into());
        }
    }
    let bytes = body::read(body, shared.options.body_limit_bytes).await?;
    let Ok(Advance { seconds }) = serde_json::from_slice(&bytes) else {
        let detail = "send {\"seconds\": <whole number>}".to_owned();
        return Err(integration::malformed(detail, "/seconds"));
    };
    let now = clock::advance_test_time(&shared.gateway, seconds).await?;
    if let Some(hook) = &shared.options.clock_moved {
        hook(seconds).await.map_err(GatewayError::Unavailable)?;
    }
    let now = crate::api::iso_timestamp(now);
    let offset = shared.gateway.business().offset_seconds();
    Ok(integration::answer(
        &json!({"now": now, "offset_seconds": offset}),
    ))
}

/// Whether this is the demo, which moves its sandbox along and holds test data alone, and the caller is on the same
/// machine: nothing is at stake there, and a token would only be in the way.
fn demo_from_here(shared: &Shared, parts: &Parts) -> bool {
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    shared.options.clock_moved.is_some()
        && peer.is_some_and(|peer| peer.0.ip().to_canonical().is_loopback())
}
