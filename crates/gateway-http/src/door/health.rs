//! `/livez` and `/readyz`.
//!
//! Invariant: alive means the process answers; ready means the store does too.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;

use crate::router::Shared;

/// `GET /livez`: 200 as long as the process answers.
pub(crate) async fn livez() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: 200 when the store can be read, else 503.
pub(crate) async fn readyz(State(shared): State<Arc<Shared>>) -> Response {
    match shared.gateway.store().next_due().await {
        Ok(_) => (StatusCode::OK, "ok\n").into_response(),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                "the store cannot be read\n",
            )
                .into_response()
        }
    }
}
