//! `/portal/outbox`: what the hosted page would have sent to shoppers by e-mail or as short messages.
//!
//! Invariant: addresses are shown in clear, because reading the message is what the outbox is for; nothing was sent.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use http::StatusCode;
use serde_json::json;

use super::door::Visitor;
use super::page::{Block, Cell, Page, Section, Table};
use super::{Portal, Shared, show};
use crate::world::Message;

/// Messages on the page.
const SHOWN: usize = 100;

pub(super) fn routes() -> Router<Arc<Portal>> {
    Router::new().route("/portal/outbox", get(list))
}

async fn list(State(portal): Shared, visitor: Visitor) -> Response {
    let rows = visitor.slot.look(&*portal.sandbox.clock, |world, _| {
        let messages = world.outbox().into_iter().take(SHOWN);
        messages.map(row).collect::<Vec<_>>()
    });
    let table = Table {
        caption: "Messages, newest first".to_owned(),
        columns: vec!["When", "By", "To", "Subject", "Text", "Link"],
        rows,
        empty: "No message was written. Distributing a hosted payment page writes one.",
    };
    let page = Page {
        frame: portal.frame(&visitor),
        title: "Outbox".to_owned(),
        here: "/portal/outbox",
        lead: "What shoppers would have got by e-mail or as a short message. Nothing leaves the sandbox.".to_owned(),
        sections: vec![Section::new("list", "Newest first", vec![Block::Table(table)])],
        ..Page::default()
    };
    page.answer(StatusCode::OK)
}

fn row(message: &Message) -> Vec<Cell> {
    let channel = json!(message.channel);
    // The link leads to the sandbox's own hosted page; anything else is shown and not followed.
    let link = match message.link.starts_with("http://") || message.link.starts_with("https://") {
        true => Cell::link(message.link.as_str(), "open"),
        false => Cell::text(message.link.as_str()),
    };
    vec![
        Cell::text(show::moment(message.sent_at)),
        Cell::text(channel.as_str().unwrap_or_default()),
        Cell::text(message.to.as_str()),
        Cell::text(message.subject.as_str()),
        Cell::text(message.text.as_str()),
        link,
    ]
}
