//! Every request gets a trace id, a log line, metrics, a place in the story of its order, and its limits.
//!
//! Invariant: the trace id in the answer's header, its documents, its errors and the log is the same; a panic
//! below becomes a 500 that names it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use futures_util::FutureExt;
use http::{HeaderMap, HeaderValue, header};
use kassa_environment::Entropy;
use kassa_gateway::{ApiCall, CallSummary, Gateway, GatewayError};
use kassa_storage::{Key, Realm};

use crate::error::{ErrorCode, Refused};
use crate::request::body;
use crate::request::limiter::{Counted, INTERVAL_SECONDS, Standing};
use crate::router::Shared;

/// The request's trace id.
#[derive(Debug, Clone)]
pub(crate) struct TraceId(pub(crate) String);

/// What an answer was about, left on it for the stories of orders.
#[derive(Debug, Clone)]
pub(crate) struct About {
    pub(crate) realm: Realm,
    pub(crate) subjects: Vec<Key>,
}

/// The middleware around every route.
///
/// A write runs to its end on a task of its own: a client that hangs up must not leave half of it undone.
pub(crate) async fn observe(
    State(shared): State<Arc<Shared>>,
    request: Request,
    next: Next,
) -> Response {
    if request.method().is_safe() {
        return observed(shared, request, next).await;
    }
    tokio::spawn(observed(shared, request, next))
        .await
        .unwrap_or_else(|_| {
            let error = GatewayError::Internal("a request's task ended early".to_owned());
            Refused::from(error).into_response("")
        })
}

async fn observed(shared: Arc<Shared>, request: Request, next: Next) -> Response {
    let started = shared.gateway.machine().now_us();
    let trace_id = trace_id(started, shared.gateway.entropy().as_ref());
    let method = request.method().clone();
    let path = shown_path(request.uri().path()).to_owned();
    let address = client_address(&request, shared.options.trust_forwarded);
    let standing = shared
        .limiter
        .count(address, Counted::of(&method, &path), started);
    let held = body::held(request, shared.options.body_limit_bytes).await;
    let mut response = match held {
        Err(refused) => closing(refused.into_response(&trace_id)),
        Ok(_) if standing.exceeded => Refused::RateLimited.into_response(&trace_id),
        Ok(mut request) => {
            request.extensions_mut().insert(TraceId(trace_id.clone()));
            // A panic is a bug of ours; the caller still gets its trace id, and the connection stays usable.
            let guarded = AssertUnwindSafe(next.run(request)).catch_unwind();
            guarded.await.unwrap_or_else(|_| {
                Refused::from(GatewayError::Internal("a handler panicked".to_owned()))
                    .into_response(&trace_id)
            })
        }
    };

    write_headers(response.headers_mut(), &trace_id, standing);
    let duration_us = shared
        .gateway
        .machine()
        .now_us()
        .saturating_sub(started)
        .max(0);
    let status = response.status().as_u16();
    let code = response
        .extensions()
        .get::<ErrorCode>()
        .map(|code| code.0.clone());
    crate::door::metrics::count(&method, &path, status, duration_us);
    tracing::info!(
        trace_id, %method, path, status, code = code.as_deref().unwrap_or(""), duration_us,
        "request answered"
    );
    if let Some(about) = response.extensions_mut().remove::<About>() {
        let summary = CallSummary {
            method: method.to_string(),
            path,
            status,
            code,
            duration_us,
        };
        take_down(&shared.gateway, trace_id, about, summary);
    }
    response
}

/// Leaves the call to the stories of the orders that it was about.
fn take_down(gateway: &Gateway, trace_id: String, about: About, summary: CallSummary) {
    gateway.calls().record(ApiCall {
        trace_id,
        at_us: gateway.now_us(&about.realm),
        realm: about.realm,
        summary,
        subjects: about.subjects,
    });
}

/// Says that the connection ends here, since part of the body may still be on it.
fn closing(mut response: Response) -> Response {
    let close = HeaderValue::from_static("close");
    response.headers_mut().insert(header::CONNECTION, close);
    response
}

/// The path for logs and metrics: Klarna's callback addresses end in a secret, which stays out.
fn shown_path(path: &str) -> &str {
    if !path.starts_with("/klarna/") {
        return path;
    }
    let end = path.match_indices('/').nth(3).map(|(at, _)| at);
    &path[..end.unwrap_or(path.len())]
}

/// 64 hexadecimal digits, the shape of the published samples. The first sixteen tell the machine time, so that ids
/// that are kept arrive at their index in order.
fn trace_id(now_us: i64, entropy: &dyn Entropy) -> String {
    (0..3).fold(format!("{now_us:016x}"), |mut text, _| {
        text.push_str(&format!("{:016x}", entropy.next_u64()));
        text
    })
}

/// The address that limits count: the one that a proxy in the same network names, else the peer's.
fn client_address(request: &Request, trust_forwarded: bool) -> IpAddr {
    let peer = request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .map(|peer| peer.0.ip().to_canonical());
    // A stranger who connects directly could otherwise invent an address per request.
    let near = match peer {
        Some(IpAddr::V4(address)) => address.is_loopback() || address.is_private(),
        Some(IpAddr::V6(address)) => address.is_loopback() || address.is_unique_local(),
        None => true,
    };
    let forwarded = || {
        let value = request.headers().get("x-forwarded-for")?.to_str().ok()?;
        value.split(',').next()?.trim().parse::<IpAddr>().ok()
    };
    (trust_forwarded && near)
        .then(forwarded)
        .flatten()
        .or(peer)
        .unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))
}

fn write_headers(headers: &mut HeaderMap, trace_id: &str, standing: Standing) {
    let mut write = |name: &'static str, value: String| {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    };
    write("x-trace-id", trace_id.to_owned());
    // Published names; they tell the average limit only.
    write("x-ratelimit-limit", standing.limit.to_string());
    write("x-ratelimit-interval", INTERVAL_SECONDS.to_string());
    write("x-ratelimit-remaining", standing.remaining.to_string());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secret_of_a_callback_address_stays_out() {
        let shown = shown_path("/klarna/pushes/aBcDeFgHiJ/org.test~s3cret/order");
        assert_eq!(shown, "/klarna/pushes/aBcDeFgHiJ");
        assert_eq!(shown_path("/klarna/pushes"), "/klarna/pushes");
        assert_eq!(
            shown_path("/api/orders/aBcDeFgHiJ"),
            "/api/orders/aBcDeFgHiJ"
        );
    }
}
