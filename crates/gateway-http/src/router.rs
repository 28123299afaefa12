//! All routes, and what surrounds them.
//!
//! Invariant: cross-origin headers are outermost, so that a browser can read every refusal; the trace is next, so
//! that everything below has an id.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use axum::routing::{any, get, post};
use http::{HeaderName, Method, header};
use kassa_gateway::{Gateway, GatewayError};
use tower_http::cors::{Any, CorsLayer};

use crate::error::Refused;
use crate::options::HttpOptions;
use crate::request::limiter::Limiter;
use crate::request::trace::{TraceId, observe};
use crate::{api, door};

/// How long a browser may remember a preflight answer, seconds. Chromium keeps two hours at most.
const PREFLIGHT_SECONDS: u64 = 7_200;

/// What every handler reaches.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) options: HttpOptions,
    pub(crate) limiter: Limiter,
    pub(crate) metrics: door::metrics::Metrics,
}

/// The gateway's whole HTTP surface: the commerce API, the token endpoint, Klarna's callbacks and the service
/// routes.
pub fn router(gateway: Arc<Gateway>, options: HttpOptions) -> Router {
    let shared = Arc::new(Shared {
        limiter: Limiter::new(options.rate_limits),
        metrics: door::metrics::Metrics::start(),
        gateway,
        options,
    });
    Router::new()
        .route("/api", any(api::answer))
        .route("/api/", any(api::answer))
        .route("/api/{*path}", any(api::answer))
        .route(
            "/oauth/token",
            post(door::oauth::token).fallback(not_offered),
        )
        .route(
            "/oauth/revoke",
            post(door::oauth::revoke).fallback(not_offered),
        )
        .route(
            "/oauth/authorize",
            get(door::consent::ask).post(door::consent::decide),
        )
        .route("/.well-known/jwks.json", get(door::oauth::jwks))
        .route(
            "/kassa/v1/clock/advance",
            post(door::clock::advance).fallback(not_offered),
        )
        .route(
            "/kassa/v1/reconcile",
            post(door::reconcile::reconcile).fallback(not_offered),
        )
        .route(
            "/klarna/authorizations/{source}/{ticket}",
            post(door::klarna::authorization),
        )
        .route(
            "/klarna/notifications/{source}/{ticket}",
            post(door::klarna::notification),
        )
        .route(
            "/klarna/pushes/{source}/{ticket}/{order}",
            post(door::klarna::push),
        )
        .route("/livez", get(door::health::livez))
        .route("/readyz", get(door::health::readyz))
        .route("/metrics", get(door::metrics::render))
        .route("/openapi.json", get(door::openapi::document))
        .route("/resources.json", get(door::resources::facts))
        .route("/resources.d.ts", get(door::resources::typings))
        .fallback(unknown)
        .layer(from_fn_with_state(shared.clone(), observe))
        .layer(cors())
        .with_state(shared)
}

fn cors() -> CorsLayer {
    let exposed = [
        "x-ratelimit-limit",
        "x-ratelimit-interval",
        "x-ratelimit-remaining",
        "x-trace-id",
    ];
    CorsLayer::new()
        .allow_origin(Any)
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE, header::ACCEPT])
        .allow_methods([
            Method::GET,
            Method::HEAD,
            Method::POST,
            Method::PATCH,
            Method::DELETE,
            Method::OPTIONS,
        ])
        .expose_headers(exposed.map(HeaderName::from_static))
        .max_age(Duration::from_secs(PREFLIGHT_SECONDS))
}

/// A path that nobody serves, in this router or in one merged with it.
async fn unknown(request: Request) -> Response {
    let trace_id = request
        .extensions()
        .get::<TraceId>()
        .map_or_else(String::new, |trace| trace.0.clone());
    let error = GatewayError::NoResource(request.uri().path().to_owned());
    Refused::from(error).into_response(&trace_id)
}

async fn not_offered(State(_): State<Arc<Shared>>, request: Request) -> Response {
    let trace_id = request
        .extensions()
        .get::<TraceId>()
        .map_or_else(String::new, |trace| trace.0.clone());
    Refused::MethodNotAllowed(vec!["POST"]).into_response(&trace_id)
}
