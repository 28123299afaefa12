//! Worlds on the fly: made, listed, removed.
//!
//! Invariant: with an admin key nothing else opens these calls; without one any credentials of the process do, and a
//! world is told its own credentials once.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequestParts, Path, Query, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::json;

use super::{Shared, failed, said, wrong};
use crate::Sandbox;
use crate::http::{auth, render};
use crate::world::Reply;
use crate::worlds::{NewWorld, Unmade};

/// Worlds in one answer.
const MAX_LISTED: usize = 1000;

pub(super) fn routes() -> Router<Arc<Sandbox>> {
    Router::new()
        .route("/worlds", get(list).post(make))
        .route("/worlds/{username}", delete(remove))
}

/// Somebody who may make worlds.
struct Admin;

impl FromRequestParts<Arc<Sandbox>> for Admin {
    type Rejection = Response;

    async fn from_request_parts(
        parts: &mut Parts,
        sandbox: &Arc<Sandbox>,
    ) -> Result<Self, Response> {
        let may = match &sandbox.config.admin_key {
            Some(key) => auth::has_key(&parts.headers, key),
            None => auth::number(sandbox, &parts.headers).is_some(),
        };
        may.then_some(Self)
            .ok_or_else(|| render::unauthorized(sandbox).into_response())
    }
}

async fn make(State(sandbox): Shared, _: Admin, body: Bytes) -> Response {
    let sent = match body.is_empty() {
        true => Ok(serde_json::Map::new()),
        false => serde_json::from_slice(&body),
    };
    let Ok(sent) = sent else {
        return wrong(&sandbox, "the body; expected a JSON object");
    };
    let made = match NewWorld::from_body(sent) {
        Ok(new) => sandbox.make_world(new).await,
        Err(refusal) => Err(refusal),
    };
    match made {
        Ok((credential, seed)) => {
            let body = json!({
                "username": credential.username,
                "password": credential.password,
                "api_key": credential.api_key,
                "name": credential.merchant_name,
                "seed": seed,
            });
            (StatusCode::CREATED, Json(body)).into_response()
        }
        Err(Unmade::Wrong(member, expected)) => {
            let message = format!("Bad value: {member}; expected {expected}");
            said(&sandbox, &Reply::error(400, "BAD_VALUE", message))
        }
        Err(Unmade::Taken(member)) => {
            let message = match member {
                "seed" => {
                    "Another world has this seed and name and would give the same identifiers; \
                    choose another name"
                        .to_owned()
                }
                _ => format!("Another world has this {member}"),
            };
            said(&sandbox, &Reply::error(409, "CONFLICT", message))
        }
        Err(Unmade::Io(error)) => failed(&sandbox, &error),
    }
}

#[derive(Deserialize)]
struct ListQuery {
    limit: Option<usize>,
    /// `next` of the page before.
    from: Option<u32>,
}

async fn list(State(sandbox): Shared, _: Admin, Query(query): Query<ListQuery>) -> Response {
    let limit = query.limit.unwrap_or(100).clamp(1, MAX_LISTED);
    let mut worlds = sandbox.made_worlds(query.from.unwrap_or(0), limit + 1);
    let next = worlds.get(limit).map(|world| world.number);
    worlds.truncate(limit);
    Json(json!({"worlds": worlds, "next": next})).into_response()
}

async fn remove(State(sandbox): Shared, _: Admin, Path(username): Path<String>) -> Response {
    match sandbox.remove_world(&username).await {
        Ok(true) => StatusCode::NO_CONTENT.into_response(),
        Ok(false) => {
            let message = "No world of this name was made on the fly";
            said(&sandbox, &Reply::error(404, "NOT_FOUND", message))
        }
        Err(error) => failed(&sandbox, &error),
    }
}
