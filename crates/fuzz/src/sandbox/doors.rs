//! The places of a request in which bytes can stand.
//!
//! Invariant: a line is `METHOD /path`; `{name}` in it stands for something that exists on the stage, `{}` for the bytes.

use axum::body::Body;
use http::{HeaderName, Method, Request};

use super::stage::{FORM, JSON, Stage, parts, with};
use crate::answer::Answer;
use crate::input;

/// The bytes as the body.
pub(super) fn body(line: &str, data: &[u8]) {
    with(async |stage| {
        sent_as_body(stage, line, data).await;
    });
}

/// The bytes as the body, with the answer.
pub(super) async fn sent_as_body(stage: &Stage, line: &str, data: &[u8]) -> Answer {
    let (method, path) = parts(line);
    let request = stage.request(method, &stage.filled(path), JSON);
    let request = request.body(Body::from(data.to_vec()));
    let request = request.expect("a path of the stage is sound");
    stage.send(line, request).await
}

/// The bytes as a form, behind the token that forms of the portal carry.
pub(super) fn form(line: &str, data: &[u8]) {
    with(async |stage| {
        let (method, path) = parts(line);
        let mut fields = Vec::new();
        if path.starts_with("/portal/") {
            fields.extend_from_slice(format!("csrf={}&", stage.name("csrf")).as_bytes());
        }
        fields.extend_from_slice(data);
        let request = stage.request(method, &stage.filled(path), FORM);
        let request = request.body(Body::from(fields));
        let request = request.expect("a path of the stage is sound");
        stage.send(line, request).await;
    });
}

/// The bytes in the path or query string, where `{}` stands.
pub(super) fn target(line: &str, data: &[u8]) {
    with(async |stage| {
        let (method, path) = parts(line);
        let path = stage.filled(path);
        let (before, behind) = path.split_once("{}").unwrap_or((&path, ""));
        let target = [before.as_bytes(), data, behind.as_bytes()].concat();
        if let Some(request) = to(stage, method, &target) {
            stage.send(line, request).await;
        }
    });
}

/// The bytes as a header, beside an empty object as the body.
pub(super) fn header(line: &str, name: &'static str, data: &[u8]) {
    with(async |stage| {
        let Some(request) = with_header(stage, line, name, data) else {
            return;
        };
        stage.send(name, request).await;
    });
}

/// A request with the bytes as a header, which stands in the place of one that the stage would send.
pub(super) fn with_header(
    stage: &Stage,
    line: &str,
    name: &'static str,
    data: &[u8],
) -> Option<Request<Body>> {
    let value = input::header(data)?;
    let (method, path) = parts(line);
    let request = stage.request(method, &stage.filled(path), JSON);
    let mut request = request
        .body(Body::from("{}"))
        .expect("a path of the stage is sound");
    let name = HeaderName::from_static(name);
    request.headers_mut().insert(name, value);
    Some(request)
}

/// A request without a body to a target of any bytes.
pub(super) fn to(stage: &Stage, method: Method, target: &[u8]) -> Option<Request<Body>> {
    let target = input::uri(target)?;
    let mut request = stage
        .request(method, target.path(), JSON)
        .body(Body::empty())
        .ok()?;
    *request.uri_mut() = target;
    Some(request)
}
