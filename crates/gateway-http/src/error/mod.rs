//! Refusals and failures as error documents.
//!
//! Invariant: [`describe`] is the one match from [`GatewayError`] to status and error object, without a wildcard
//! arm; 5xx bodies carry the trace id and nothing else of what went wrong.

mod codes;

use axum::response::Response;
use http::{HeaderValue, StatusCode, header};
use kassa_gateway::shop::resources::published::PUBLISHED;
use kassa_gateway::shop::resources::registry;
use kassa_gateway::{Field, GatewayError, Violation};
use kassa_jsonapi::{ErrorDocument, ErrorObject, Fault, Source};
use serde_json::{Map, Value};

pub use codes::{CODES, Code};

use crate::request::media::JSON_API;

/// Why a request gets no answer of its own.
#[derive(Debug)]
pub(crate) enum Refused {
    /// What the use case says.
    Gateway(GatewayError),
    /// A fault in the document or query string.
    Fault(Fault),
    /// `Accept` excludes JSON:API.
    NotAcceptable,
    /// The body is in another media type (or in none).
    UnsupportedMediaType(Option<String>),
    /// The verb is not offered here; these are.
    MethodNotAllowed(Vec<&'static str>),
    /// The body is larger than this many bytes.
    TooLarge(usize),
    /// The body ended early.
    BrokenBody,
    /// Too many requests from this address.
    RateLimited,
}

impl From<GatewayError> for Refused {
    fn from(error: GatewayError) -> Self {
        Self::Gateway(error)
    }
}

impl From<Fault> for Refused {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// The code of the first error, left on the answer for logs.
#[derive(Debug, Clone)]
pub(crate) struct ErrorCode(pub(crate) String);

impl Refused {
    /// The answer.
    pub(crate) fn into_response(self, trace_id: &str) -> Response {
        if let Self::Gateway(error @ (GatewayError::Internal(_) | GatewayError::Unavailable(_))) =
            &self
        {
            tracing::error!(trace_id, %error, "request failed");
        }
        let allow = match &self {
            Self::MethodNotAllowed(allowed) => Some(allowed.join(", ")),
            _ => None,
        };
        let mut errors = objects(self);
        for error in &mut errors {
            error.meta.insert("trace_id".to_owned(), trace_id.into());
        }
        let mut response = error_response(errors);
        if let Some(allow) = allow.and_then(|allow| HeaderValue::from_str(&allow).ok()) {
            response.headers_mut().insert(header::ALLOW, allow);
        }
        response
    }
}

/// An error document as an answer; its status is that of the first error.
pub(crate) fn error_response(errors: Vec<ErrorObject>) -> Response {
    let status = errors
        .first()
        .and_then(|error| StatusCode::from_u16(error.status).ok())
        .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let code = ErrorCode(
        errors
            .first()
            .map(|error| error.code.clone())
            .unwrap_or_default(),
    );
    let body = serde_json::to_vec(&ErrorDocument { errors }).unwrap_or_default();
    let mut response = Response::new(axum::body::Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(JSON_API));
    match status {
        StatusCode::UNAUTHORIZED => {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        StatusCode::SERVICE_UNAVAILABLE => {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        _ => {}
    }
    response.extensions_mut().insert(code);
    response
}

fn objects(refused: Refused) -> Vec<ErrorObject> {
    match refused {
        Refused::Gateway(error) => describe(error),
        Refused::Fault(fault) => vec![ErrorObject {
            source: fault.source,
            ..object(fault.code, fault.detail)
        }],
        Refused::NotAcceptable => vec![object(
            "NOT_ACCEPTABLE",
            format!("the API answers {JSON_API} only; accept it or */*"),
        )],
        Refused::UnsupportedMediaType(sent) => vec![object(
            "UNSUPPORTED_MEDIA_TYPE",
            match sent {
                Some(sent) if !sent.is_empty() => {
                    format!("the body is {sent}; send {JSON_API} and say so in Content-Type")
                }
                _ => format!("the body has no Content-Type; send {JSON_API} and say so"),
            },
        )],
        Refused::MethodNotAllowed(allowed) => vec![object(
            "METHOD_NOT_ALLOWED",
            format!("this resource offers {}", allowed.join(", ")),
        )],
        Refused::TooLarge(limit) => vec![object(
            "PAYLOAD_TOO_LARGE",
            format!("the body is larger than {limit} bytes"),
        )],
        Refused::BrokenBody => vec![ErrorObject {
            source: Some(Source::Pointer(String::new())),
            ..object(
                "INVALID_DATA_FORMAT",
                "the body ended before it was whole".to_owned(),
            )
        }],
        Refused::RateLimited => vec![object(
            "TOO_MANY_REQUESTS",
            "too many requests from this address within a minute, or to this endpoint within ten seconds; wait and try again".to_owned(),
        )],
    }
}

/// Status and error objects of what a use case answers other than success.
pub(crate) fn describe(error: GatewayError) -> Vec<ErrorObject> {
    match error {
        GatewayError::Invalid(violations) => violations.into_iter().map(violation).collect(),
        GatewayError::Malformed {
            code,
            detail,
            parameter,
            pointer,
        } => vec![ErrorObject {
            source: pointer
                .map(Source::Pointer)
                .or(parameter.map(Source::Parameter)),
            ..object(code, detail)
        }],
        GatewayError::NotFound { kind, id } => vec![object(
            "RECORD_NOT_FOUND",
            format!("there is no {kind} with the id {id}"),
        )],
        GatewayError::NoResource(name) => vec![object("INVALID_RESOURCE", no_resource(&name))],
        GatewayError::NotOffered { kind, verb } => vec![object(
            "METHOD_NOT_ALLOWED",
            format!("{verb} is not offered on {kind}"),
        )],
        GatewayError::Denied(reason) => vec![object("UNAUTHORIZED", reason)],
        GatewayError::InvalidToken(reason) => vec![object(
            "INVALID_TOKEN",
            format!("the access token is missing, malformed, expired or revoked: {reason}"),
        )],
        GatewayError::Locked(reason) => vec![object("LOCKED", reason)],
        GatewayError::TooBroad(reason) => vec![object("FILTER_NOT_ALLOWED", reason)],
        GatewayError::OAuth { code, detail } => vec![object(code, detail)],
        GatewayError::Unavailable(_) => vec![object(
            "SERVICE_UNAVAILABLE",
            "nothing was changed; try again in a moment".to_owned(),
        )],
        GatewayError::Internal(_) => vec![object(
            "INTERNAL_SERVER_ERROR",
            "something went wrong on the server; the trace id names this request in its log"
                .to_owned(),
        )],
    }
}

/// Why a path leads nowhere: a published type that is not served is another thing than a wrong name.
fn no_resource(name: &str) -> String {
    if PUBLISHED.contains(&name) {
        return format!(
            "{name} is a type of the commerce API that is not served here; the {} types that are stand in /openapi.json",
            registry().0.len()
        );
    }
    format!("there is no resource {name} in this API")
}

fn violation(violation: Violation) -> ErrorObject {
    let Violation {
        field,
        error,
        message,
        value,
        meta: facts,
    } = violation;
    let (detail, pointer) = match field {
        Field::Attribute(name) => (
            format!("{name} - {message}"),
            format!("/data/attributes/{name}"),
        ),
        Field::Relationship(name) => (
            format!("{name} - {message}"),
            format!("/data/relationships/{name}"),
        ),
        Field::Base => (message.clone(), "/data".to_owned()),
    };
    let mut meta = Map::new();
    meta.insert("error".to_owned(), Value::String(error));
    if let Some(value) = value {
        meta.insert("value".to_owned(), value);
    }
    meta.extend(facts);
    ErrorObject {
        title: message,
        source: Some(Source::Pointer(pointer)),
        meta,
        ..object("VALIDATION_ERROR", detail)
    }
}

/// An error object with the status and title that belong to its code.
fn object(code: &str, detail: String) -> ErrorObject {
    let (status, title) = CODES
        .iter()
        .find(|known| known.code == code)
        .map_or((400, "Bad request"), |known| (known.status, known.title));
    ErrorObject {
        title: title.to_owned(),
        detail,
        code: code.to_owned(),
        status,
        source: None,
        meta: Map::new(),
    }
}

#[cfg(test)]
mod tests;
