//! Asking a router, and what every answer must be like.
//!
//! Invariant: a request is answered below 500, with a body that arrives whole and is the JSON that it says it is.

use std::cell::OnceCell;
use std::future::Future;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, Method, Request, header};
use http_body_util::BodyExt as _;
use kassa_environment::timeout;
use serde_json::Value;
use tower::ServiceExt as _;

use crate::signal;

/// How long an answer may take that no fault holds back.
const PATIENCE: Duration = Duration::from_secs(60);

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// The body, where the content type says JSON.
    pub(crate) json: Option<Value>,
}

/// Runs a future to its end, everything that it spawns included, on this thread.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    thread_local! {
        static RUNTIME: OnceCell<tokio::runtime::Runtime> = const { OnceCell::new() };
    }
    RUNTIME.with(|runtime| {
        let runtime = runtime.get_or_init(|| {
            tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime of one thread can be started")
        });
        runtime.block_on(future)
    })
}

/// Sends a request that must be answered.
pub(crate) async fn ask(router: &Router, request: Request<Body>) -> Answer {
    let line = format!("{} {}", request.method(), request.uri());
    match timeout(PATIENCE, sent(router, request)).await {
        Ok(Some(answer)) => answer,
        Ok(None) => panic!("{line}: the connection was dropped"),
        Err(_) => panic!("{line}: no answer within {PATIENCE:?}"),
    }
}

/// Sends a request that a fault may strike: whether it is answered at all is left open.
pub(crate) async fn ask_under_faults(router: &Router, request: Request<Body>) {
    let patience = Duration::from_millis(5);
    if let Ok(Some(answer)) = timeout(patience, sent(router, request)).await {
        signal::saw((answer.status, answer.body.len().min(64)));
        if answer.status != 400 {
            signal::taken();
        }
    }
}

/// The answer; nothing when its body breaks off.
async fn sent(router: &Router, request: Request<Body>) -> Option<Answer> {
    let only_head = request.method() == Method::HEAD;
    let Ok(response) = router.clone().oneshot(request).await;
    let (parts, body) = response.into_parts();
    let body = body.collect().await.ok()?.to_bytes();
    let says_json = parts
        .headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .is_some_and(|kind| kind.contains("json") && !kind.contains("ndjson"));
    let json = (says_json && !only_head).then(|| match serde_json::from_slice(&body) {
        Ok(json) => json,
        Err(error) => panic!("a body says JSON and is none ({error}): {}", shown(&body)),
    });
    Some(Answer {
        status: parts.status.as_u16(),
        headers: parts.headers,
        body,
        json,
    })
}

impl Answer {
    /// Not a failure of the server; and what the answer tells is noted.
    pub(crate) fn below_500(self, what: &str) -> Self {
        assert!(
            self.status < 500,
            "{what}: status {}: {}",
            self.status,
            shown(&self.body)
        );
        signal::saw((what, self.status));
        match self.status {
            400.. => signal::saw((what, self.status, signal::words(&self.refusal()))),
            _ => signal::taken(),
        }
        self
    }

    /// What a refusal says, without the identifiers of this one answer.
    fn refusal(&self) -> String {
        let Some(body) = &self.json else {
            return shown(&self.body);
        };
        let told = ["error_code", "error_messages", "errors"].map(|name| body[name].clone());
        let mut told = Value::from(told.to_vec());
        let errors = told[2].as_array_mut().into_iter().flatten();
        for error in errors.filter_map(Value::as_object_mut) {
            error.remove("meta");
        }
        told.to_string()
    }

    /// The answer to a step that prepares: it must have this status.
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", shown(&self.body));
        self
    }

    /// The JSON of the body.
    pub(crate) fn document(&self) -> &Value {
        self.json.as_ref().unwrap_or(&Value::Null)
    }

    /// Text in the JSON of the body; empty when there is none.
    pub(crate) fn text(&self, pointer: &str) -> String {
        let found = self.document().pointer(pointer).and_then(Value::as_str);
        found.unwrap_or_default().to_owned()
    }

    /// A header as text; empty when there is none.
    pub(crate) fn header(&self, name: &str) -> String {
        let found = self.headers.get(name).and_then(|value| value.to_str().ok());
        found.unwrap_or_default().to_owned()
    }
}

/// The beginning of a body, for people.
pub(crate) fn shown(body: &[u8]) -> String {
    String::from_utf8_lossy(body).chars().take(500).collect()
}
