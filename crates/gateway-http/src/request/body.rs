//! Request bodies, read whole and bounded.
//!
//! Invariant: no more than the limit is ever held in memory, whatever the declared length says.

use axum::body::Body;
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};

use crate::error::Refused;

/// Reads a body of at most `limit` bytes.
pub(crate) async fn read(body: Body, limit: usize) -> Result<Bytes, Refused> {
    match Limited::new(body, limit).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Refused::TooLarge(limit)),
        Err(_) => Err(Refused::BrokenBody),
    }
}
