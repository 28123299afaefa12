//! The token endpoint, and the keys that verify its tokens.
//!
//! Invariant: a refusal has the API's error shape, and besides it the two members that OAuth clients look for.

mod members;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts};
use kassa_gateway::GatewayError;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::error::{Refused, describe};
use crate::request::body;
use crate::request::origin::{Label, Origin};
use crate::request::trace::TraceId;
use crate::router::Shared;

/// Largest body of a token request, bytes: credentials and an assertion of 4 KiB.
const BODY_LIMIT_BYTES: usize = 16 * 1024;

/// `POST /oauth/token`.
pub(crate) async fn token(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let issued = async {
        let request = read(&parts.headers, body).await?;
        let organization = host_organization(&shared, &parts);
        let issued = shared.gateway.issue(request, organization.as_deref()).await;
        issued.map_err(Refused::from)
    };
    answer(issued.await, &parts)
}

/// `POST /oauth/revoke`.
pub(crate) async fn revoke(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let revoked = async {
        let request = read(&parts.headers, body).await?;
        let revoked = shared.gateway.revoke(request).await;
        revoked.map(|()| json!({})).map_err(Refused::from)
    };
    answer(revoked.await, &parts)
}

/// `GET /.well-known/jwks.json`.
pub(crate) async fn jwks(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let keys = shared.gateway.jwks().await.map_err(Refused::from);
    answer(keys, &parts)
}

/// The organization that the request's host names.
pub(super) fn host_organization(shared: &Shared, parts: &Parts) -> Option<String> {
    let origin = Origin::of(&parts.headers, &parts.uri, shared.options.trust_forwarded);
    match origin.label(&shared.gateway.settings().domain) {
        Label::Organization(slug) => Some(slug),
        Label::Auth | Label::Bare => None,
    }
}

async fn read<T: DeserializeOwned>(headers: &HeaderMap, body: Body) -> Result<T, Refused> {
    let bytes = body::read(body, BODY_LIMIT_BYTES).await?;
    let members = members::members(headers, &bytes)?;
    serde_json::from_value(Value::Object(members))
        .map_err(|error| Refused::from(GatewayError::Internal(error.to_string())))
}

fn answer<T: Serialize>(result: Result<T, Refused>, parts: &Parts) -> Response {
    let trace_id = parts
        .extensions
        .get::<TraceId>()
        .map_or_else(String::new, |trace| trace.0.clone());
    match result {
        Ok(value) => json_response(StatusCode::OK, &value),
        Err(Refused::Gateway(error @ GatewayError::OAuth { .. })) => {
            let mut response = refusal(error, &trace_id);
            let by_header = parts.headers.contains_key(header::AUTHORIZATION);
            if by_header && response.status() == StatusCode::UNAUTHORIZED {
                // RFC 6749, 5.2: who tried by header is told which header would do.
                let basic = HeaderValue::from_static("Basic realm=\"token\", charset=\"UTF-8\"");
                response
                    .headers_mut()
                    .insert(header::WWW_AUTHENTICATE, basic);
            }
            response
        }
        Err(refused) => refused.into_response(&trace_id),
    }
}

/// The published shape, whose `status` is a number here, with `error` and `error_description` of RFC 6749.
fn refusal(error: GatewayError, trace_id: &str) -> Response {
    let errors = describe(error);
    let Some(error) = errors.first() else {
        return Response::new(Body::empty());
    };
    let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::BAD_REQUEST);
    let mut response = json_response(
        status,
        &json!({
            "errors": [{
                "title": error.title,
                "detail": error.detail,
                "code": error.code,
                "status": error.status,
                "meta": {"error": error.code, "trace_id": trace_id},
            }],
            "error": error.code,
            "error_description": error.detail,
        }),
    );
    response
        .extensions_mut()
        .insert(crate::error::ErrorCode(error.code.clone()));
    response
}

fn json_response(status: StatusCode, value: &impl Serialize) -> Response {
    let body = serde_json::to_vec(value).unwrap_or_default();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    // Tokens must not lie in caches (RFC 6749, 5.1).
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
