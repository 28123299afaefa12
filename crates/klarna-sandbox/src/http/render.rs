//! Replies as bytes: the header set of recorded answers, the spacing of recorded error bodies.
//!
//! Invariant: every answer of the API carries a correlation id, equal in header and body; the edge's 401 carries none.

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use futures_util::StreamExt as _;
use serde_json::Value;

use crate::Sandbox;
use crate::world::{ErrorBody, Reply, ReplyBody, uuid};

/// An answer on its way out.
#[derive(Debug, Clone)]
pub(crate) struct Rendered {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

const JSON: HeaderValue = HeaderValue::from_static("application/json;charset=utf-8");
const ERROR_JSON: HeaderValue = HeaderValue::from_static("application/json");

const COMMON: [(HeaderName, &str); 7] = [
    (
        header::CACHE_CONTROL,
        "no-cache, no-store, max-age=0, must-revalidate",
    ),
    (header::PRAGMA, "no-cache"),
    (header::EXPIRES, "0"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_XSS_PROTECTION, "1; mode=block"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::VARY, "Accept-Encoding"),
];

/// A reply of the rules as Klarna sends it.
pub(crate) fn reply(reply: &Reply, correlation_id: &str, public_url: &str) -> Rendered {
    let mut headers = HeaderMap::with_capacity(COMMON.len() + 2 + reply.headers.len());
    let body = match &reply.body {
        ReplyBody::Empty => Bytes::new(),
        ReplyBody::Json(value) => {
            headers.insert(header::CONTENT_TYPE, JSON);
            let text = serde_json::to_vec(value);
            Bytes::from(text.expect("a JSON document becomes text"))
        }
        ReplyBody::Error(error) => {
            headers.insert(header::CONTENT_TYPE, ERROR_JSON);
            Bytes::from(error_text(error, correlation_id))
        }
    };
    set(
        &mut headers,
        HeaderName::from_static("klarna-correlation-id"),
        correlation_id,
    );
    for (name, value) in COMMON {
        headers.insert(name, HeaderValue::from_static(value));
    }
    for (name, value) in &reply.headers {
        let value = match name.as_str() {
            "Location" => format!("{public_url}{value}"),
            _ => value.clone(),
        };
        if let Ok(name) = HeaderName::from_bytes(name.as_bytes()) {
            set(&mut headers, name, &value);
        }
    }
    Rendered {
        status: reply.status,
        headers,
        body,
    }
}

/// The answer to missing or wrong credentials.
pub(crate) fn unauthorized(sandbox: &Sandbox) -> Rendered {
    if sandbox.unauthorized_as_json {
        let correlation_id = uuid(&*sandbox.entropy, 4);
        return reply(
            &Reply::errors(401, "UNAUTHORIZED", Vec::new()),
            &correlation_id,
            "",
        );
    }
    unauthorized_page()
}

/// The edge's own page for a 401, as recorded.
fn unauthorized_page() -> Rendered {
    let mut page = edge_page(401);
    set(
        &mut page.headers,
        header::WWW_AUTHENTICATE,
        "Basic realm=\"very closed site\"",
    );
    page
}

/// A page of the edge, in the form of its recorded 401: no JSON, no correlation id.
pub(crate) fn edge_page(status: u16) -> Rendered {
    let reason = match status {
        // The edge's own word, older than the standard's.
        401 => "Authorization Required",
        _ => StatusCode::from_u16(status)
            .ok()
            .and_then(|status| status.canonical_reason())
            .unwrap_or("Error"),
    };
    let title = format!("{status} {reason}");
    let page = format!(
        "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n\
        <hr><center>openresty</center>\r\n</body>\r\n</html>\r\n"
    );
    let mut headers = HeaderMap::new();
    set(&mut headers, header::CONTENT_TYPE, "text/html");
    set(
        &mut headers,
        header::STRICT_TRANSPORT_SECURITY,
        "max-age=31536000; includeSubDomains",
    );
    set(&mut headers, header::SERVER, "openresty");
    Rendered {
        status,
        headers,
        body: Bytes::from(page),
    }
}

/// Klarna pretty-prints errors with a space before the colon; success bodies are compact.
fn error_text(error: &ErrorBody, correlation_id: &str) -> String {
    let messages: Vec<String> = error
        .messages
        .iter()
        .map(|message| quoted(message))
        .collect();
    let messages = if messages.is_empty() {
        "[ ]".to_owned()
    } else {
        format!("[ {} ]", messages.join(", "))
    };
    let mut text = format!(
        "{{\n  \"error_code\" : {},\n  \"error_messages\" : {messages},\n  \"correlation_id\" : {}",
        quoted(&error.code),
        quoted(correlation_id)
    );
    for (name, value) in &error.extra {
        text.push_str(&format!(",\n  {} : {value}", quoted(name)));
    }
    text.push_str("\n}");
    text
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

pub(crate) fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

impl Rendered {
    pub(crate) fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        *response.headers_mut() = self.headers;
        response
    }
}

/// A response whose connection closes before a byte of it arrives.
pub(crate) fn dropped() -> Response {
    let broken = futures_util::stream::once(async {
        Err::<Bytes, std::io::Error>(std::io::Error::other(
            "the connection is dropped by a fault rule",
        ))
    });
    let mut response = Response::new(Body::from_stream(broken));
    // A length that is never served: no client can take what arrives for a whole answer.
    set(response.headers_mut(), header::CONTENT_LENGTH, "1000000");
    response
}

impl Rendered {
    /// What leaves of an answer whose connection closes in the middle of its body; nothing when there is no middle.
    pub(crate) fn half(&self) -> Option<Self> {
        let length = self.body.len();
        (length > 1).then(|| Self {
            body: self.body.slice(..length / 2),
            ..self.clone()
        })
    }
}

/// A response whose connection closes in the middle of its body.
pub(crate) fn truncated(rendered: Rendered) -> Response {
    let length = rendered.body.len();
    let half = rendered.half().map(|half| half.body).unwrap_or_default();
    let head = futures_util::stream::once(async { Ok::<Bytes, std::io::Error>(half) });
    let end = futures_util::stream::once(async {
        // What is there goes onto the wire first.
        tokio::task::yield_now().await;
        Err(std::io::Error::other("the body is cut off by a fault"))
    });
    let mut response = rendered.into_response();
    *response.body_mut() = Body::from_stream(head.chain(end));
    // Also an answer without a body announces one, else there would be nothing to cut off.
    let announced = length.max(2).to_string();
    set(response.headers_mut(), header::CONTENT_LENGTH, &announced);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_body_has_the_recorded_length_and_spacing() {
        let error = Reply::error(
            400,
            "BAD_VALUE",
            "Bad value: purchase_currency, purchase_country",
        );
        let rendered = reply(&error, "0a0a0a0a-1b1b-4c4c-8d8d-2e2e2e2e2e2e", "");
        assert_eq!(rendered.body.len(), 168);
        let body = String::from_utf8(rendered.body.to_vec()).unwrap();
        assert!(
            body.starts_with("{\n  \"error_code\" : \"BAD_VALUE\",\n"),
            "{body}"
        );
    }

    #[test]
    fn the_edge_answers_401_with_176_bytes_of_html_and_no_correlation_id() {
        let rendered = unauthorized_page();
        assert_eq!(rendered.body.len(), 176);
        assert!(!rendered.headers.contains_key("klarna-correlation-id"));
    }
}
