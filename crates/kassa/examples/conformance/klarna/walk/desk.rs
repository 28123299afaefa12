//! A merchant's desk at the sandbox: calls that are judged, and the control calls that are not.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::super::coverage::Coverage;
use super::super::document::Operation;
use super::super::sandbox::{Exchange, Request, Sandbox};
use super::situations::Subject;

pub struct Desk<'a> {
    sandbox: &'a Sandbox,
    coverage: &'a Coverage,
    authorization: String,
}

impl<'a> Desk<'a> {
    pub fn new(sandbox: &'a Sandbox, coverage: &'a Coverage) -> Self {
        Self {
            sandbox,
            coverage,
            authorization: Sandbox::authorization(),
        }
    }

    /// Where the sandbox is.
    pub fn url(&self) -> String {
        self.sandbox.url()
    }

    /// One call, judged. What was created is looked at where the answer says it is.
    pub fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Exchange> {
        let body = body.map(Value::to_string).unwrap_or_default();
        let exchange = self.send(&Request {
            method,
            path,
            authorization: &self.authorization,
            key: None,
            body: body.as_bytes(),
        })?;
        if let Some(location) = exchange
            .header("location")
            .filter(|_| exchange.status == 201)
        {
            let path = location
                .strip_prefix(&self.url())
                .unwrap_or(location)
                .to_owned();
            let found = self.call("GET", &path, None)?;
            ensure!(
                found.status == 200,
                "Location leads to {} {}",
                found.status,
                found.body
            );
        }
        Ok(exchange)
    }

    /// One request as it is, judged.
    pub fn send(&self, request: &Request<'_>) -> Result<Exchange> {
        let exchange = self.sandbox.exchange(request)?;
        self.coverage.take(request.method, request.path, &exchange);
        Ok(exchange)
    }

    /// A published operation on a subject.
    pub fn operate(
        &self,
        operation: &Operation,
        subject: &Subject,
        body: Option<&Value>,
    ) -> Result<Exchange> {
        self.call(
            &operation.method,
            &super::path_for(operation, subject),
            body,
        )
    }

    /// A judged call that must succeed for the walk to go on.
    pub fn done(&self, method: &str, path: &str, body: &Value) -> Result<Exchange> {
        let body = (!body.is_null()).then_some(body);
        let exchange = self.call(method, path, body)?;
        let Exchange { status, body, .. } = &exchange;
        ensure!(
            (200..300).contains(status),
            "{method} {path}: {status} {body}"
        );
        Ok(exchange)
    }

    /// A call to the control API.
    pub fn control(&self, method: &str, path: &str, body: &Value) -> Result<Value> {
        let sent = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let path = format!("/sandbox/v1{path}");
        let exchange = self.sandbox.exchange(&Request {
            method,
            path: &path,
            authorization: &self.authorization,
            key: None,
            body: sent.as_bytes(),
        })?;
        let Exchange {
            status,
            body: answer,
            ..
        } = &exchange;
        ensure!(
            (200..300).contains(status),
            "{method} {path} {sent}: {status} {answer}"
        );
        Ok(exchange.json())
    }

    /// Does something while settings are otherwise, and puts them back.
    pub fn with_settings<T>(&self, changed: &Value, act: impl FnOnce() -> Result<T>) -> Result<T> {
        if changed.as_object().is_some_and(serde_json::Map::is_empty) {
            return act();
        }
        let before = self.control("GET", "/settings", &Value::Null)?;
        self.control("PATCH", "/settings", changed)?;
        let outcome = act();
        self.control("PATCH", "/settings", &before)?;
        outcome
    }

    pub fn wait_seconds(&self, seconds: i64) -> Result<()> {
        self.control("POST", "/clock/advance", &json!({"seconds": seconds}))
            .map(|_| ())
    }

    /// A session for this cart.
    pub fn session(&self, cart: &Value) -> Result<String> {
        self.done("POST", "/payments/v1/sessions", cart)?
            .member("session_id")
    }

    /// What the shopper's visit ends with.
    pub fn shopper(&self, session: &str, visit: &Value) -> Result<Value> {
        self.control("POST", &format!("/sessions/{session}/shopper"), visit)
    }

    /// The token of an approval.
    pub fn approve(&self, session: &str, visit: &Value) -> Result<String> {
        self.shopper(session, visit)?["authorization_token"]
            .as_str()
            .map(str::to_owned)
            .context("the approval gave no token")
    }
}
