//! Klarna's answers, and what they mean per call.
//!
//! Invariant: for a call with an effect, nothing but a clear refusal is read as "did not happen".

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::wire::text;
use crate::{
    Capture, CreateOrderResponse, CustomerTokenCreated, CustomerTokenRead, ErrorBody, KlarnaError,
    Operation, Order, Refund, Session, SessionCreated,
};

/// An answer as it came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KlarnaReply {
    /// HTTP status.
    pub status: u16,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Body; JSON, empty, or HTML from the edge.
    #[serde(with = "text")]
    pub body: Vec<u8>,
}

impl KlarnaReply {
    /// The value of a header; `name` in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(header, _)| header == name)
            .map(|(_, value)| value.as_str())
    }

    /// Klarna's name for this exchange; missing on answers of the edge.
    #[must_use]
    pub fn correlation_id(&self) -> Option<&str> {
        self.header("klarna-correlation-id")
    }

    /// Whether the status is 2xx.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// Reads the answer to a session create.
///
/// # Errors
/// Anything but a 2xx with a readable body.
pub fn decode_session_created(reply: &KlarnaReply) -> Result<SessionCreated, KlarnaError> {
    decode(Operation::CreateSession, reply)
}

/// Reads the empty answer to a session update.
///
/// # Errors
/// Anything but a 2xx.
pub fn decode_session_updated(reply: &KlarnaReply) -> Result<(), KlarnaError> {
    accept(Operation::UpdateSession, reply)
}

/// Reads a session.
///
/// # Errors
/// Anything but a 2xx with a readable body.
pub fn decode_session(reply: &KlarnaReply) -> Result<Session, KlarnaError> {
    decode(Operation::ReadSession, reply)
}

/// Reads the answer to a placed order.
///
/// # Errors
/// Anything but a 2xx with a readable body; a 2xx without one is an unknown outcome.
pub fn decode_placed_order(reply: &KlarnaReply) -> Result<CreateOrderResponse, KlarnaError> {
    decode(Operation::PlaceOrder, reply)
}

/// Reads the answer to an order placed with a customer token.
///
/// # Errors
/// As for [`decode_placed_order`].
pub fn decode_token_order(reply: &KlarnaReply) -> Result<CreateOrderResponse, KlarnaError> {
    decode(Operation::PlaceTokenOrder, reply)
}

/// Reads the answer to a created customer token.
///
/// # Errors
/// As for [`decode_placed_order`].
pub fn decode_customer_token_created(
    reply: &KlarnaReply,
) -> Result<CustomerTokenCreated, KlarnaError> {
    decode(Operation::CreateCustomerToken, reply)
}

/// Reads a customer token.
///
/// # Errors
/// Anything but a 2xx with a readable body.
pub fn decode_customer_token(reply: &KlarnaReply) -> Result<CustomerTokenRead, KlarnaError> {
    decode(Operation::ReadCustomerToken, reply)
}

/// Reads an order.
///
/// # Errors
/// Anything but a 2xx with a readable body.
pub fn decode_order(reply: &KlarnaReply) -> Result<Order, KlarnaError> {
    decode(Operation::ReadOrder, reply)
}

/// Reads a capture.
///
/// # Errors
/// Anything but a 2xx with a readable body.
pub fn decode_capture(reply: &KlarnaReply) -> Result<Capture, KlarnaError> {
    decode(Operation::ReadCapture, reply)
}

/// Reads a refund.
///
/// # Errors
/// Anything but a 2xx with a readable body.
pub fn decode_refund(reply: &KlarnaReply) -> Result<Refund, KlarnaError> {
    decode(Operation::ReadRefund, reply)
}

/// The new capture's id: it is in a header, the body is empty.
///
/// # Errors
/// Anything but a 2xx; a 2xx without an id is an unknown outcome.
pub fn decode_capture_created(reply: &KlarnaReply) -> Result<String, KlarnaError> {
    created_id(Operation::Capture, reply, "capture-id")
}

/// The new refund's id: it is in a header, the body is empty.
///
/// # Errors
/// Anything but a 2xx; a 2xx without an id is an unknown outcome.
pub fn decode_refund_created(reply: &KlarnaReply) -> Result<String, KlarnaError> {
    created_id(Operation::Refund, reply, "refund-id")
}

/// Reads an answer whose body does not matter: cancel, release, extend, acknowledge and the like.
///
/// # Errors
/// Anything but a 2xx.
pub fn decode_accepted(operation: Operation, reply: &KlarnaReply) -> Result<(), KlarnaError> {
    accept(operation, reply)
}

fn created_id(
    operation: Operation,
    reply: &KlarnaReply,
    header: &str,
) -> Result<String, KlarnaError> {
    accept(operation, reply)?;
    let from_location = || {
        reply
            .header("location")
            .and_then(|location| location.rsplit('/').next())
    };
    reply
        .header(header)
        .or_else(from_location)
        .filter(|id| !id.is_empty())
        .map(str::to_owned)
        .ok_or_else(|| unreadable(operation, reply, "the answer names no id".to_owned()))
}

fn decode<T: DeserializeOwned>(
    operation: Operation,
    reply: &KlarnaReply,
) -> Result<T, KlarnaError> {
    accept(operation, reply)?;
    serde_json::from_slice(&reply.body)
        .map_err(|error| unreadable(operation, reply, error.to_string()))
}

/// `Ok` for a 2xx, otherwise what the refusal or failure means for this call.
fn accept(operation: Operation, reply: &KlarnaReply) -> Result<(), KlarnaError> {
    if reply.is_success() {
        return Ok(());
    }
    let body: ErrorBody = serde_json::from_slice(&reply.body).unwrap_or_default();
    let correlation_id = reply
        .correlation_id()
        .map(str::to_owned)
        .or_else(|| body.correlation_id.clone());
    if operation.has_effect() && may_have_happened(operation, reply.status, &body.error_code) {
        return Err(KlarnaError::OutcomeUnknown {
            reason: format!("status {} {}", reply.status, body.error_code)
                .trim_end()
                .to_owned(),
            status: Some(reply.status),
            correlation_id,
        });
    }
    Err(KlarnaError::Refused {
        status: reply.status,
        code: code_or_default(body.error_code, reply.status),
        messages: body.error_messages,
        correlation_id,
        step_up_id: body.step_up_id,
    })
}

/// Whether a failed call may still have had its effect. A `409 CONFLICT` on a call with a key may be the first
/// attempt still running.
fn may_have_happened(operation: Operation, status: u16, code: &str) -> bool {
    let first_attempt_running =
        status == 409 && code == "CONFLICT" && operation.honours_idempotency_key();
    status >= 500 || status == 408 || first_attempt_running
}

/// The edge answers 401 in HTML, without a code.
fn code_or_default(code: String, status: u16) -> String {
    match (code.is_empty(), status) {
        (false, _) => code,
        (true, 401) => "UNAUTHORIZED".to_owned(),
        (true, 429) => "TOO_MANY_REQUESTS".to_owned(),
        (true, _) => format!("HTTP_{status}"),
    }
}

fn unreadable(operation: Operation, reply: &KlarnaReply, reason: String) -> KlarnaError {
    let correlation_id = reply.correlation_id().map(str::to_owned);
    if operation.has_effect() {
        return KlarnaError::OutcomeUnknown {
            reason: format!("status {}, {reason}", reply.status),
            status: Some(reply.status),
            correlation_id,
        };
    }
    KlarnaError::Malformed {
        status: reply.status,
        reason,
        correlation_id,
    }
}
