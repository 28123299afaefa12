//! `/portal/tokens`: customer tokens, cancelling one, and what only Klarna does to one.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use axum::routing::{get, post};
use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::door::Visitor;
use super::orders::{Asked, pages_block};
use super::page::{Block, Cell, Form, Page, Section, Table};
use super::request::{Sent, missing};
use super::sign_in::encoded;
use super::{Portal, Shared, onward, show};
use crate::world::{Command, CustomerToken, KlarnaAct, TokenStatus};

pub(super) fn routes() -> Router<Arc<Portal>> {
    Router::new()
        .route("/portal/tokens", get(list))
        .route("/portal/tokens/{id}/status", post(change))
        .route("/portal/tokens/{id}/klarna", post(play_klarna))
}

async fn list(
    State(portal): Shared,
    visitor: Visitor,
    Query(asked): Query<Asked>,
    Query(query): Query<BTreeMap<String, String>>,
) -> Response {
    let done = match query.get("done").map(String::as_str) {
        Some("changed") => "Accepted; the list shows how the customer token stands.",
        _ => "",
    };
    shown(
        &portal,
        &visitor,
        &asked,
        (StatusCode::OK, done.to_owned(), String::new()),
    )
}

/// What the merchant may change: cancelling.
async fn change(State(portal): Shared, Path(id): Path<String>, sent: Sent) -> Response {
    let command = Command::ChangeTokenStatus {
        token: id.clone(),
        body: json!({"status": sent.field("status")}),
    };
    perform(&portal, &sent.visitor, &id, "status", command).await
}

/// What Klarna does by itself: suspending, and letting work again.
async fn play_klarna(State(portal): Shared, Path(id): Path<String>, sent: Sent) -> Response {
    let status = match sent.field("status") {
        "SUSPENDED" => TokenStatus::Suspended,
        "ACTIVE" => TokenStatus::Active,
        _ => return missing(&portal, &sent.visitor, "such status"),
    };
    let command = Command::Klarna {
        act: KlarnaAct::ChangeToken {
            token: id.clone(),
            status: Some(status),
            charges: None,
        },
    };
    perform(&portal, &sent.visitor, &id, "klarna", command).await
}

async fn perform(
    portal: &Portal,
    visitor: &Visitor,
    id: &str,
    place: &str,
    command: Command,
) -> Response {
    let known = visitor.slot.look(&*portal.sandbox.clock, |world, _| {
        world.token_of_id(id).is_some()
    });
    if !known {
        return missing(portal, visitor, "customer token with this id");
    }
    // The log hides what stands behind `tokens` in a path.
    match portal
        .run(visitor, &format!("/portal/tokens/{id}/{place}"), command)
        .await
    {
        Ok(_) => onward("/portal/tokens?done=changed"),
        Err((status, why)) => shown(
            portal,
            visitor,
            &Asked::default(),
            (status, String::new(), why),
        ),
    }
}

fn shown(
    portal: &Portal,
    visitor: &Visitor,
    asked: &Asked,
    (status, done, refused): (StatusCode, String, String),
) -> Response {
    let (rows, more) = visitor.slot.look(&*portal.sandbox.clock, |world, now| {
        let listed = world.list_tokens(asked.range());
        let rows: Vec<_> = listed.lines.iter().map(|token| row(token, now)).collect();
        (rows, listed.more)
    });
    let table = Table {
        caption: "Customer tokens, newest first".to_owned(),
        columns: vec![
            "Token",
            "Status",
            "Payment method",
            "Market",
            "Description",
            "Created",
            "Change",
            "As Klarna",
        ],
        rows,
        empty: "There is no customer token. A session whose intent tokenizes leads to one.",
    };
    let mut section = Section::new("list", "Newest first", vec![Block::Table(table)]);
    section
        .blocks
        .extend(pages_block(asked.around("/portal/tokens", more)));
    let page = Page {
        frame: portal.frame(visitor),
        title: "Customer tokens".to_owned(),
        here: "/portal/tokens",
        done,
        refused,
        sections: vec![section],
        ..Page::default()
    };
    page.answer(status)
}

fn row(token: &CustomerToken, now: Timestamp) -> Vec<Cell> {
    let member = |name: &str| {
        token
            .body
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let none = || Cell::text("nothing: cancelled for good");
    let (status, change, as_klarna) = match token.status_at(now) {
        TokenStatus::Cancelled => ("CANCELLED", none(), none()),
        TokenStatus::Suspended => (
            "SUSPENDED",
            cancel(token),
            klarna(token, "ACTIVE", "Let it work again"),
        ),
        TokenStatus::Active if token.cancelled_at.is_some() => {
            ("ACTIVE, being cancelled", none(), none())
        }
        TokenStatus::Active => (
            "ACTIVE",
            cancel(token),
            klarna(token, "SUSPENDED", "Suspend"),
        ),
    };
    vec![
        Cell::code(token.id.as_str()),
        Cell::text(status),
        Cell::text(show::text(&token.method.managed(), "description")),
        Cell::text(format!(
            "{}, {}",
            member("purchase_country"),
            member("purchase_currency")
        )),
        Cell::text(member("description")),
        Cell::text(show::moment(token.created_at)),
        change,
        as_klarna,
    ]
}

fn cancel(token: &CustomerToken) -> Cell {
    button(token, "status", "CANCELLED", "Cancel")
}

/// What only Klarna does to a token.
fn klarna(token: &CustomerToken, status: &'static str, says: &'static str) -> Cell {
    button(token, "klarna", status, says)
}

fn button(token: &CustomerToken, place: &str, status: &str, says: &'static str) -> Cell {
    let action = format!("/portal/tokens/{}/{place}", encoded(&token.id));
    Cell::Form(Form {
        hidden: vec![("status", status.to_owned())],
        ..Form::button(action, says, format!("token {}", token.id))
    })
}
