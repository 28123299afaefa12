//! What is remembered about a call, for the story of an order.
//!
//! Invariant: no token, no personal data; bounded in size.

use jiff::Timestamp;
use kassa_klarna_api::{KlarnaError, KlarnaReply, PreparedRequest};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::redaction::redacted;

/// One call as people may see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CallRecord {
    /// Which call, e.g. `capture`.
    pub operation: String,
    /// HTTP method.
    pub method: String,
    /// Path without its token.
    pub path: String,
    /// HTTP status, if an answer came.
    pub status: Option<u16>,
    /// Klarna's name for the exchange.
    pub correlation_id: Option<String>,
    /// Machine time when it began.
    pub at: Timestamp,
    /// How long it took, repetitions included.
    pub milliseconds: i64,
    /// Body sent, personal data hidden.
    pub request: Option<Value>,
    /// Body answered, personal data hidden.
    pub response: Option<Value>,
    /// Why there was no answer.
    pub error: Option<String>,
}

impl CallRecord {
    /// The record of `request` and what became of it between `began` and `ended` (machine time).
    #[must_use]
    pub fn of(
        request: &PreparedRequest,
        result: &Result<KlarnaReply, KlarnaError>,
        began: Timestamp,
        ended: Timestamp,
    ) -> Self {
        let reply = result.as_ref().ok();
        Self {
            operation: request.operation.as_str().to_owned(),
            method: request.method.as_str().to_owned(),
            path: request.redacted_path(),
            status: reply.map(|reply| reply.status),
            correlation_id: reply
                .and_then(KlarnaReply::correlation_id)
                .map(str::to_owned),
            at: began,
            milliseconds: ended.as_millisecond() - began.as_millisecond(),
            request: redacted(&request.body),
            response: reply.and_then(|reply| redacted(&reply.body)),
            error: result.as_ref().err().map(ToString::to_string),
        }
    }
}
