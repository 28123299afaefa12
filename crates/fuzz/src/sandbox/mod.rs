//! What strangers send to the sandbox: calls of Klarna's API, the control API, the portal's forms, the shopper's pages.
//!
//! Invariant: each function puts its bytes in one place of one request (body, query string, segment, header); the rest of
//! the request is sound, so that the bytes reach their parser.

pub mod control;
pub mod edge;
pub mod operations;
pub mod pages;
pub mod portal;

mod doors;
mod seeds;
mod stage;

pub(crate) use stage::forget;

use crate::Parser;

/// The functions of this part, by module.
pub(crate) fn parts() -> Vec<&'static [Parser]> {
    vec![
        operations::PARSERS,
        edge::PARSERS,
        control::PARSERS,
        portal::PARSERS,
        pages::PARSERS,
    ]
}
