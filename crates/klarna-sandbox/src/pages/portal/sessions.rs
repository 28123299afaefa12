//! `/portal/sessions`: the payment sessions that the world remembers, and the shopper who has no browser.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use axum::routing::{get, post};
use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::door::Visitor;
use super::orders::{Asked, pages_block};
use super::page::{Block, Cell, Entry, Fact, Form, Page, Section, Table};
use super::request::{Sent, missing};
use super::sign_in::encoded;
use super::{Portal, Shared, onward, show};
use crate::world::{Action, Session};

pub(super) fn routes() -> Router<Arc<Portal>> {
    Router::new()
        .route("/portal/sessions", get(list))
        .route("/portal/sessions/{id}", get(read))
        .route("/portal/sessions/{id}/shopper", post(shopper))
}

/// Where a session's page is.
pub(super) fn address(session_id: &str) -> String {
    format!("/portal/sessions/{}", encoded(session_id))
}

async fn list(State(portal): Shared, visitor: Visitor, Query(asked): Query<Asked>) -> Response {
    let (rows, more) = visitor.slot.look(&*portal.sandbox.clock, |world, now| {
        let listed = world.list_sessions(asked.range());
        let rows: Vec<_> = listed
            .lines
            .iter()
            .map(|session| row(session, now))
            .collect();
        (rows, listed.more)
    });
    let table = Table {
        caption: "Sessions, newest first".to_owned(),
        columns: vec![
            "Session", "Status", "Amount", "Market", "Intent", "Created", "Expires",
        ],
        rows,
        empty: "There is no session. A shop makes one with POST /payments/v1/sessions.",
    };
    let mut section = Section::new("list", "Newest first", vec![Block::Table(table)]);
    section
        .blocks
        .extend(pages_block(asked.around("/portal/sessions", more)));
    let page = Page {
        frame: portal.frame(&visitor),
        title: "Sessions".to_owned(),
        here: "/portal/sessions",
        sections: vec![section],
        ..Page::default()
    };
    page.answer(StatusCode::OK)
}

type Body = Map<String, Value>;

fn member<'a>(body: &'a Body, name: &str) -> &'a str {
    body.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn amount(body: &Body) -> String {
    let minor = body.get("order_amount").and_then(Value::as_i64);
    show::amount(minor.unwrap_or(0), member(body, "purchase_currency"))
}

fn status(session: &Session, now: Timestamp) -> &'static str {
    match session {
        session if session.completed => "complete",
        session if now >= session.expires_at => "expired",
        session if session.awaiting_finalize.is_some() => "approved, waits for finalize",
        session if session.authorization_token.is_some() => "approved",
        _ => "open",
    }
}

fn row(session: &Session, now: Timestamp) -> Vec<Cell> {
    let body = session.body.members();
    vec![
        Cell::link(address(&session.id), &*session.id),
        Cell::text(status(session, now)),
        Cell::text(amount(&body)),
        Cell::text(member(&body, "purchase_country")),
        Cell::text(session.intent()),
        Cell::text(show::moment(session.created_at)),
        Cell::text(show::moment(session.expires_at)),
    ]
}

async fn read(
    State(portal): Shared,
    visitor: Visitor,
    Path(id): Path<String>,
    Query(query): Query<BTreeMap<String, String>>,
) -> Response {
    let done = match query.get("done").map(String::as_str) {
        Some("approve") => "The shopper approved.",
        Some("decline") => "The shopper was declined.",
        Some("cancel") => "The shopper left.",
        Some("finalize") => "The approval was finalized.",
        _ => "",
    };
    shown(
        &portal,
        &visitor,
        &id,
        (StatusCode::OK, done.to_owned(), String::new()),
    )
}

async fn shopper(State(portal): Shared, Path(session_id): Path<String>, sent: Sent) -> Response {
    let visitor = &sent.visitor;
    let does = sent.field("action").to_owned();
    let action = match does.as_str() {
        "approve" => Action::Approve,
        "decline" => Action::Decline,
        "cancel" => Action::Cancel,
        "finalize" => Action::Finalize,
        _ => return missing(&portal, visitor, "such action"),
    };
    let known = visitor.slot.look(&*portal.sandbox.clock, |world, _| {
        world.session_of_id(&session_id).is_some()
    });
    if !known {
        return missing(&portal, visitor, "session with this id");
    }
    let path = format!("{}/shopper", address(&session_id));
    match portal.visit(visitor, &path, (&session_id, action)).await {
        Ok(_) => onward(&format!("{}?done={does}", address(&session_id))),
        Err((status, why)) => shown(&portal, visitor, &session_id, (status, String::new(), why)),
    }
}

fn shown(
    portal: &Portal,
    visitor: &Visitor,
    id: &str,
    (code, done, refused): (StatusCode, String, String),
) -> Response {
    let found = visitor.slot.look(&*portal.sandbox.clock, |world, now| {
        let session = world.session_of_id(id)?.clone();
        Some((session, world.explain_session(id, now)?, now))
    });
    let Some((session, mut explained, now)) = found else {
        return missing(portal, visitor, "session with this id");
    };
    let members = session.body.members();
    let facts = vec![
        Fact::text("Status", status(&session, now)),
        Fact::text("Amount", amount(&members)),
        Fact::text("Market", member(&members, "purchase_country")),
        Fact::text("Locale", member(&members, "locale")),
        Fact::text("Intent", session.intent()),
        Fact::text(
            "Merchant reference 1",
            member(&members, "merchant_reference1"),
        ),
        Fact::text("Created", show::moment(session.created_at)),
        Fact::text("Expires", show::moment(session.expires_at)),
        Fact {
            name: "Requests",
            value: Cell::link(
                format!("/portal/logs?q={}", encoded(id)),
                "all that mention it",
            ),
        },
    ];
    let mut body = Value::from(members);
    crate::request_log::redact(&mut body);
    let sent = Entry {
        line: "The session as the shop sent it".to_owned(),
        facts: Vec::new(),
        texts: vec![("Personal data is hidden", show::pretty(&body))],
    };
    crate::request_log::redact(&mut explained);
    let why = Entry {
        line: "What it offers and why, and what its approval is good for".to_owned(),
        facts: Vec::new(),
        texts: vec![("Explanation", show::pretty(&explained))],
    };
    let mut sections = vec![
        Section::new("state", "State", vec![Block::Facts(facts)]),
        Section::new("body", "Content", vec![Block::Entries(vec![sent, why])]),
    ];
    if !session.completed && now < session.expires_at {
        sections.insert(1, play(&session));
    }
    let page = Page {
        frame: portal.frame(visitor),
        title: format!("Session {id}"),
        here: "/portal/sessions",
        done,
        refused,
        sections,
        ..Page::default()
    };
    page.answer(code)
}

/// What the shopper may do, without a browser.
fn play(session: &Session) -> Section {
    let finalize = session.awaiting_finalize.is_some();
    let button = |action: &'static str, says| Form {
        hidden: vec![("action", action.to_owned())],
        ..Form::button(format!("{}/shopper", address(&session.id)), says, "")
    };
    let mut forms = vec![
        button("approve", "Approve"),
        button("decline", "Decline"),
        button("cancel", "Leave"),
    ];
    if finalize {
        forms.push(button("finalize", "Finalize"));
    }
    let mut section = Section::new("shopper", "The shopper", vec![Block::Forms(forms)]);
    section.note = "Plays the shopper without a browser, as POST /sandbox/v1/sessions/{session_id}/shopper does.".to_owned();
    section
}
