//! The errors of a Klarna in trouble: what each API answers with a status that no rule of the world produced.
//!
//! Invariant: every status has the code that the API's own error page gives it; a status that no page lists gets the
//! nearest documented one. Source: the three error-code pages; see `docs/klarna/authentication.md#error-codes`.

use crate::world::Reply;

/// The answer with this status on this path. `after` tells whether the call had its effect before it failed.
pub(super) fn failure(status: u16, path: &str, after: bool) -> Reply {
    let managing = path.starts_with("/ordermanagement/");
    let tokens = path.starts_with("/customer-token/");
    match status {
        401 => Reply::errors(401, "UNAUTHORIZED", Vec::new()),
        403 if managing => Reply::errors(403, "NOT_ALLOWED", Vec::new()),
        403 => Reply::errors(403, "INVALID_OPERATION", Vec::new()),
        404 => Reply::errors(404, "NOT_FOUND", Vec::new()),
        409 => Reply::errors(409, "CONFLICT", Vec::new()),
        413 => Reply::error(413, "REQUEST_TOO_LARGE", "Request is too large"),
        422 => Reply::errors(422, "UNPROCESSABLE_ENTITY", Vec::new()),
        429 => Reply::error(429, "TOO_MANY_REQUESTS", "Too many requests"),
        _ if (400..500).contains(&status) => Reply::errors(status, "BAD_REQUEST", Vec::new()),
        503 if tokens => Reply::errors(503, "SERVICE_UNAVAILABLE", Vec::new()),
        502..=504 => Reply::error(status, "TEMPORARILY_UNAVAILABLE", "Temporarily unavailable"),
        // Order Management lists two codes with one message; we give the second to what failed late.
        _ if managing && after => {
            Reply::error(status, "UNEXPECTED_ERROR", "Unexpected server error")
        }
        _ if managing => Reply::error(status, "INTERNAL_SERVER_ERROR", "Unexpected server error"),
        _ => Reply::error(status, "INTERNAL_SERVER_ERROR", "Internal error"),
    }
}
