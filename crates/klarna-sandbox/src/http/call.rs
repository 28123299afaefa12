//! One request to Klarna's API, from bytes to bytes.
//!
//! Invariant: once a request is read, its effect happens whether or not the caller waits for the answer; a closed
//! connection is no undo. Faults surround the effect and never enter it.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::response::Response;
use jiff::Timestamp;
use serde_json::Value;

use super::rate::{Category, Standing};
use super::render::{self, Rendered};
use super::route::{self, NoRoute, Route};
use super::{BODY_LIMIT, auth};
use crate::Sandbox;
use crate::fault::FaultKind;
use crate::request_log::Logged;
use crate::slot::SharedSlot;
use crate::world::{Command, Reply, bad_request, uuid};

/// A request after the edge let it in.
struct Call {
    sandbox: Arc<Sandbox>,
    slot: SharedSlot,
    method: Method,
    path: String,
    key: Option<String>,
    body: Bytes,
    correlation_id: String,
    began: Timestamp,
}

/// Any request under Klarna's paths.
pub(super) async fn klarna(State(sandbox): State<Arc<Sandbox>>, request: Request) -> Response {
    let slot = auth::world(&sandbox, request.headers());
    let began = sandbox.clock.now();
    let (parts, body) = request.into_parts();
    let announced = text_of(&parts.headers, header::CONTENT_LENGTH.as_str())
        .and_then(|length| length.parse::<usize>().ok())
        .unwrap_or(0);
    // Read before anything is refused: a body left on the connection would end it under the next request.
    let body = match announced {
        0..=BODY_LIMIT => axum::body::to_bytes(body, BODY_LIMIT).await.ok(),
        _ => None,
    };
    let Some(slot) = slot else {
        return render::unauthorized(&sandbox).into_response();
    };
    let call = Call {
        correlation_id: uuid(&*sandbox.entropy, 4),
        began,
        key: text_of(&parts.headers, "klarna-idempotency-key"),
        method: parts.method,
        path: parts.uri.path().to_owned(),
        body: Bytes::new(),
        sandbox,
        slot,
    };
    let Some(body) = body else {
        return call.refuse(
            "too_large",
            &Reply::error(413, "REQUEST_TOO_LARGE", "Request is too large"),
        );
    };
    let call = Call { body, ..call };
    // The caller's connection owns this future, the effect must not end with it.
    match tokio::spawn(call.answer()).await {
        Ok(response) => response,
        Err(_) => render::dropped(),
    }
}

impl Call {
    async fn answer(self) -> Response {
        let route = match route::find(&self.method, &self.path) {
            Ok(route) => route,
            Err(NoRoute::Path) => {
                return self.refuse("unknown", &Reply::errors(404, "NOT_FOUND", Vec::new()));
            }
            Err(NoRoute::Method) => {
                return self.refuse(
                    "unknown",
                    &Reply::errors(405, "METHOD_NOT_ALLOWED", Vec::new()),
                );
            }
        };
        let standing = self.standing(&route);
        if standing.is_some_and(|standing| !standing.allowed) {
            let reply = Reply::error(429, "TOO_MANY_REQUESTS", "Too many requests");
            let mut rendered = self.rendered(&reply);
            if let Some(standing) = standing {
                standing.write(&mut rendered.headers);
            }
            self.log("unknown", Some(&rendered), None);
            return rendered.into_response();
        }
        match self.command(route) {
            Ok(command) => self.perform(command, standing).await,
            Err(operation) => self.refuse(operation, &bad_request()),
        }
    }

    /// The command of a route. A body that is no JSON is refused before anything else is looked at.
    fn command(&self, route: Route) -> Result<Command, &'static str> {
        let body = if route.takes_body() {
            serde_json::from_slice(&self.body)
        } else {
            Ok(Value::Null)
        };
        let sound = body.is_ok();
        let command = route.command(
            body.unwrap_or_default(),
            self.key.clone(),
            self.sandbox.public_url(),
        );
        if sound {
            Ok(command)
        } else {
            Err(command.operation())
        }
    }

    /// The effect, with the fault around it that a rule asks for.
    async fn perform(self, command: Command, standing: Option<Standing>) -> Response {
        let operation = command.operation();
        let hit = self.slot.faults.hit(operation);
        let fault = hit.as_ref().map(|hit| hit.kind);
        let injected = hit.as_ref().map_or(500, |hit| hit.status);
        let mut hold = hit;
        match fault {
            Some(FaultKind::HoldBefore) => {
                if let Some(hit) = hold.take() {
                    hit.hold().await;
                }
            }
            Some(FaultKind::DropBefore) => {
                self.log(operation, None, fault);
                return render::dropped();
            }
            Some(FaultKind::StatusBefore) => {
                let rendered = self.rendered(&failure(injected));
                self.log(operation, Some(&rendered), fault);
                return rendered.into_response();
            }
            _ => {}
        }
        let reply = match self.sandbox.execute(&self.slot, command).await {
            Ok(reply) => reply,
            Err(error) => {
                tracing::error!(%error, operation, "the journal did not take a command");
                failure(500)
            }
        };
        let mut rendered = match fault {
            Some(FaultKind::StatusAfter) => self.rendered(&failure(injected)),
            _ => self.rendered(&reply),
        };
        if let Some(standing) = standing {
            standing.write(&mut rendered.headers);
        }
        if fault == Some(FaultKind::DropAfter) {
            self.log(operation, None, fault);
            return render::dropped();
        }
        self.log(operation, Some(&rendered), fault);
        if let Some(hit) = hold
            && hit.kind == FaultKind::HoldAfter
        {
            hit.hold().await;
        }
        rendered.into_response()
    }

    fn standing(&self, route: &Route) -> Option<Standing> {
        let counted = self.slot.look(&*self.sandbox.clock, |world, _| {
            world.settings().rate_limits
        });
        counted.then(|| {
            let mut rates = self
                .slot
                .rates
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner);
            rates.count(Category::of(route), self.began)
        })
    }

    fn rendered(&self, reply: &Reply) -> Rendered {
        render::reply(reply, &self.correlation_id, &self.sandbox.public_url())
    }

    fn refuse(&self, operation: &'static str, reply: &Reply) -> Response {
        let rendered = self.rendered(reply);
        self.log(operation, Some(&rendered), None);
        rendered.into_response()
    }

    fn log(&self, operation: &'static str, answer: Option<&Rendered>, fault: Option<FaultKind>) {
        let took = self.sandbox.clock.now().duration_since(self.began);
        let entry = Logged {
            at: self.slot.look(&*self.sandbox.clock, |_, now| now),
            method: self.method.to_string(),
            path: self.path.clone(),
            operation,
            status: answer.map(|answer| answer.status),
            correlation_id: self.correlation_id.clone(),
            idempotency_key: self.key.clone(),
            fault: fault.map(FaultKind::name),
            request: self.body.clone(),
            response: answer.map(|answer| answer.body.clone()).unwrap_or_default(),
            duration_us: i64::try_from(took.as_micros()).unwrap_or(i64::MAX),
        };
        let mut log = self
            .slot
            .log
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        log.add(entry);
    }
}

/// The documented errors of a server that is in trouble.
fn failure(status: u16) -> Reply {
    match status {
        502..=504 => Reply::error(status, "TEMPORARILY_UNAVAILABLE", "Temporarily unavailable"),
        429 => Reply::error(status, "TOO_MANY_REQUESTS", "Too many requests"),
        _ => Reply::error(status, "INTERNAL_SERVER_ERROR", "Internal error"),
    }
}

fn text_of(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = headers.get(name)?.to_str().ok()?;
    (!value.is_empty()).then(|| value.to_owned())
}
