//! The record of one effect on Klarna: written before the call, closed with its outcome.
//!
//! Invariant: the request bytes never change after the first write, so that a resend is byte-identical.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Where an operation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OperationStatus {
    /// Intent written; the outcome is not known.
    Pending,
    /// It happened.
    Succeeded,
    /// It did not happen.
    Failed,
    /// Neither can be established by a machine: a person decides.
    NeedsPerson,
}

/// An effect on Klarna.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Operation {
    /// Time-ordered; also the `reference` that captures and refunds carry at Klarna.
    pub id: String,
    /// The order it belongs to.
    pub order_id: String,
    /// `place_order`, `capture`, `refund`, `cancel`, ...
    pub kind: String,
    /// Where it stands.
    pub status: OperationStatus,
    /// The exact request as the Klarna client prepared it (method, path, headers, body), serialised.
    pub request: Value,
    /// What the finisher needs to fold the outcome in (amounts, ids of rows to finish).
    pub context: Value,
    /// The answer, once there is one.
    pub outcome: Option<Value>,
    /// How often it was sent.
    pub attempts: i64,
    /// Business time of the intent, microseconds.
    pub created_at: i64,
    /// Business time of the last change, microseconds.
    pub updated_at: i64,
}
