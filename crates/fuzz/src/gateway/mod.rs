//! What strangers send to the gateway: documents, query strings, token requests, callbacks, headers, the dashboard's
//! search.
//!
//! Invariant: as in the sandbox's part: the bytes stand in one place, the rest of the request is sound. Klarna is a
//! sandbox in the same process, reached over the transport that the client has for it.

pub mod documents;
pub mod door;
pub mod queries;

mod house;
mod template;

pub(crate) use house::forget;

use crate::Parser;

/// The functions of this part, by module.
pub(crate) fn parts() -> Vec<&'static [Parser]> {
    vec![documents::PARSERS, queries::PARSERS, door::PARSERS]
}
