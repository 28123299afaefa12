//! Parsers that can be called by themselves: money, JSON:API, Klarna's answers.
//!
//! Invariant: what a parser accepts is written and read again as the same.

pub mod jsonapi;
pub mod klarna_answers;
pub mod money;

use crate::Parser;

/// The functions of this part, by module.
pub(crate) fn parts() -> Vec<&'static [Parser]> {
    vec![money::PARSERS, jsonapi::PARSERS, klarna_answers::PARSERS]
}
