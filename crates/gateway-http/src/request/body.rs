//! Request bodies, read whole and bounded.
//!
//! Invariant: no more than the limit is ever held in memory, whatever the declared length says.

use axum::body::Body;
use axum::extract::Request;
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};

use crate::error::Refused;

/// How many times the limit is still read, and thrown away, so that a refusal reaches a client that is sending.
const DRAINED: usize = 8;

/// Takes the body off the connection before anything is judged: a refusal that left bytes unread would close the
/// connection under the client's next request.
///
/// # Errors
/// Larger than `limit` bytes, or ended early.
pub(crate) async fn held(request: Request, limit: usize) -> Result<Request, Refused> {
    let (parts, mut body) = request.into_parts();
    let mut bytes = Vec::new();
    let mut seen = 0_usize;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Refused::BrokenBody)?.into_data() else {
            continue;
        };
        seen = seen.saturating_add(data.len());
        if seen <= limit {
            bytes.extend_from_slice(&data);
        } else if seen > limit.saturating_mul(DRAINED) {
            break;
        }
    }
    if seen > limit {
        return Err(Refused::TooLarge(limit));
    }
    Ok(Request::from_parts(parts, Body::from(bytes)))
}

/// Reads a body of at most `limit` bytes.
pub(crate) async fn read(body: Body, limit: usize) -> Result<Bytes, Refused> {
    match Limited::new(body, limit).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Refused::TooLarge(limit)),
        Err(_) => Err(Refused::BrokenBody),
    }
}
