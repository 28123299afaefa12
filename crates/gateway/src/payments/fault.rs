//! Why a gateway did not do what it was asked, or why that is not known: Klarna's words, or those of the shop's own.

use kassa_commerce::transaction::Refusal;
use kassa_klarna_api::KlarnaError;
use serde_json::{Value, json};

/// What is wrong, by whom was asked.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(crate) enum Fault {
    /// Klarna.
    #[error(transparent)]
    Klarna(#[from] KlarnaError),
    /// A gateway of the shop's own.
    #[error(transparent)]
    External(#[from] CalloutError),
}

/// Why an external gateway gave no yes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CalloutError {
    /// It said no: the effect did not happen.
    #[error("the external gateway refused with {status} {code}: {message}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// Its code, or `HTTP_<status>` where the body carries none.
        code: String,
        /// Its words.
        message: String,
    },
    /// Nothing was said to it: the effect did not happen.
    #[error("the external gateway was not called: {0}")]
    NotSent(String),
    /// The effect may have happened.
    #[error("the outcome at the external gateway is unknown: {0}")]
    Unknown(String),
}

impl Fault {
    /// The refusal in it; `None` when it leaves open whether the effect happened.
    pub(crate) fn refusal(&self) -> Option<Refusal> {
        match self {
            Self::Klarna(error) => Refusal::of(error),
            Self::External(CalloutError::Refused { code, message, .. }) => Some(Refusal {
                code: code.clone(),
                message: message.clone(),
                detail: None,
            }),
            Self::External(CalloutError::NotSent(reason)) => Some(Refusal {
                code: "NOT_SENT".to_owned(),
                message: reason.clone(),
                detail: None,
            }),
            Self::External(CalloutError::Unknown(_)) => None,
        }
    }

    /// The HTTP status of a refusal.
    pub(crate) fn refused_with(&self) -> Option<u16> {
        match self {
            Self::Klarna(KlarnaError::Refused { status, .. })
            | Self::External(CalloutError::Refused { status, .. }) => Some(*status),
            _ => None,
        }
    }

    /// Whether the gateway never looked at the call: it was not sent, or the door was closed (credentials, rate limit).
    pub(crate) fn is_turned_away(&self) -> bool {
        match self {
            Self::Klarna(KlarnaError::NotSent { .. })
            | Self::External(CalloutError::NotSent(_)) => true,
            other => other
                .refused_with()
                .is_some_and(|status| matches!(status, 401 | 429)),
        }
    }

    /// Klarna's name for the exchange.
    pub(crate) fn correlation_id(&self) -> Option<&str> {
        match self {
            Self::Klarna(error) => error.correlation_id(),
            Self::External(_) => None,
        }
    }

    /// The fault as facts of an outcome.
    pub(crate) fn facts(&self) -> Value {
        let mut facts = json!({ "error": self.to_string() });
        match self {
            Self::Klarna(KlarnaError::Refused {
                status,
                code,
                messages,
                correlation_id,
                step_up_id,
            }) => {
                facts["refusal"] = json!({
                    "status": status,
                    "code": code,
                    "messages": messages,
                    "correlation_id": correlation_id,
                    "step_up_id": step_up_id,
                });
            }
            Self::External(CalloutError::Refused {
                status,
                code,
                message,
            }) => {
                facts["refusal"] = json!({ "status": status, "code": code, "messages": [message] });
            }
            Self::Klarna(_) | Self::External(_) => {}
        }
        facts
    }
}
