//! A small HTTP client for the story: JSON in, JSON out, against addresses of this machine.
//!
//! Invariant: it sends what any front end would send and knows no shortcut into the servers.

use anyhow::{Context, anyhow};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderValue, Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client as Hyper;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

/// How a request identifies its sender.
#[derive(Debug, Clone)]
pub enum Credentials {
    /// None.
    Open,
    /// A bearer token of the commerce API; also selects its media type.
    Bearer(String),
    /// User name and password of the sandbox's world.
    Basic(String, String),
}

/// One request.
#[derive(Debug)]
pub struct Call<'a> {
    /// The verb.
    pub method: Method,
    /// The whole address.
    pub url: String,
    /// Who asks.
    pub credentials: &'a Credentials,
    /// What is sent, if anything.
    pub body: Option<Value>,
}

/// One answer.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The body; `null` when it is empty or not JSON.
    pub body: Value,
}

/// The client.
#[derive(Debug, Clone)]
pub struct Client {
    hyper: Hyper<HttpConnector, Full<Bytes>>,
}

impl Default for Client {
    fn default() -> Self {
        Self::new()
    }
}

impl Client {
    /// A client without state; clones share their connections.
    #[must_use]
    pub fn new() -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Self {
            hyper: Hyper::builder(TokioExecutor::new()).build(connector),
        }
    }

    /// Sends one request and reads the whole answer.
    ///
    /// # Errors
    /// When no HTTP answer came back.
    pub async fn send(&self, call: Call<'_>) -> anyhow::Result<Answer> {
        let mut request = Request::builder().method(call.method).uri(&call.url);
        match call.credentials {
            Credentials::Open => {
                request = request
                    .header(header::ACCEPT, "application/json")
                    .header(header::CONTENT_TYPE, "application/json");
            }
            Credentials::Bearer(token) => {
                request = request
                    .header(header::ACCEPT, "application/vnd.api+json")
                    .header(header::CONTENT_TYPE, "application/vnd.api+json")
                    .header(header::AUTHORIZATION, secret(&format!("Bearer {token}"))?);
            }
            Credentials::Basic(username, password) => {
                let pair = STANDARD.encode(format!("{username}:{password}"));
                request = request
                    .header(header::CONTENT_TYPE, "application/json")
                    .header(header::AUTHORIZATION, secret(&format!("Basic {pair}"))?);
            }
        }
        let body = call.body.map(|body| body.to_string()).unwrap_or_default();
        let request = request.body(Full::new(Bytes::from(body)))?;
        let answer = self
            .hyper
            .request(request)
            .await
            .with_context(|| format!("no answer from {}", call.url))?;
        let status = answer.status();
        let bytes = answer
            .into_body()
            .collect()
            .await
            .map_err(|error| anyhow!("the answer of {} broke off: {error}", call.url))?
            .to_bytes();
        Ok(Answer {
            status,
            body: serde_json::from_slice(&bytes).unwrap_or(Value::Null),
        })
    }
}

/// A header value that logs do not show.
fn secret(text: &str) -> anyhow::Result<HeaderValue> {
    let mut value = HeaderValue::from_str(text)?;
    value.set_sensitive(true);
    Ok(value)
}
