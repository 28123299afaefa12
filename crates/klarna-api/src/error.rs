//! What can go wrong with a call to Klarna.
//!
//! Invariant: only [`KlarnaError::Refused`] and [`KlarnaError::NotSent`] mean that nothing happened; a timeout, a
//! cut connection and a 5xx after an effect are [`KlarnaError::OutcomeUnknown`].

use serde::{Deserialize, Serialize};

use crate::wire::null_as_default;

/// The common error body. Failed charges by customer token add the last three fields.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ErrorBody {
    /// Upper-case word, e.g. `BAD_VALUE`.
    #[serde(deserialize_with = "null_as_default")]
    pub error_code: String,
    /// English sentences.
    #[serde(alias = "error_message", deserialize_with = "one_or_many")]
    pub error_messages: Vec<String>,
    /// Equal to the `Klarna-Correlation-Id` header.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correlation_id: Option<String>,
    /// The fraud decision behind the refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fraud_status: Option<String>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Continues the charge in a new session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step_up_id: Option<String>,
}

fn one_or_many<'de, D>(deserializer: D) -> Result<Vec<String>, D::Error>
where
    D: serde::Deserializer<'de>,
{
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Wire {
        Many(Vec<String>),
        One(String),
        Nothing(()),
    }
    Ok(match Wire::deserialize(deserializer)? {
        Wire::Many(messages) => messages,
        Wire::One(message) => vec![message],
        Wire::Nothing(()) => Vec::new(),
    })
}

/// What became of a call that did not succeed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum KlarnaError {
    /// Klarna said no: the effect did not happen.
    #[error("klarna refused with {status} {code}: {}", messages.join("; "))]
    Refused {
        /// HTTP status.
        status: u16,
        /// Klarna's word, or `UNAUTHORIZED`, `HTTP_<status>` where the body carries none.
        code: String,
        /// Klarna's sentences; may be empty.
        messages: Vec<String>,
        /// For Klarna's support and for the request log.
        correlation_id: Option<String>,
        /// Continues a failed charge.
        step_up_id: Option<String>,
    },
    /// The request never left: the effect did not happen.
    #[error("the request to klarna was not sent: {reason}")]
    NotSent {
        /// Why.
        reason: String,
    },
    /// The effect may have happened.
    #[error("the outcome at klarna is unknown: {reason}")]
    OutcomeUnknown {
        /// What was seen.
        reason: String,
        /// HTTP status, if there was one.
        status: Option<u16>,
        /// Correlation id, if there was one.
        correlation_id: Option<String>,
    },
    /// An answer without an effect behind it that cannot be understood.
    #[error("klarna's answer {status} cannot be read: {reason}")]
    Malformed {
        /// HTTP status.
        status: u16,
        /// What is wrong.
        reason: String,
        /// Correlation id, if there was one.
        correlation_id: Option<String>,
    },
}

impl KlarnaError {
    /// Whether Klarna refused with `code`.
    #[must_use]
    pub fn is_refused_with(&self, wanted: &str) -> bool {
        matches!(self, Self::Refused { code, .. } if code == wanted)
    }

    /// Whether it is certain that the effect did not happen.
    #[must_use]
    pub fn proves_nothing_happened(&self) -> bool {
        matches!(self, Self::Refused { .. } | Self::NotSent { .. })
    }

    /// Klarna's correlation id, if there was one.
    #[must_use]
    pub fn correlation_id(&self) -> Option<&str> {
        match self {
            Self::Refused { correlation_id, .. }
            | Self::OutcomeUnknown { correlation_id, .. }
            | Self::Malformed { correlation_id, .. } => correlation_id.as_deref(),
            Self::NotSent { .. } => None,
        }
    }
}
