//! Worlds made on the fly, on `/portal/world`: listed, made, removed.
//!
//! Invariant: as in the control API, a sandbox with an admin key leaves this to that key; credentials are told once, on
//! the page that answers the form.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::post;
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::door::Visitor;
use super::page::{Block, Cell, Fact, Field, Form, Page, Section, Table};
use super::request::{Sent, message, missing};
use super::sign_in::encoded;
use super::{Portal, Shared, onward};
use crate::worlds::{ListedWorld, NewWorld, Unmade};

/// Worlds on the page.
const SHOWN: usize = 100;

pub(super) fn routes() -> Router<Arc<Portal>> {
    Router::new()
        .route("/portal/worlds", post(make))
        .route("/portal/worlds/{username}/remove", post(remove))
}

async fn make(State(portal): Shared, sent: Sent) -> Response {
    if let Some(refusal) = left_to_admin(&portal, &sent.visitor) {
        return refusal;
    }
    let made = match wishes(&sent).and_then(|wishes| NewWorld::from_body(wishes).map_err(why)) {
        Ok(new) => portal.sandbox.make_world(new).await.map_err(why),
        Err(why) => Err(why),
    };
    let (credential, seed) = match made {
        Ok(made) => made,
        Err(why) => {
            return message(
                &portal,
                &sent.visitor,
                StatusCode::UNPROCESSABLE_ENTITY,
                "No world was made",
                &why,
            );
        }
    };
    let facts = vec![
        Fact::text("Shop", credential.merchant_name),
        Fact::code("User name", credential.username),
        Fact::code("Password", credential.password),
        Fact::code("API key", credential.api_key),
        Fact::text(
            "Seed",
            seed.map_or_else(|| "none".to_owned(), |seed| seed.to_string()),
        ),
        Fact {
            name: "See it",
            value: Cell::link("/portal/sign-in", "sign in with these"),
        },
    ];
    let page = Page {
        frame: portal.frame(&sent.visitor),
        title: "A new world".to_owned(),
        here: "/portal/world",
        done: "The world is made.".to_owned(),
        lead: "These credentials are told once and kept as digests only: note them now.".to_owned(),
        sections: vec![Section::new(
            "credentials",
            "Its credentials",
            vec![Block::Facts(facts)],
        )],
        ..Page::default()
    };
    page.answer(StatusCode::CREATED)
}

async fn remove(State(portal): Shared, Path(username): Path<String>, sent: Sent) -> Response {
    let visitor = &sent.visitor;
    if let Some(refusal) = left_to_admin(&portal, visitor) {
        return refusal;
    }
    match portal.sandbox.remove_world(&username).await {
        Ok(true) => onward("/portal/world?done=removed"),
        Ok(false) => missing(
            &portal,
            visitor,
            "world of this name that was made on the fly",
        ),
        Err(error) => {
            tracing::error!(%error, "a world could not be removed");
            let title = "The world was not removed";
            message(
                &portal,
                visitor,
                StatusCode::INTERNAL_SERVER_ERROR,
                title,
                "The log says why.",
            )
        }
    }
}

/// With an admin key nothing else makes or removes worlds.
fn left_to_admin(portal: &Portal, visitor: &Visitor) -> Option<Response> {
    portal.sandbox.config.admin_key.as_ref()?;
    let why = "Worlds are made and removed with the admin key, by /sandbox/v1/worlds.";
    Some(message(
        portal,
        visitor,
        StatusCode::FORBIDDEN,
        "Nothing was done",
        why,
    ))
}

/// The fields that are filled in, as the control API would get them.
fn wishes(sent: &Sent) -> Result<Map<String, Value>, String> {
    let mut wishes = Map::new();
    if !sent.field("name").is_empty() {
        wishes.insert("name".to_owned(), sent.field("name").into());
    }
    if !sent.field("at").is_empty() {
        wishes.insert("clock".to_owned(), json!({"at": sent.field("at")}));
    }
    let seed = sent.field("seed");
    if !seed.is_empty() {
        let seed: u64 = seed
            .parse()
            .map_err(|_| format!("seed: “{seed}” is no whole number"))?;
        wishes.insert("seed".to_owned(), seed.into());
    }
    Ok(wishes)
}

fn why(refusal: Unmade) -> String {
    match refusal {
        Unmade::Wrong(member, expected) => format!("{member}: expected {expected}"),
        Unmade::Taken(member) => format!("Another world has this {member}."),
        Unmade::Io(error) => {
            tracing::error!(%error, "a world could not be made");
            "The log says why.".to_owned()
        }
    }
}

/// The part of the page about other worlds.
pub(super) fn section(portal: &Portal) -> Section {
    let mut section = Section::new("worlds", "Worlds made on the fly", Vec::new());
    if portal.sandbox.config.admin_key.is_some() {
        section.note =
            "Made, listed and removed with the admin key, by /sandbox/v1/worlds.".to_owned();
        return section;
    }
    let rows = portal
        .sandbox
        .made_worlds(0, SHOWN)
        .iter()
        .map(row)
        .collect();
    section.blocks = vec![
        Block::Table(Table {
            caption: format!("The first {SHOWN} worlds made on the fly"),
            columns: vec!["Shop", "User name", "Seed", "In memory", "Remove"],
            rows,
            empty: "No world was made on the fly.",
        }),
        Block::Forms(vec![Form {
            action: "/portal/worlds".to_owned(),
            button: "Make a world",
            note: "With credentials of its own, which are told once. With a seed, the same calls give the same answers."
                .to_owned(),
            fields: vec![
                Field::text("world-name", "name", "Name of the shop"),
                Field::text("world-seed", "seed", "Seed").mode("numeric"),
                Field::text("world-at", "at", "Clock begins at").hint("An instant such as 2026-04-01T00:00:00Z"),
            ],
            ..Form::default()
        }]),
    ];
    section
}

fn row(world: &ListedWorld) -> Vec<Cell> {
    let action = format!("/portal/worlds/{}/remove", encoded(&world.username));
    vec![
        Cell::text(world.name.as_str()),
        Cell::code(world.username.as_str()),
        Cell::text(
            world
                .seed
                .map_or_else(|| "none".to_owned(), |seed| seed.to_string()),
        ),
        Cell::text(if world.loaded { "yes" } else { "no" }),
        Cell::Form(Form::button(
            action,
            "Remove",
            format!("world {}", world.username),
        )),
    ]
}
