//! `/portal/deliveries`: callbacks to the shop with every attempt, and making one again.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use axum::routing::{get, post};
use http::StatusCode;
use serde_json::{Value, json};

use super::door::Visitor;
use super::page::{Block, Cell, Entry, Fact, Form, Page, Section};
use super::request::{Sent, missing};
use super::sign_in::encoded;
use super::{Portal, Shared, onward, show};
use crate::notify::NotReplayed;
use crate::world::{Attempt, Delivery};

/// Callbacks on the page.
const SHOWN: usize = 100;

pub(super) fn routes() -> Router<Arc<Portal>> {
    Router::new()
        .route("/portal/deliveries", get(list))
        .route("/portal/deliveries/{id}/replay", post(replay))
}

async fn list(
    State(portal): Shared,
    visitor: Visitor,
    Query(query): Query<BTreeMap<String, String>>,
) -> Response {
    let done = match query.get("done").and_then(|id| id.parse::<u64>().ok()) {
        Some(id) => format!("Callback {id} was made again; its answer is below."),
        None => String::new(),
    };
    shown(&portal, &visitor, (StatusCode::OK, done, String::new()))
}

async fn replay(State(portal): Shared, Path(id): Path<u64>, sent: Sent) -> Response {
    let (sandbox, visitor) = (&portal.sandbox, &sent.visitor);
    let why = match sandbox.notifier.replay(sandbox, &visitor.slot, id).await {
        Ok(()) => return onward(&format!("/portal/deliveries?done={id}")),
        Err(NotReplayed::Unknown) => return missing(&portal, visitor, "callback with this number"),
        Err(NotReplayed::InFlight) => "The callback is being tried right now.",
        Err(NotReplayed::TooOften) => "The callback was tried too often.",
        Err(NotReplayed::Failed(error)) => {
            tracing::error!(%error, "the result of a callback is lost");
            "The journal cannot be written."
        }
    };
    shown(
        &portal,
        visitor,
        (StatusCode::CONFLICT, String::new(), why.to_owned()),
    )
}

fn shown(
    portal: &Portal,
    visitor: &Visitor,
    (status, done, refused): (StatusCode, String, String),
) -> Response {
    let blocks: Vec<Block> = visitor.slot.look(&*portal.sandbox.clock, |world, _| {
        let listed = world.deliveries().into_iter().take(SHOWN);
        listed.flat_map(blocks).collect()
    });
    let mut section = Section::new("list", "Newest first", blocks);
    if section.blocks.is_empty() {
        section.note = "No callback was owed yet. Approving, placing and fraud checks owe one when the session names an address."
            .to_owned();
    }
    let page = Page {
        frame: portal.frame(visitor),
        title: "Callbacks".to_owned(),
        here: "/portal/deliveries",
        lead: "Each callback to the shop with every attempt. Making one again changes nothing in its schedule.".to_owned(),
        done,
        refused,
        sections: vec![section],
    };
    page.answer(status)
}

/// A callback, folded, with the button that makes it again.
pub(super) fn blocks(delivery: &Delivery) -> [Block; 2] {
    [
        Block::Entries(vec![entry(delivery)]),
        Block::Forms(vec![again(delivery)]),
    ]
}

fn again(delivery: &Delivery) -> Form {
    let action = format!("/portal/deliveries/{}/replay", delivery.id);
    Form::button(action, "Make it again", format!("callback {}", delivery.id))
}

fn entry(delivery: &Delivery) -> Entry {
    let state = json!(delivery.state);
    let state = state.as_str().unwrap_or_default().replace('_', " ");
    let mut body = delivery.body.clone().unwrap_or(Value::Null);
    crate::request_log::redact(&mut body);
    let about = Cell::link(
        format!("/portal/logs?q={}", encoded(&delivery.subject)),
        delivery.subject.as_str(),
    );
    let mut facts = vec![
        Fact::text("To", delivery.url.as_str()),
        Fact {
            name: "About",
            value: about,
        },
        Fact::text("Due", show::moment(delivery.due_at)),
    ];
    facts.extend(
        delivery
            .attempts
            .iter()
            .map(|attempt| Fact::text("Attempt", told(attempt))),
    );
    let texts = match body {
        Value::Null => Vec::new(),
        body => vec![("Body", show::pretty(&body))],
    };
    Entry {
        line: format!("{} {}: {state}", delivery.id, delivery.kind.name()),
        facts,
        texts,
    }
}

fn told(attempt: &Attempt) -> String {
    let outcome = &attempt.outcome;
    let answer = match (outcome.status, &outcome.error) {
        (Some(status), _) => format!("answered {status}"),
        (None, Some(error)) => error.clone(),
        (None, None) => "no answer".to_owned(),
    };
    let by_hand = if outcome.by_hand { ", by hand" } else { "" };
    format!("{}: {answer}{by_hand}", show::moment(attempt.at))
}
