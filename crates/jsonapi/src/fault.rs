//! A fault in what was sent: published code, sentence, and the exact place.
//!
//! Invariant: every fault is the sender's (status 400); nothing here tells about the server.

use crate::error::Source;

/// What is wrong with a request document or query string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Published code, e.g. `INVALID_PAGE_VALUE`.
    pub code: &'static str,
    /// What was sent and what was expected.
    pub detail: String,
    /// Where.
    pub source: Option<Source>,
}

impl Fault {
    /// A fault at a JSON pointer into the request document.
    pub fn pointer(
        code: &'static str,
        pointer: impl Into<String>,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            code,
            detail: detail.into(),
            source: Some(Source::Pointer(pointer.into())),
        }
    }

    /// A fault in a query parameter.
    pub fn parameter(
        code: &'static str,
        parameter: impl Into<String>,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            code,
            detail: detail.into(),
            source: Some(Source::Parameter(parameter.into())),
        }
    }
}

/// One step of a JSON pointer, escaped (RFC 6901).
pub(crate) fn pointer_token(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// What was sent, short enough to repeat in an error.
pub(crate) fn quoted(sent: &str) -> String {
    const LONGEST: usize = 60;
    if sent.chars().count() <= LONGEST {
        format!("\"{sent}\"")
    } else {
        let head: String = sent.chars().take(LONGEST).collect();
        format!("\"{head}…\"")
    }
}
