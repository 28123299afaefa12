//! What a request says before its meaning: where it was sent, in which media type, by whom, how often.
//!
//! Invariant: everything here is read from headers and the address; no store is asked except for the token.

pub(crate) mod bearer;
pub(crate) mod body;
pub(crate) mod limiter;
pub(crate) mod limits;
pub(crate) mod media;
pub(crate) mod origin;
pub(crate) mod trace;
