//! `/portal/hosted-pages`: the hosted payment pages of the world, where each stands, what its merchant was told, and
//! taking one away.
//!
//! Invariant: a page is disabled by the command of the API, so what is refused there is refused here with the same words.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use axum::routing::{get, post};
use http::StatusCode;
use jiff::Timestamp;

use super::door::Visitor;
use super::orders::{Asked, pages_block};
use super::page::{Block, Cell, Fact, Form, Page, Section, Table};
use super::request::{Sent, missing};
use super::sign_in::encoded;
use super::{Portal, Shared, deliveries, onward, orders, sessions, show};
use crate::world::{Command, PageView, World};

pub(super) fn routes() -> Router<Arc<Portal>> {
    Router::new()
        .route("/portal/hosted-pages", get(list))
        .route("/portal/hosted-pages/{id}", get(read))
        .route("/portal/hosted-pages/{id}/disable", post(disable))
}

fn address(session_id: &str) -> String {
    format!("/portal/hosted-pages/{}", encoded(session_id))
}

async fn list(State(portal): Shared, visitor: Visitor, Query(asked): Query<Asked>) -> Response {
    let (table, more) = visitor.slot.look(&*portal.sandbox.clock, |world, now| {
        let listed = world.list_hosted_pages(asked.q.trim(), asked.range(), now);
        (table(&listed.lines), listed.more)
    });
    let mut section = Section::new("list", "Last changed first", vec![Block::Table(table)]);
    section
        .blocks
        .extend(pages_block(asked.around("/portal/hosted-pages", more)));
    let page = Page {
        frame: portal.frame(&visitor),
        title: "Hosted pages".to_owned(),
        here: "/portal/hosted-pages",
        lead: "Sessions of the Hosted Payment Page. An ended one stays here until its payment session is forgotten.".to_owned(),
        sections: vec![section],
        ..Page::default()
    };
    page.answer(StatusCode::OK)
}

/// The pages that an id leads to, for the search over everything; `None` when there are none.
pub(super) fn found(world: &World, wanted: &str, now: Timestamp) -> Option<Section> {
    let listed = world.list_hosted_pages(wanted, (0, orders::PAGE), now);
    let known = !wanted.is_empty() && !listed.lines.is_empty();
    let blocks = vec![Block::Table(table(&listed.lines))];
    known.then(|| Section::new("hosted-pages", "Hosted pages", blocks))
}

fn table(pages: &[PageView]) -> Table {
    Table {
        caption: "Hosted pages, last changed first".to_owned(),
        columns: vec![
            "Session",
            "Status",
            "Amount",
            "Payment session",
            "Changed",
            "Expires",
            "Change",
        ],
        rows: pages.iter().map(row).collect(),
        empty: "There is no hosted page. A shop makes one with POST /hpp/v1/sessions.",
    }
}

fn row(view: &PageView) -> Vec<Cell> {
    let change = match may_be_disabled(view) {
        true => Cell::Form(disabling(view)),
        false => Cell::text("nothing: it is over"),
    };
    vec![
        Cell::link(address(&view.id), view.id.as_str()),
        Cell::text(status(view)),
        Cell::text(amount(view)),
        payment_session(view),
        Cell::text(show::moment(view.updated_at)),
        Cell::text(show::moment(view.expires_at)),
        change,
    ]
}

fn status(view: &PageView) -> String {
    let name = view.status.name();
    match view.expired && !view.status.is_final() {
        true => format!("{name}, expired"),
        false => name.to_owned(),
    }
}

fn may_be_disabled(view: &PageView) -> bool {
    !view.expired && !view.status.is_final()
}

fn disabling(view: &PageView) -> Form {
    let action = format!("{}/disable", address(&view.id));
    Form::button(action, "Disable", format!("page {}", view.id))
}

fn amount(view: &PageView) -> String {
    show::amount(view.session.order_amount, &view.session.purchase_currency)
}

fn payment_session(view: &PageView) -> Cell {
    let id = view.session.session_id.as_str();
    Cell::link(sessions::address(id), id)
}

async fn read(
    State(portal): Shared,
    visitor: Visitor,
    Path(id): Path<String>,
    Query(query): Query<BTreeMap<String, String>>,
) -> Response {
    let done = match query.get("done").map(String::as_str) {
        Some("disable") => "The page is disabled; its link says so.",
        _ => "",
    };
    let told = (StatusCode::OK, done.to_owned(), String::new());
    shown(&portal, &visitor, &id, told)
}

async fn disable(State(portal): Shared, Path(id): Path<String>, sent: Sent) -> Response {
    let visitor = &sent.visitor;
    let known = visitor.slot.look(&*portal.sandbox.clock, |world, now| {
        world.page_of_id(&id, now).is_some()
    });
    if !known {
        return missing(&portal, visitor, "hosted page with this id");
    }
    let command = Command::DisableHostedPage {
        session_id: id.clone(),
    };
    let path = format!("{}/disable", address(&id));
    match portal.run(visitor, &path, command).await {
        Ok(_) => onward(&format!("{}?done=disable", address(&id))),
        Err((status, why)) => shown(&portal, visitor, &id, (status, String::new(), why)),
    }
}

fn shown(
    portal: &Portal,
    visitor: &Visitor,
    id: &str,
    (code, done, refused): (StatusCode, String, String),
) -> Response {
    let seen = visitor.slot.look(&*portal.sandbox.clock, |world, now| {
        let view = world.page_of_id(id, now)?;
        let told = world.deliveries().into_iter();
        let told = told.filter(|delivery| delivery.subject == id);
        Some((view, told.flat_map(deliveries::blocks).collect::<Vec<_>>()))
    });
    let Some((view, told)) = seen else {
        return missing(portal, visitor, "hosted page with this id");
    };
    let mut state = Section::new("state", "State", vec![Block::Facts(facts(&view))]);
    if may_be_disabled(&view) {
        state.blocks.push(Block::Forms(vec![disabling(&view)]));
    }
    let mut callbacks = Section::new("callbacks", "Callbacks", told);
    if callbacks.blocks.is_empty() {
        callbacks.note = "Its merchant was told nothing: no status_update address, or no act of the shopper yet.".to_owned();
    }
    let page = Page {
        frame: portal.frame(visitor),
        title: format!("Hosted page {id}"),
        here: "/portal/hosted-pages",
        done,
        refused,
        sections: vec![state, callbacks],
        ..Page::default()
    };
    page.answer(code)
}

fn facts(view: &PageView) -> Vec<Fact> {
    let linked = |name, value| Fact { name, value };
    let mut facts = vec![
        Fact::text("Status", status(view)),
        Fact::text("Amount", amount(view)),
        linked("Payment session", payment_session(view)),
        Fact::text("Changed", show::moment(view.updated_at)),
        Fact::text("Expires", show::moment(view.expires_at)),
        linked("Shopper's page", Cell::link(view.page_url.as_str(), "open")),
        linked("Staff's page", Cell::link(view.staff_path(), "open")),
        linked(
            "Requests",
            Cell::link(
                format!("/portal/logs?q={}", encoded(&view.id)),
                "all that mention it",
            ),
        ),
    ];
    if let Some(order) = &view.order_id {
        let order = Cell::link(orders::address(order), order.as_str());
        facts.insert(3, linked("Order", order));
    }
    if let Some(challenge) = &view.challenge {
        facts.insert(1, Fact::code("Waits for a document, code", challenge));
    }
    facts
}
