//! `/portal/world`: what this world is, holds and how it is switched.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::get;
use http::StatusCode;
use serde_json::{Value, json};

use super::door::Visitor;
use super::page::{Block, Cell, Fact, Page, Section, Table};
use super::{Portal, Shared, snapshots, worlds};

pub(super) fn routes() -> Router<Arc<Portal>> {
    Router::new().route("/portal/world", get(read))
}

async fn read(
    State(portal): Shared,
    visitor: Visitor,
    Query(query): Query<BTreeMap<String, String>>,
) -> Response {
    let done = match query.get("done").map(String::as_str) {
        Some("taken") => "The snapshot is taken.",
        Some("restored") => "The world is as the snapshot has it.",
        Some("dropped") => "The snapshot is gone.",
        Some("reset") => "Everything but clock and switches is forgotten.",
        Some("removed") => "The other world is gone.",
        _ => "",
    };
    let ((orders, sessions, tokens), settings) =
        visitor.slot.look(&*portal.sandbox.clock, |world, _| {
            (world.counts(), json!(world.settings()))
        });
    let frame = portal.frame(&visitor);
    let facts = vec![
        Fact::text("Shop", frame.merchant.as_str()),
        Fact::code("User name", frame.world.as_str()),
        Fact::text("Orders", orders.to_string()),
        Fact::text("Sessions", sessions.to_string()),
        Fact::text("Customer tokens", tokens.to_string()),
        Fact::code("Address", portal.sandbox.public_url()),
    ];
    let switches = settings.as_object().into_iter().flatten();
    let rows = switches.map(|(name, value)| {
        let value = match value {
            Value::String(text) => text.clone(),
            value => value.to_string(),
        };
        vec![Cell::code(name.as_str()), Cell::code(value)]
    });
    let table = Table {
        caption: "Switches".to_owned(),
        columns: vec!["Switch", "Value"],
        rows: rows.collect(),
        empty: "",
    };
    let mut switches = Section::new("switches", "Switches", vec![Block::Table(table)]);
    switches.note =
        "Changed with PATCH /sandbox/v1/settings; each is explained under /docs/klarna/sandbox."
            .to_owned();
    let page = Page {
        frame,
        title: "World".to_owned(),
        here: "/portal/world",
        lead: "One pair of credentials is one world. Nothing here is seen from another one."
            .to_owned(),
        done: done.to_owned(),
        sections: vec![
            Section::new("holds", "What it holds", vec![Block::Facts(facts)]),
            snapshots::section(&visitor).await,
            worlds::section(&portal),
            switches,
        ],
        ..Page::default()
    };
    page.answer(StatusCode::OK)
}
