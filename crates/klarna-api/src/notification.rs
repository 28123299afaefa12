//! What Klarna posts to the merchant. Nothing is signed: a notification is a reason to read, never a fact.

use serde::{Deserialize, Serialize};

use crate::AuthorizationToken;

/// Posted to `merchant_urls.authorization` after the shopper approved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AuthorizationCallback {
    /// The approval.
    pub authorization_token: AuthorizationToken,
    /// The session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
}

/// Posted to `merchant_urls.notification` when a pending order is decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FraudNotification {
    /// The order.
    pub order_id: String,
    /// The decision.
    pub event_type: FraudEvent,
}

/// A fraud decision as notified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FraudEvent {
    /// Go ahead.
    FraudRiskAccepted,
    /// Do not ship; a capture within four hours takes the risk over.
    FraudRiskRejected,
    /// Stopped after an acceptance (older accounts).
    FraudRiskStopped,
    /// A word this program does not know.
    #[serde(untagged)]
    Other(String),
}
