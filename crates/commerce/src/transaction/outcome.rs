//! What a gateway made of a transaction, and what the ledger has to know about it.

use kassa_klarna_api::KlarnaError;
use kassa_money::{Currency, MinorUnits};
use serde::{Deserialize, Serialize};

/// A decided outcome. "Unknown" is no outcome: whoever called keeps asking until it is one of these.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It happened.
    Done {
        /// The gateway's id of it.
        gateway_transaction_id: Option<String>,
        /// What the gateway said.
        message: Option<String>,
    },
    /// It did not happen.
    Refused(Refusal),
}

/// Why a gateway said no.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The gateway's code.
    pub code: String,
    /// The gateway's message.
    pub message: String,
    /// For its support: at Klarna the correlation id.
    pub detail: Option<String>,
}

impl Outcome {
    /// A transaction that needs no gateway.
    pub fn done() -> Self {
        Self::Done {
            gateway_transaction_id: None,
            message: None,
        }
    }
}

impl Refusal {
    /// The refusal in a Klarna error; `None` when the error leaves open whether it happened.
    pub fn of(error: &KlarnaError) -> Option<Self> {
        match error {
            KlarnaError::Refused {
                code,
                messages,
                correlation_id,
                ..
            } => {
                let message = if messages.is_empty() {
                    code.clone()
                } else {
                    messages.join("; ")
                };
                Some(Self {
                    code: code.clone(),
                    message,
                    detail: correlation_id.clone(),
                })
            }
            KlarnaError::NotSent { reason } => Some(Self {
                code: "NOT_SENT".to_owned(),
                message: reason.clone(),
                detail: None,
            }),
            KlarnaError::OutcomeUnknown { .. } | KlarnaError::Malformed { .. } => None,
        }
    }
}

/// What an amount does in the order's ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Movement {
    /// Guaranteed; negative when an order is reduced.
    Authorized,
    /// Claimed.
    Captured,
    /// Given back.
    Refunded,
    /// The rest given up after a capture.
    Released,
    /// Given up before any capture, or expired.
    Voided,
}

/// One entry for the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerMove {
    /// What it does.
    pub movement: Movement,
    /// How much.
    pub amount: MinorUnits,
    /// Of what.
    pub currency: Currency,
}
