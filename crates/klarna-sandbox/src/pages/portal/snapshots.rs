//! Named snapshots of the world, on `/portal/world`: taken, restored, removed; and forgetting everything.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::post;
use http::StatusCode;

use super::door::Visitor;
use super::page::{Block, Cell, Field, Form, Section, Table};
use super::request::{Sent, message, missing};
use super::sign_in::encoded;
use super::{Portal, Shared, onward, show};
use crate::snapshots::{self, SnapshotError, Snapshots};

pub(super) fn routes() -> Router<Arc<Portal>> {
    Router::new()
        .route("/portal/snapshots", post(take))
        .route("/portal/snapshots/{name}/restore", post(restore))
        .route("/portal/snapshots/{name}/remove", post(remove))
        .route("/portal/world/reset", post(reset))
}

async fn take(State(portal): Shared, sent: Sent) -> Response {
    let slot = &sent.visitor.slot;
    // A clone is quick; writing it out is not, and calls go on meanwhile.
    let (world, now) = slot.look(&*portal.sandbox.clock, |world, now| (world.clone(), now));
    let name = sent.field("name").to_owned();
    let taken = snapshots::of(slot, move |kept| kept.take(&name, &world, now));
    match taken.await {
        Ok(_) => onward("/portal/world?done=taken"),
        Err(error) => refused(&portal, &sent.visitor, error),
    }
}

async fn restore(State(portal): Shared, Path(name): Path<String>, sent: Sent) -> Response {
    let slot = &sent.visitor.slot;
    let by = match snapshots::restored(slot, name).await {
        Ok((_, by)) => by,
        Err(error) => return refused(&portal, &sent.visitor, error),
    };
    match portal.sandbox.replace_world(slot, by).await {
        Ok(()) => onward("/portal/world?done=restored"),
        Err(error) => refused(&portal, &sent.visitor, SnapshotError::Io(error)),
    }
}

async fn remove(State(portal): Shared, Path(name): Path<String>, sent: Sent) -> Response {
    let slot = &sent.visitor.slot;
    match snapshots::of(slot, move |kept| kept.remove(&name)).await {
        Ok(()) => onward("/portal/world?done=dropped"),
        Err(error) => refused(&portal, &sent.visitor, error),
    }
}

/// Forgets everything but clock and switches, as `POST /sandbox/v1/reset` does.
async fn reset(State(portal): Shared, sent: Sent) -> Response {
    match portal.sandbox.forget(&sent.visitor.slot).await {
        Ok(()) => onward("/portal/world?done=reset"),
        Err(error) => refused(&portal, &sent.visitor, SnapshotError::Io(error)),
    }
}

fn refused(portal: &Portal, visitor: &Visitor, error: SnapshotError) -> Response {
    let title = "Nothing was done";
    let told = |status, why: &str| message(portal, visitor, status, title, why);
    match error {
        SnapshotError::Unknown => missing(portal, visitor, "snapshot of this name"),
        SnapshotError::Name => told(
            StatusCode::UNPROCESSABLE_ENTITY,
            "A name has 1 to 64 letters, digits, _ or -.",
        ),
        SnapshotError::Full => told(
            StatusCode::CONFLICT,
            "There are too many snapshots; remove one.",
        ),
        SnapshotError::Text(why) => told(StatusCode::UNPROCESSABLE_ENTITY, &why),
        SnapshotError::Io(error) => {
            tracing::error!(%error, "the world could not be kept or replaced");
            told(StatusCode::INTERNAL_SERVER_ERROR, "The log says why.")
        }
    }
}

/// The part of the page about snapshots.
pub(super) async fn section(visitor: &Visitor) -> Section {
    let listed = snapshots::of(&visitor.slot, Snapshots::list).await;
    let listed = listed.unwrap_or_default();
    let rows = listed.iter().map(|(head, bytes)| {
        let at = |what: &str| format!("/portal/snapshots/{}/{what}", encoded(&head.name));
        let about = || format!("snapshot {}", head.name);
        vec![
            Cell::text(head.name.as_str()),
            Cell::text(show::moment(head.at)),
            Cell::text(bytes.to_string()),
            Cell::Form(Form::button(at("restore"), "Restore", about())),
            Cell::Form(Form::button(at("remove"), "Remove", about())),
        ]
    });
    let table = Table {
        caption: "Snapshots".to_owned(),
        columns: vec!["Name", "Clock", "Bytes", "Restore", "Remove"],
        rows: rows.collect(),
        empty: "There is no snapshot.",
    };
    let take = Form {
        action: "/portal/snapshots".to_owned(),
        button: "Take a snapshot",
        fields: vec![Field::text("snapshot-name", "name", "Name").required()],
        ..Form::default()
    };
    let reset = Form {
        action: "/portal/world/reset".to_owned(),
        button: "Forget everything",
        title: "Start over".to_owned(),
        note: "Sessions, orders, tokens, callbacks, logs and faults go; clock and switches stay."
            .to_owned(),
        ..Form::default()
    };
    Section::new(
        "snapshots",
        "Snapshots",
        vec![Block::Table(table), Block::Forms(vec![take, reset])],
    )
}
