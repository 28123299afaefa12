//! Who is calling: Basic credentials in every encoding that clients use.
//!
//! Invariant: the world is found by the secret itself, so nothing but the right secret opens it. The rejection comes
//! from the edge and looks like it: HTML, no correlation id.

use std::sync::Arc;

use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

use crate::Sandbox;
use crate::slot::SharedSlot;

/// The world that the `Authorization` header opens.
///
/// Accepted after `Basic`: base64 of `user:password`, the API key itself, and base64 of `key`, `:key` or `uuid:key`.
pub(crate) fn world(sandbox: &Arc<Sandbox>, headers: &HeaderMap) -> Option<SharedSlot> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, credentials) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let credentials = credentials.trim();
    if let Some(slot) = sandbox.slot_of_key(credentials) {
        return Some(slot);
    }
    let bytes = STANDARD
        .decode(credentials)
        .or_else(|_| STANDARD_NO_PAD.decode(credentials))
        .ok()?;
    let decoded = String::from_utf8(bytes).ok()?;
    if let Some(slot) = sandbox.slot_of_login(&decoded) {
        return Some(slot);
    }
    match decoded.split_once(':') {
        None => sandbox.slot_of_key(&decoded),
        Some((user, key)) if user.is_empty() || crate::world::is_uuid(user) => {
            sandbox.slot_of_key(key)
        }
        Some(_) => None,
    }
}
