//! Everything that can happen to a world.
//!
//! Invariant: a command is plain data. With its time and its seed it is what the journal keeps, so the variants and
//! their fields are a file format: a changed meaning needs a new rules version.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::delivery::{AttemptOutcome, CallbackFault};
use super::hosted_page::{PageAction, is_access_id};
use super::klarna_act::KlarnaAct;
use super::managed::OrderCall;
use super::reply::Reply;
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
    /// Klarna acts by itself.
    Klarna {
        /// What it does.
        act: KlarnaAct,
    },
    /// `POST /hpp/v1/sessions`.
    CreateHostedPage {
        /// The request body.
        body: Value,
        /// The address under which the browser reaches the sandbox.
        public_url: String,
    },
    /// `GET /hpp/v1/sessions/{session_id}`.
    ReadHostedPage {
        /// The session of the Hosted Payment Page.
        session_id: String,
    },
    /// `DELETE /hpp/v1/sessions/{session_id}`.
    DisableHostedPage {
        /// The session of the Hosted Payment Page.
        session_id: String,
    },
    /// `POST /hpp/v1/sessions/{session_id}/distribution`.
    DistributeHostedPage {
        /// The session of the Hosted Payment Page.
        session_id: String,
        /// The request body.
        body: Value,
    },
    /// `POST /hpp/v1/sessions/{session_id}/distribution-module/token`.
    GenerateDistributionModule {
        /// The session of the Hosted Payment Page.
        session_id: String,
    },
    /// `GET /hpp/v1/sessions/{session_id}/manual-id-check`.
    ReadIdentification {
        /// The session of the Hosted Payment Page.
        session_id: String,
    },
    /// `POST /hpp/v1/sessions/{session_id}/manual-id-check`.
    CheckIdentification {
        /// The session of the Hosted Payment Page.
        session_id: String,
        /// The request body.
        body: Value,
    },
    /// The shopper acts on a hosted page.
    HostedPageShopper {
        /// The session of the Hosted Payment Page.
        session_id: String,
        /// What the shopper does.
        action: PageAction,
    },
    /// A hosted page reaches its end unfinished.
    TimeOutHostedPage {
        /// The session of the Hosted Payment Page.
        session_id: String,
    },
    /// A callback was tried.
    CallbackTried {
        /// The delivery.
        delivery: u64,
        /// What came of it.
        #[serde(flatten)]
        outcome: AttemptOutcome,
    },
    /// A fault strikes a callback that was not tried yet.
    StrikeCallback {
        /// The delivery.
        delivery: u64,
        /// What the fault does.
        fault: CallbackFault,
    },
    /// An approval that was late is granted.
    GrantLate {
        /// The session.
        session_id: String,
    },
    /// An authorization token gets an error that sticks to it.
    SpoilAuthorization {
        /// The token.
        token: String,
        /// The error that placing an order with it gives from now on.
        error: Reply,
    },
    /// The clock moves forward.
    AdvanceClock {
        /// By how much, in microseconds.
        by_us: i64,
    },
    /// The clock stands still from now on.
    StopClock,
    /// The clock runs again.
    RunClock {
        /// How far it is ahead of the machine's from now on, in microseconds.
        offset_us: i64,
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
            Self::Klarna { .. } => "klarna",
            Self::CreateHostedPage { .. } => "create_hosted_page",
            Self::ReadHostedPage { .. } => "read_hosted_page",
            Self::DisableHostedPage { .. } => "disable_hosted_page",
            Self::DistributeHostedPage { .. } => "distribute_hosted_page",
            Self::GenerateDistributionModule { .. } => "generate_distribution_module",
            Self::ReadIdentification { .. } => "read_identification",
            Self::CheckIdentification { .. } => "check_identification",
            Self::HostedPageShopper { .. } => "hosted_page_shopper",
            Self::TimeOutHostedPage { .. } => "time_out_hosted_page",
            Self::CallbackTried { .. } => "callback_tried",
            Self::StrikeCallback { .. } => "strike_callback",
            Self::GrantLate { .. } => "grant_late",
            Self::SpoilAuthorization { .. } => "spoil_authorization",
            Self::AdvanceClock { .. } => "advance_clock",
            Self::StopClock => "stop_clock",
            Self::RunClock { .. } => "run_clock",
            Self::ChangeSettings { .. } => "change_settings",
            Self::Reset => "reset",
        }
    }

    /// Whether the command changes nothing that time alone would not, and so stays out of the journal.
    #[must_use]
    pub fn is_read(&self) -> bool {
        match self {
            Self::ReadSession { .. }
            | Self::ReadCustomerToken { .. }
            | Self::ReadHostedPage { .. }
            | Self::ReadIdentification { .. } => true,
            Self::Manage { call, .. } => call.is_read(),
            _ => false,
        }
    }

    /// Whether the command may use chance. What the shell does on its own schedule must not: it would change the
    /// identifiers that a seeded world gives to the calls around it.
    #[must_use]
    pub(super) fn may_draw(&self) -> bool {
        !self.is_read()
            && !matches!(
                self,
                Self::CallbackTried { .. }
                    | Self::StrikeCallback { .. }
                    | Self::GrantLate { .. }
                    | Self::TimeOutHostedPage { .. }
                    | Self::SpoilAuthorization { .. }
                    | Self::AdvanceClock { .. }
                    | Self::StopClock
                    | Self::RunClock { .. }
                    | Self::ChangeSettings { .. }
                    | Self::Reset
            )
    }

    /// The JSON body that came with the call.
    #[must_use]
    pub fn body(&self) -> Option<&Value> {
        match self {
            Self::CreateSession { body, .. }
            | Self::UpdateSession { body, .. }
            | Self::PlaceOrder { body, .. }
            | Self::CreateCustomerToken { body, .. }
            | Self::ChangeTokenStatus { body, .. }
            | Self::OrderWithToken { body, .. }
            | Self::CreateHostedPage { body, .. }
            | Self::DistributeHostedPage { body, .. }
            | Self::CheckIdentification { body, .. }
            | Self::Manage { body, .. } => Some(body),
            _ => None,
        }
    }

    /// The access id of a device that the command may send a payment to.
    #[must_use]
    pub(crate) fn device(&self) -> Option<&str> {
        let Self::DistributeHostedPage { body, .. } = self else {
            return None;
        };
        let contact = body.get("contact_information")?;
        let access_id = contact.get("access_id")?.as_str()?.trim();
        is_access_id(access_id).then_some(access_id)
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
