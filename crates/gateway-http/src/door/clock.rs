//! `POST /kassa/v1/clock/advance`: moves the business clock, in test mode, for integrations; in the demo for whoever
//! asks from the same machine.
//!
//! Invariant: the clock never moves for live data and never backwards.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::response::Response;
use http::{HeaderValue, header, request::Parts};
use kassa_gateway::GatewayError;
use kassa_gateway::jobs::clock;
use serde::Deserialize;
use serde_json::json;

use crate::error::Refused;
use crate::request::origin::Origin;
use crate::request::trace::TraceId;
use crate::request::{bearer, body};
use crate::router::Shared;

#[derive(Debug, Deserialize)]
struct Advance {
    seconds: i64,
}

/// `POST /kassa/v1/clock/advance {"seconds"}`.
pub(crate) async fn advance(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let trace_id = parts
        .extensions
        .get::<TraceId>()
        .map_or_else(String::new, |trace| trace.0.clone());
    match moved(&shared, &parts, body, &trace_id).await {
        Ok(response) => response,
        Err(refused) => refused.into_response(&trace_id),
    }
}

async fn moved(
    shared: &Shared,
    parts: &Parts,
    body: Body,
    trace_id: &str,
) -> Result<Response, Refused> {
    if !demo_from_here(shared, parts) {
        let origin = Origin::of(&parts.headers, &parts.uri, shared.options.trust_forwarded);
        let caller = bearer::caller(&shared.gateway, &parts.headers, &origin, trace_id).await?;
        if !caller.is_integration() || !caller.realm.test() {
            let reason = "only an integration in test mode may move the clock".to_owned();
            return Err(GatewayError::Denied(reason).into());
        }
    }
    let bytes = body::read(body, shared.options.body_limit_bytes).await?;
    let Ok(Advance { seconds }) = serde_json::from_slice(&bytes) else {
        return Err(GatewayError::Malformed {
            code: "INVALID_DATA_FORMAT",
            detail: "send {\"seconds\": <whole number>}".to_owned(),
            parameter: None,
            pointer: Some("/seconds".to_owned()),
        }
        .into());
    };
    let now = clock::advance_test_time(&shared.gateway, seconds).await?;
    if let Some(hook) = &shared.options.clock_moved {
        hook(seconds).await.map_err(GatewayError::Unavailable)?;
    }
    let now = crate::api::iso_timestamp(now);
    let offset = shared.gateway.business().offset_seconds();
    let mut response = Response::new(Body::from(
        json!({"now": now, "offset_seconds": offset}).to_string(),
    ));
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    Ok(response)
}

/// Whether this is the demo, which moves its sandbox along and holds test data alone, and the caller is on the same
/// machine: nothing is at stake there, and a token would only be in the way.
fn demo_from_here(shared: &Shared, parts: &Parts) -> bool {
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    shared.options.clock_moved.is_some()
        && peer.is_some_and(|peer| peer.0.ip().to_canonical().is_loopback())
}
