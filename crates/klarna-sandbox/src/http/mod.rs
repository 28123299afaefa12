//! The HTTP surface: Klarna's paths, the control API under `/sandbox/v1/`, and the way back to the shop.
//!
//! Invariant: a handler turns bytes into one command and a reply into bytes. What is allowed is decided in `world/`;
//! what belongs to the wire alone (credentials at the edge, body limit, rate limits, faults, the log) is done here.

mod auth;
mod call;
mod control;
mod failure;
mod goes_on;
mod hosted_page;
mod in_flight;
mod limits;
mod rate;
mod record;
mod render;
mod route;
mod struck;

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Path, Request, State};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{any, get};
use http::{HeaderName, HeaderValue, Method, StatusCode, Version, header};

pub(crate) use auth::world as world_of_caller;
pub(crate) use control::{LONGEST_STEP_SECONDS, explained_request, running_offset};
pub(crate) use in_flight::KeysInFlight;
pub(crate) use rate::{RateCounters, Standing};
pub(crate) use record::Script;
pub(crate) use render::Rendered;

use crate::Sandbox;
use crate::world::Reply;

/// The largest request body.
pub(crate) const BODY_LIMIT: usize = 1024 * 1024;

/// The bytes of a reply's body, as the wire has them.
pub(crate) fn rendered_body(reply: &Reply, correlation_id: &str) -> Bytes {
    render::reply(reply, correlation_id, "").body
}

/// A reply as Klarna would send it.
pub(crate) fn rendered_reply(reply: &Reply, correlation_id: &str, public_url: &str) -> Response {
    render::reply(reply, correlation_id, public_url).into_response()
}

/// All routes.
pub(crate) fn router(sandbox: &Arc<Sandbox>) -> Router {
    let klarna = any(call::klarna);
    Router::new()
        .route("/payments/v1/{*rest}", klarna.clone())
        .route("/ordermanagement/v1/{*rest}", klarna.clone())
        .route("/customer-token/v1/{*rest}", klarna.clone())
        .route("/hpp/v1/{*rest}", klarna)
        .route("/sandbox/redirect/{order_id}", get(back_to_shop))
        .nest("/sandbox/v1", control::router())
        .with_state(Arc::clone(sandbox))
        .merge(crate::pages::router(Arc::clone(sandbox)))
        .merge(crate::pages::portal(Arc::clone(sandbox)))
        .layer(from_fn(body_first))
}

/// Takes a body of usual size off the connection before a handler can refuse the request: what stayed unread would
/// close the connection under the caller's next request.
async fn body_first(request: Request, next: Next) -> Response {
    let unannounced = may_bring_an_unannounced_body(&request);
    let mut response = body_taken(request, next).await;
    if unannounced {
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(header::CONNECTION, close);
    }
    response
}

/// A published client sends a body with every GET and no length. Those bytes would be read as the next request of the
/// connection, and its refusal would answer whatever the client sends next: so the connection ends with this answer.
fn may_bring_an_unannounced_body(request: &Request) -> bool {
    let has = |name: HeaderName| request.headers().contains_key(name);
    request.version() <= Version::HTTP_11
        && request.method() == Method::GET
        && has(header::CONTENT_TYPE)
        && !has(header::CONTENT_LENGTH)
        && !has(header::TRANSFER_ENCODING)
}

async fn body_taken(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let usual = body
        .size_hint()
        .exact()
        .is_some_and(|length| length <= BODY_LIMIT as u64);
    if !usual {
        return next.run(Request::from_parts(parts, body)).await;
    }
    match axum::body::to_bytes(body, BODY_LIMIT).await {
        Ok(bytes) => {
            let request = Request::from_parts(parts, Body::from(bytes));
            next.run(request).await
        }
        // The caller is gone in the middle of its sentence.
        Err(_) => StatusCode::BAD_REQUEST.into_response(),
    }
}

/// Where `redirect_url` of a placed order leads: on to the shop's confirmation page.
async fn back_to_shop(
    State(sandbox): State<Arc<Sandbox>>,
    Path(order_id): Path<String>,
) -> Response {
    let target = sandbox.world_of_id(&order_id).await.and_then(|slot| {
        slot.look(&*sandbox.clock, |world, _| {
            world.confirmation_url(&order_id)
        })
    });
    match target {
        Some(url) if url.starts_with("http://") || url.starts_with("https://") => {
            Redirect::to(&url).into_response()
        }
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}
