//! `/metrics`: requests by method, route and status, in Prometheus' text form.
//!
//! Invariant: label values come from closed sets, so no client can grow the memory of the recorder.

use std::sync::{Arc, OnceLock};

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{Method, header};
use kassa_gateway::shop::resources::registry;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use crate::router::Shared;

/// Upper bounds of the duration histogram, seconds.
const BUCKETS: [f64; 9] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 15.0];

/// One recorder serves the whole process, whoever starts it first.
static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

/// The handle that renders what was recorded.
#[derive(Debug, Clone)]
pub(crate) struct Metrics(Option<PrometheusHandle>);

impl Metrics {
    /// Starts recording, once per process.
    pub(crate) fn start() -> Self {
        let install = || {
            PrometheusBuilder::new()
                .set_buckets(&BUCKETS)
                .ok()?
                .install_recorder()
                .ok()
        };
        Self(RECORDER.get_or_init(install).clone())
    }
}

/// Counts one answered request.
pub(crate) fn count(method: &Method, path: &str, status: u16, duration_us: i64) {
    let method = known_method(method);
    let route = route(path);
    let status = status.to_string();
    metrics::counter!("kassa_http_requests_total", "method" => method, "route" => route, "status" => status)
        .increment(1);
    // Observed for people; no money and no decision depends on it.
    let seconds = std::time::Duration::from_micros(duration_us.unsigned_abs());
    metrics::histogram!("kassa_http_request_seconds", "method" => method, "route" => route)
        .record(seconds);
}

fn known_method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        _ => "other",
    }
}

fn route(path: &str) -> &'static str {
    if let Some(rest) = path.strip_prefix("/api/") {
        let kind = rest.split('/').next().unwrap_or_default();
        let known = registry().0.iter().find_map(|descriptor| {
            let name = if descriptor.singleton {
                descriptor.singular
            } else {
                descriptor.kind
            };
            (name == kind).then_some(name)
        });
        return known.unwrap_or("unknown");
    }
    match path {
        "/oauth/token" => "oauth_token",
        "/oauth/revoke" => "oauth_revoke",
        _ if path.starts_with("/klarna/") => "klarna",
        _ => "service",
    }
}

/// `GET /metrics`.
pub(crate) async fn render(State(shared): State<Arc<Shared>>) -> Response {
    let text = shared
        .metrics
        .0
        .as_ref()
        .map_or_else(String::new, |handle| {
            handle.run_upkeep();
            handle.render()
        });
    (
        [(
            header::CONTENT_TYPE,
            "text/plain; version=0.0.4; charset=utf-8",
        )],
        text,
    )
        .into_response()
}
