//! The requests of a story: sent, told on a line each, and held to success; and how to read their answers.
//!
//! Invariant: what is not answered with success ends the story with the whole answer.

use std::sync::Arc;

use anyhow::{Context, anyhow, bail};
use http::{Method, StatusCode};
use kassa_environment::{Clock, SystemClock};
use serde_json::{Value, json};

use super::client::{Answer, Call, Client, Credentials};
use super::ready::Ready;

/// Somebody at the public doors of gateway and sandbox.
#[derive(Debug, Clone)]
pub(super) struct Talk {
    ready: Arc<Ready>,
    narrate: bool,
    client: Client,
    bearer: Credentials,
}

impl Talk {
    /// Nobody has logged in yet; `narrate` prints each step.
    pub(super) fn new(ready: Arc<Ready>, client: Client, narrate: bool) -> Self {
        Self {
            ready,
            narrate,
            client,
            bearer: Credentials::Open,
        }
    }

    /// Where the doors are and what opens them.
    pub(super) fn ready(&self) -> &Ready {
        &self.ready
    }

    /// The servers have other addresses now.
    pub(super) fn moved(&mut self, ready: Arc<Ready>) {
        self.ready = ready;
    }

    /// Carries this token from now on.
    pub(super) fn log_in(&mut self, token: String) {
        self.bearer = Credentials::Bearer(token);
    }

    /// One request to the gateway as whoever logged in last; `null` sends no body.
    pub(super) async fn api(
        &self,
        name: &str,
        method: Method,
        path: &str,
        body: Value,
    ) -> anyhow::Result<Answer> {
        let call = Call {
            method,
            url: format!("{}{path}", self.ready.gateway_url),
            credentials: &self.bearer,
            body: (!body.is_null()).then_some(body),
        };
        self.step(name, path, call).await
    }

    /// One POST to the gateway without credentials.
    pub(super) async fn open(&self, name: &str, path: &str, body: Value) -> anyhow::Result<Answer> {
        let call = Call {
            method: Method::POST,
            url: format!("{}{path}", self.ready.gateway_url),
            credentials: &Credentials::Open,
            body: Some(body),
        };
        self.step(name, path, call).await
    }

    /// One POST to the sandbox as the owner of its world.
    pub(super) async fn sandbox(
        &self,
        name: &str,
        path: &str,
        body: Value,
    ) -> anyhow::Result<Answer> {
        let klarna = &self.ready.klarna;
        let credentials = Credentials::Basic(klarna.username.clone(), klarna.password.clone());
        let call = Call {
            method: Method::POST,
            url: format!("{}{path}", self.ready.sandbox_url),
            credentials: &credentials,
            body: Some(body),
        };
        self.step(name, path, call).await
    }

    /// Sends one request, prints its line, and fails with the answer unless the status is a success.
    async fn step(&self, name: &str, path: &str, call: Call<'_>) -> anyhow::Result<Answer> {
        let method = call.method.clone();
        let started = SystemClock.now();
        let answer = self
            .client
            .send(call)
            .await
            .with_context(|| format!("step \"{name}\" failed"))?;
        let took = SystemClock.now().duration_since(started);
        if self.narrate {
            println!(
                "{name:<24} {:<6} {:<58} {} {:>6.1} ms",
                method.as_str(),
                shortened(path),
                answer.status.as_u16(),
                took.as_secs_f64() * 1000.0,
            );
        }
        let fine = [StatusCode::OK, StatusCode::CREATED, StatusCode::NO_CONTENT];
        if !fine.contains(&answer.status) {
            bail!(
                "step \"{name}\" failed: {method} {path} answered {}: {}",
                answer.status,
                serde_json::to_string_pretty(&answer.body)?
            );
        }
        Ok(answer)
    }
}

/// A JSON:API request document.
pub(super) fn document(
    kind: &str,
    id: Option<&str>,
    attributes: Value,
    relationships: Value,
) -> Value {
    let mut data = json!({"type": kind, "attributes": attributes, "relationships": relationships});
    if let Some(id) = id {
        data["id"] = json!(id);
    }
    json!({"data": data})
}

/// A to-one relationship.
pub(super) fn one(kind: &str, id: &str) -> Value {
    json!({"data": {"type": kind, "id": id}})
}

/// The included resources of a type.
pub(super) fn included<'b>(body: &'b Value, kind: &str) -> Vec<&'b Value> {
    body.get("included")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter(|resource| resource["type"] == kind)
        .collect()
}

/// The text at a JSON pointer.
pub(super) fn text(body: &Value, pointer: &str) -> anyhow::Result<String> {
    body.pointer(pointer)
        .and_then(Value::as_str)
        .map(str::to_owned)
        .ok_or_else(|| anyhow!("the answer has no text at {pointer}: {body}"))
}

/// Fails unless the text at a JSON pointer is `wanted`.
pub(super) fn expect(body: &Value, pointer: &str, wanted: &str) -> anyhow::Result<()> {
    let found = text(body, pointer)?;
    if found != wanted {
        bail!("expected {wanted} at {pointer}, found {found}");
    }
    Ok(())
}

/// The path without its query, which would not fit on a line.
fn shortened(path: &str) -> &str {
    path.split('?').next().unwrap_or(path)
}
