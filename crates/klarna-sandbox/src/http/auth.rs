//! Who is calling: Basic credentials in every encoding that clients use.
//!
//! Invariant: the world is found by the secret itself, so nothing but the right secret opens it. The rejection comes
//! from the edge and looks like it: HTML, no correlation id.

use std::sync::Arc;

use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

use super::render::{self, Rendered};
use crate::Sandbox;
use crate::registry::{Digest, Number};
use crate::slot::SharedSlot;
use crate::world::{Reply, is_uuid, uuid};

/// The world that the `Authorization` header opens, loaded, or the refusal.
pub(crate) async fn world(
    sandbox: &Arc<Sandbox>,
    headers: &HeaderMap,
) -> Result<SharedSlot, Box<Rendered>> {
    let Some(number) = number(sandbox, headers) else {
        return Err(Box::new(render::unauthorized(sandbox)));
    };
    sandbox.world(number).await.map_err(|error| {
        let correlation_id = uuid(&*sandbox.entropy, 4);
        tracing::error!(%error, correlation_id, "a world cannot be loaded");
        let reply = Reply::error(500, "INTERNAL_SERVER_ERROR", "Internal error");
        Box::new(render::reply(&reply, &correlation_id, ""))
    })
}

/// The number of the world that the `Authorization` header opens.
///
/// Accepted after `Basic`: base64 of `user:password`, the API key itself, and base64 of `key`, `:key` or `uuid:key`.
pub(crate) fn number(sandbox: &Sandbox, headers: &HeaderMap) -> Option<Number> {
    let opens = |digest: Digest| sandbox.registry.by_secret(&digest);
    let credentials = sent(headers)?;
    let decoded = decoded(credentials);
    // The usual form first: a digest is not free.
    decoded
        .as_deref()
        .and_then(|login| opens(Digest::of_sent_login(login)))
        .or_else(|| opens(Digest::of_key(credentials)))
        .or_else(|| opens(Digest::of_key(key_in(decoded.as_deref()?)?)))
}

/// Whether the `Authorization` header has this key, in any of the forms of an API key.
pub(crate) fn has_key(headers: &HeaderMap, key: &str) -> bool {
    let wanted = Digest::of_key(key);
    let Some(credentials) = sent(headers) else {
        return false;
    };
    let encoded = decoded(credentials);
    let encoded = encoded.as_deref().and_then(key_in);
    // Digests, so that the time of comparing tells nothing about the key.
    Digest::of_key(credentials) == wanted
        || encoded.is_some_and(|key| Digest::of_key(key) == wanted)
}

/// What follows `Basic`.
fn sent(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, credentials) = value.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("basic")
        .then(|| credentials.trim())
}

fn decoded(credentials: &str) -> Option<String> {
    let bytes = STANDARD
        .decode(credentials)
        .or_else(|_| STANDARD_NO_PAD.decode(credentials))
        .ok()?;
    String::from_utf8(bytes).ok()
}

fn key_in(decoded: &str) -> Option<&str> {
    match decoded.split_once(':') {
        None => Some(decoded),
        Some((user, key)) if user.is_empty() || is_uuid(user) => Some(key),
        Some(_) => None,
    }
}
