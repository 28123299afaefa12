//! Everything that can happen to a world.
//!
//! Invariant: a command is plain data. With its time and its seed it is what the journal keeps, so the variants and
//! their fields are a file format: a changed meaning needs a new rules version.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::managed::OrderCall;
use super::settings::Settings;
use super::shopper::Visit;

/// One thing that happens to a world.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
pub enum Command {
    /// `POST /payments/v1/sessions`.
    CreateSession {
        /// The request body.
        body: Value,
        /// The address under which the browser reaches the sandbox.
        public_url: String,
    },
    /// `POST /payments/v1/sessions/{session_id}`.
    UpdateSession {
        /// The session.
        session_id: String,
        /// The request body.
        body: Value,
    },
    /// `GET /payments/v1/sessions/{session_id}`.
    ReadSession {
        /// The session.
        session_id: String,
        /// The address under which the browser reaches the sandbox.
        public_url: String,
    },
    /// `POST /payments/v1/authorizations/{token}/order`.
    PlaceOrder {
        /// The authorization token.
        token: String,
        /// The request body.
        body: Value,
        /// The address under which the browser reaches the sandbox.
        public_url: String,
    },
    /// `POST /payments/v1/authorizations/{token}/customer-token`.
    CreateCustomerToken {
        /// The authorization token.
        token: String,
        /// The request body.
        body: Value,
    },
    /// `DELETE /payments/v1/authorizations/{token}`.
    CancelAuthorization {
        /// The authorization token.
        token: String,
    },
    /// `GET /customer-token/v1/tokens/{token}`.
    ReadCustomerToken {
        /// The customer token.
        token: String,
    },
    /// `PATCH /customer-token/v1/tokens/{token}/status`.
    ChangeTokenStatus {
        /// The customer token.
        token: String,
        /// The request body.
        body: Value,
    },
    /// `POST /customer-token/v1/tokens/{token}/order`.
    OrderWithToken {
        /// The customer token.
        token: String,
        /// The request body.
        body: Value,
        /// The address under which the browser reaches the sandbox.
        public_url: String,
        /// `Klarna-Idempotency-Key`.
        idempotency_key: Option<String>,
    },
    /// A call under `/ordermanagement/v1/orders/{order_id}`.
    Manage {
        /// The order.
        order_id: String,
        /// The call.
        call: OrderCall,
        /// The request body; null when there is none.
        body: Value,
        /// `Klarna-Idempotency-Key`.
        idempotency_key: Option<String>,
    },
    /// The shopper acts.
    Shopper {
        /// The session.
        session_id: String,
        /// What the shopper does.
        visit: Visit,
    },
    /// A callback was tried.
    CallbackTried {
        /// The delivery.
        delivery: u64,
        /// The answer's status.
        status: Option<u16>,
        /// Why there was no answer.
        error: Option<String>,
    },
    /// The clock moves forward.
    AdvanceClock {
        /// By how much, in microseconds.
        by_us: i64,
    },
    /// Switches change.
    ChangeSettings {
        /// The switches from now on.
        settings: Settings,
    },
    /// Everything but clock and switches is forgotten.
    Reset,
}

impl Command {
    /// The name by which logs and fault rules know the command.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        match self {
            Self::CreateSession { .. } => "create_session",
            Self::UpdateSession { .. } => "update_session",
            Self::ReadSession { .. } => "read_session",
            Self::PlaceOrder { .. } => "place_order",
            Self::CreateCustomerToken { .. } => "create_customer_token",
            Self::CancelAuthorization { .. } => "cancel_authorization",
            Self::ReadCustomerToken { .. } => "read_customer_token",
            Self::ChangeTokenStatus { .. } => "change_token_status",
            Self::OrderWithToken { .. } => "token_order",
            Self::Manage { call, .. } => call.operation(),
            Self::Shopper { .. } => "shopper",
            Self::CallbackTried { .. } => "callback_tried",
            Self::AdvanceClock { .. } => "advance_clock",
            Self::ChangeSettings { .. } => "change_settings",
            Self::Reset => "reset",
        }
    }

    /// Whether the command changes nothing that time alone would not, and so stays out of the journal.
    #[must_use]
    pub fn is_read(&self) -> bool {
        match self {
            Self::ReadSession { .. } | Self::ReadCustomerToken { .. } => true,
            Self::Manage { call, .. } => call.is_read(),
            _ => false,
        }
    }

    /// The idempotency key, where the operation honours one.
    #[must_use]
    pub fn idempotency_key(&self) -> Option<&str> {
        match self {
            Self::OrderWithToken {
                idempotency_key, ..
            } => idempotency_key.as_deref(),
            Self::Manage {
                idempotency_key,
                call,
                ..
            } if !call.is_read() => idempotency_key.as_deref(),
            _ => None,
        }
    }
}
