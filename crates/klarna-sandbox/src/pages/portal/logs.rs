//! `/portal/logs`: what was asked of this world, found by any id.
//!
//! Invariant: entries are shown as the log redacts them, to people and to programs alike.

use std::sync::{Arc, PoisonError};

use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use super::door::Visitor;
use super::orders::Asked;
use super::page::{Block, Entry, Fact, Page, Section};
use super::{Portal, Shared, hosted_pages, show, wants_json};
use crate::http::explained_request;
use crate::request_log::Logged;

/// Entries on the page and in the answer.
const SHOWN: usize = 100;

pub(super) fn routes() -> Router<Arc<Portal>> {
    Router::new().route("/portal/logs", get(logs))
}

async fn logs(
    State(portal): Shared,
    visitor: Visitor,
    headers: HeaderMap,
    Query(asked): Query<Asked>,
) -> Response {
    let wanted = asked.q.trim();
    let mut log = visitor
        .slot
        .log
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    let found = log.find(None, Some(wanted), SHOWN);
    drop(log);
    if wants_json(&headers) {
        let shown: Vec<Value> = found.iter().map(|entry| entry.shown()).collect();
        return Json(json!({"logs": shown})).into_response();
    }
    let mut frame = portal.frame(&visitor);
    frame.wanted = asked.q.clone();
    let title = match wanted {
        "" => "Requests".to_owned(),
        wanted => format!("Requests for “{wanted}”"),
    };
    let mut section = Section::new("list", "Newest first", Vec::new());
    if found.is_empty() {
        section.note = "Nothing was found. The search takes a correlation id, a session, hosted page, order, capture or refund id, the \
                        first characters of a token, a merchant reference, an idempotency key, an operation."
            .to_owned();
    } else {
        section.note = format!(
            "{} of at most {SHOWN}. Personal data and tokens are hidden; the log forgets the oldest requests first.",
            found.len()
        );
        section.blocks.push(Block::Entries(
            found.iter().map(|logged| entry(logged)).collect(),
        ));
    }
    let mut sections = vec![section];
    if let [only] = found.as_slice() {
        sections.push(why(&portal, &visitor, only));
    }
    sections.extend(visitor.slot.look(&*portal.sandbox.clock, |world, now| {
        hosted_pages::found(world, wanted, now)
    }));
    let page = Page {
        frame,
        title,
        here: "/portal/logs",
        sections,
        ..Page::default()
    };
    page.answer(StatusCode::OK)
}

/// What there is to say about one request: its cart, its token, its order.
fn why(portal: &Portal, visitor: &Visitor, logged: &Logged) -> Section {
    let explained = visitor.slot.look(&*portal.sandbox.clock, |world, now| {
        explained_request(world, logged, now)
    });
    let entry = Entry {
        line: "Why it was answered so, as the world stands now".to_owned(),
        facts: Vec::new(),
        texts: vec![("Explanation", show::pretty(&explained))],
    };
    Section::new("why", "Explanation", vec![Block::Entries(vec![entry])])
}

/// One request, folded.
pub(super) fn entry(logged: &Logged) -> Entry {
    let shown = logged.shown();
    let text = |name: &str| show::text(&shown, name).to_owned();
    let status = logged
        .status
        .map_or_else(|| "no answer".to_owned(), |status| status.to_string());
    let optional = [
        ("Idempotency key", text("idempotency_key")),
        ("Made", text("made")),
        ("Fault", text("fault")),
    ];
    let mut facts = vec![
        Fact::text("When", show::moment(logged.at)),
        Fact::code("Correlation id", text("correlation_id")),
        Fact::text("Operation", text("operation")),
        Fact::text("Took", format!("{} µs", logged.duration_us)),
    ];
    let told = optional.into_iter().filter(|(_, value)| !value.is_empty());
    facts.extend(told.map(|(name, value)| Fact::code(name, value)));
    let bodies = [("Sent", "request"), ("Answered", "response")];
    let texts = bodies.into_iter().filter_map(|(title, name)| {
        let body = shown.get(name).filter(|body| !body.is_null())?;
        Some((title, show::pretty(body)))
    });
    Entry {
        line: format!("{} {} {status}", text("method"), text("path")),
        facts,
        texts: texts.collect(),
    }
}
