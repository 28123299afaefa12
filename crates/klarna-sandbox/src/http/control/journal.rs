//! The world's journal: export, replay, and starting over.
//!
//! Invariant: an export replays to the same world under the same rules.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::{Caller, Shared, failed, said};
use crate::disk;
use crate::journal::{self, Damage};
use crate::slot::Replacement;
use crate::world::{Birth, RULES_VERSION, Reply, World};
use crate::{Sandbox, SandboxError};

/// The largest journal that can be sent in.
pub(super) const JOURNAL_LIMIT: usize = 256 * 1024 * 1024;

pub(super) fn routes() -> Router<Arc<Sandbox>> {
    Router::new()
        .route("/journal", get(export_journal))
        .route(
            "/journal/replay",
            post(replay_journal).layer(DefaultBodyLimit::max(JOURNAL_LIMIT)),
        )
        .route("/reset", post(reset))
}

async fn export_journal(State(sandbox): Shared, Caller(slot): Caller) -> Response {
    match disk::beside(move || slot.export()).await {
        Ok(Ok(text)) => ([("content-type", "application/x-ndjson")], text).into_response(),
        Ok(Err(error)) | Err(error) => failed(&sandbox, &error),
    }
}

/// Replaces the world by the one that the journal in the body leads to.
async fn replay_journal(State(sandbox): Shared, Caller(slot): Caller, body: Bytes) -> Response {
    let known = sandbox.registry.look(slot.number, |known| {
        Birth::plain(known.name(), sandbox.config.settings.clone())
    });
    let Some(plain) = known else {
        return failed(&sandbox, &SandboxError::Gone);
    };
    let replayed = disk::beside(move || replayed(&body, plain)).await;
    let (told, by) = match replayed {
        Ok(Ok(replayed)) => replayed,
        Ok(Err(damage)) => {
            let message = format!("Line {}: {}", damage.line, damage.reason);
            return said(&sandbox, &Reply::error(400, "BAD_VALUE", message));
        }
        Err(error) => return failed(&sandbox, &error),
    };
    match sandbox.replace_world(&slot, by).await {
        Ok(()) => Json(told).into_response(),
        Err(error) => failed(&sandbox, &error),
    }
}

/// What a journal leads to, and what to say about it; `plain` is what a world is born with that the journal tells nothing of.
fn replayed(body: &[u8], plain: Birth) -> Result<(Value, Replacement), Damage> {
    let parsed = journal::parse(&String::from_utf8_lossy(body))?;
    let told = json!({
        "replayed": parsed.entries.len(),
        "same_rules": parsed.header.rules == RULES_VERSION,
    });
    let born = parsed.header.born.unwrap_or(plain);
    let mut world = parsed.base.clone().unwrap_or_else(|| World::born(&born));
    journal::replay(&mut world, &parsed.entries);
    let by = Replacement {
        world,
        born: Some(born),
        base: parsed.base,
        entries: parsed.entries,
    };
    Ok((told, by))
}

/// Forgets sessions, orders, tokens, callbacks, logs and faults; clock and switches stay.
async fn reset(State(sandbox): Shared, Caller(slot): Caller) -> Response {
    if let Err(error) = sandbox.forget(&slot).await {
        return failed(&sandbox, &error);
    }
    StatusCode::NO_CONTENT.into_response()
}
