//! What a caller sees of a fault once the call had its effect.
//!
//! Invariant: nothing here decides whether a call has its effect; that is in `call.rs`. What leaves is logged as it
//! left.

use std::borrow::Cow;

use axum::http::header;
use axum::response::Response;

use super::failure::failure;
use super::rate::Standing;
use super::render::{self, Rendered, set};
use crate::fault::{FaultKind, Strike};
use crate::world::Reply;

/// An answer on its way to the caller.
pub(super) enum Outgoing {
    Whole(Rendered),
    /// Half of the body, then the connection closes.
    Cut(Rendered),
    /// The connection closes before the first byte.
    Nothing,
}

impl Outgoing {
    /// What the log keeps.
    pub(super) fn rendered(&self) -> Option<&Rendered> {
        match self {
            Self::Whole(rendered) | Self::Cut(rendered) => Some(rendered),
            Self::Nothing => None,
        }
    }

    /// What leaves of it before the connection closes, if it does.
    pub(super) fn leaving(&self) -> Option<Cow<'_, Rendered>> {
        match self {
            Self::Whole(rendered) => Some(Cow::Borrowed(rendered)),
            Self::Cut(rendered) => rendered.half().map(Cow::Owned),
            Self::Nothing => None,
        }
    }

    pub(super) fn into_response(self) -> Response {
        match self {
            Self::Whole(rendered) => rendered.into_response(),
            Self::Cut(rendered) => render::truncated(rendered),
            Self::Nothing => render::dropped(),
        }
    }
}

/// The answer after the effect, bent as the fault says.
pub(super) fn after_effect(strike: &Strike, mut answer: Rendered) -> Outgoing {
    match strike.kind {
        FaultKind::DropAfter => return Outgoing::Nothing,
        FaultKind::TruncatedBody => return Outgoing::Cut(answer),
        FaultKind::EdgePageAfter => return Outgoing::Whole(render::edge_page(strike.status)),
        FaultKind::WrongContentType => {
            set(
                &mut answer.headers,
                header::CONTENT_TYPE,
                "text/plain;charset=utf-8",
            );
        }
        FaultKind::NoRateHeaders => Standing::erase(&mut answer.headers),
        _ => {}
    }
    Outgoing::Whole(answer)
}

/// The documented errors of placing an order that a token keeps.
pub(super) fn sticking(status: u16, path: &str) -> Reply {
    match status {
        400 => Reply::error(status, "BAD_VALUE", "Bad value: order_lines"),
        403 => Reply::error(status, "REJECTED", "Rejected"),
        409 => Reply::error(status, "BAD_VALUE", "Not matching fields: [order_amount]"),
        _ => failure(status, path, false),
    }
}
