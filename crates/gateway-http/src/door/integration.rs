//! What the routes under `/kassa/v1` share: who may call them, and answers in plain JSON.
//!
//! Invariant: without a demo on this very machine, only an integration's token opens them.

use axum::body::Body;
use axum::response::Response;
use http::{HeaderValue, header, request::Parts};
use kassa_gateway::{Caller, GatewayError};
use serde_json::Value;

use crate::error::Refused;
use crate::request::bearer;
use crate::request::origin::Origin;
use crate::request::trace::TraceId;
use crate::router::Shared;

/// The integration that calls; `what` it wants to do is named in the refusal.
pub(super) async fn caller(shared: &Shared, parts: &Parts, what: &str) -> Result<Caller, Refused> {
    let origin = Origin::of(&parts.headers, &parts.uri, shared.options.trust_forwarded);
    let trace_id = trace_id(parts);
    let caller = bearer::caller(&shared.gateway, &parts.headers, &origin, &trace_id).await?;
    if caller.is_integration() {
        return Ok(caller);
    }
    let reason = format!("only an integration may {what}");
    Err(GatewayError::Denied(reason).into())
}

/// The trace of the request.
pub(super) fn trace_id(parts: &Parts) -> String {
    let trace = parts.extensions.get::<TraceId>();
    trace.map_or_else(String::new, |trace| trace.0.clone())
}

/// The body does not have the shape that `detail` describes.
pub(super) fn malformed(detail: String, pointer: &str) -> Refused {
    let error = GatewayError::Malformed {
        code: "INVALID_DATA_FORMAT",
        detail,
        parameter: None,
        pointer: Some(pointer.to_owned()),
    };
    error.into()
}

/// 200 with plain JSON.
pub(super) fn answer(value: &Value) -> Response {
    let mut response = Response::new(Body::from(value.to_string()));
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}
