//! What a page is asked: by whom, with which query, with which form; and running commands for it.
//!
//! Invariant: a handler that changes something takes [`Sent`], which exists only for a form of our own page with its
//! visitor's token. What a form does is in the request log like a call of the API.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use axum::Form;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::StatusCode;
use http::request::Parts;
use jiff::Timestamp;
use serde_json::Value;

use super::door::{self, Door, Visitor};
use super::page::{Frame, Page};
use super::{Portal, show};
use crate::SandboxError;
use crate::fault::{HeaderFaults, VISIT};
use crate::http::rendered_body;
use crate::request_log::Logged;
use crate::world::{Action, Command, Reply, Visit, uuid};

impl<S: Send + Sync> FromRequestParts<S> for Visitor {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        // The layer around every page puts it there.
        parts
            .extensions
            .get::<Self>()
            .cloned()
            .ok_or_else(|| StatusCode::UNAUTHORIZED.into_response())
    }
}

/// Status and words of a refusal.
pub(super) type Refusal = (StatusCode, String);

/// A form that its visitor meant to send.
pub(super) struct Sent {
    pub(super) visitor: Visitor,
    fields: BTreeMap<String, String>,
}

impl Sent {
    /// A field without the space around it; empty when it was not sent.
    pub(super) fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", |text| text.trim())
    }
}

impl FromRequest<Arc<Portal>> for Sent {
    type Rejection = Response;

    async fn from_request(request: Request, portal: &Arc<Portal>) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let visitor = Visitor::from_request_parts(&mut parts, portal).await?;
        let own = door::is_own_page(&parts.headers);
        let form = Form::from_request(Request::from_parts(parts, body), portal).await;
        let Ok(Form(fields)) = form else {
            let why = "The form could not be read. Go back and send it again.";
            return Err(message(
                portal,
                &visitor,
                StatusCode::BAD_REQUEST,
                "Not understood",
                why,
            ));
        };
        let sent = Self { visitor, fields };
        if own && Door::takes(&sent.visitor, sent.field("csrf")) {
            return Ok(sent);
        }
        let why = "This form does not belong to your visit, so nothing was done. Open the page again and send it from there.";
        Err(message(
            portal,
            &sent.visitor,
            StatusCode::FORBIDDEN,
            "Nothing was done",
            why,
        ))
    }
}

impl Portal {
    /// What surrounds every page.
    pub(super) fn frame(&self, visitor: &Visitor) -> Frame {
        let now = visitor.slot.look(&*self.sandbox.clock, |_, now| now);
        Frame {
            merchant: visitor.slot.name.clone(),
            world: visitor.slot.world_name().to_owned(),
            now: show::moment(now),
            csrf: visitor.csrf.clone(),
            wanted: String::new(),
        }
    }

    /// Runs a command and logs it; `path` is the form's address. The text is what to say about a refusal.
    pub(super) async fn run(
        &self,
        visitor: &Visitor,
        path: &str,
        command: Command,
    ) -> Result<Reply, Refusal> {
        let act = Act {
            operation: command.operation(),
            path,
            key: command.idempotency_key().map(str::to_owned),
            request: sent_by(&command),
            began: self.sandbox.clock.now(),
        };
        let outcome = self.sandbox.execute(&visitor.slot, command).await;
        self.ended(visitor, act, outcome)
    }

    /// Lets the shopper act, under the faults that lie before a visit.
    pub(super) async fn visit(
        &self,
        visitor: &Visitor,
        path: &str,
        (session_id, action): (&str, Action),
    ) -> Result<Reply, Refusal> {
        let act = Act {
            operation: VISIT,
            path,
            key: None,
            request: Bytes::new(),
            began: self.sandbox.clock.now(),
        };
        let visit = Visit::bare(action);
        let none = HeaderFaults::default();
        let outcome = self.sandbox.visit(&visitor.slot, session_id, visit, &none);
        let outcome = outcome.await;
        self.ended(visitor, act, outcome)
    }

    fn ended(
        &self,
        visitor: &Visitor,
        act: Act<'_>,
        outcome: Result<Reply, SandboxError>,
    ) -> Result<Reply, Refusal> {
        let reply = outcome.unwrap_or_else(|error| {
            tracing::error!(%error, operation = act.operation, "the journal did not take a command");
            Reply::error(500, "INTERNAL_SERVER_ERROR", "Internal error")
        });
        let correlation_id = uuid(&*self.sandbox.entropy, 4);
        let took = self.sandbox.clock.now().duration_since(act.began);
        let entry = Logged {
            at: visitor.slot.look(&*self.sandbox.clock, |_, now| now),
            method: "POST".to_owned(),
            path: act.path.to_owned(),
            operation: act.operation,
            status: Some(reply.status),
            correlation_id: correlation_id.clone(),
            idempotency_key: act.key,
            made: reply.made().map(str::to_owned),
            fault: None,
            fault_by: None,
            request: act.request,
            response: rendered_body(&reply, &correlation_id),
            duration_us: i64::try_from(took.as_micros()).unwrap_or(i64::MAX),
        };
        let mut log = visitor
            .slot
            .log
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        log.add(entry);
        drop(log);
        if reply.is_success() {
            return Ok(reply);
        }
        let status =
            StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let why = format!("{} Correlation id {correlation_id}.", said(&reply));
        Err((status, why))
    }
}

/// What a form does, as the log will tell it.
struct Act<'a> {
    operation: &'static str,
    path: &'a str,
    key: Option<String>,
    request: Bytes,
    began: Timestamp,
}

fn sent_by(command: &Command) -> Bytes {
    let body = match command {
        Command::Manage { body, .. } | Command::ChangeTokenStatus { body, .. } => body,
        _ => &Value::Null,
    };
    match body {
        Value::Null => Bytes::new(),
        body => Bytes::from(body.to_string()),
    }
}

/// A refusal in its own words.
pub(super) fn said(reply: &Reply) -> String {
    let code = reply.error_code().unwrap_or("Refused");
    match reply.error_message() {
        Some(message) => format!("{code}: {}.", message.trim_end_matches('.')),
        None => format!("{code}."),
    }
}

/// A page that says one thing.
pub(super) fn message(
    portal: &Portal,
    visitor: &Visitor,
    status: StatusCode,
    title: &str,
    why: &str,
) -> Response {
    let page = Page {
        frame: portal.frame(visitor),
        title: title.to_owned(),
        lead: why.to_owned(),
        ..Page::default()
    };
    page.answer(status)
}

/// 404: unknown, or another world's, which is the same.
pub(super) fn missing(portal: &Portal, visitor: &Visitor, what: &str) -> Response {
    let why = format!("This world has no {what}.");
    message(portal, visitor, StatusCode::NOT_FOUND, "Not found", &why)
}

/// An address that no page has.
pub(super) async fn nowhere(
    axum::extract::State(portal): super::Shared,
    visitor: Visitor,
) -> Response {
    missing(&portal, &visitor, "page at this address")
}
