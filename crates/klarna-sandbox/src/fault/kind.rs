//! The kinds of faults, what each strikes, and which parameters it has.
//!
//! Invariant: the names are part of the control API; a parameter that a kind does not use is refused, not ignored.

use serde::{Deserialize, Serialize};

use crate::world::DeliveryKind;

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FaultKind {
    /// The call waits, then has its effect.
    HoldBefore,
    /// The call has its effect, the reply waits.
    HoldAfter,
    /// The connection closes, nothing happened.
    DropBefore,
    /// The call has its effect, the connection closes.
    DropAfter,
    /// An error status, nothing happened.
    StatusBefore,
    /// The call has its effect, the caller sees an error status.
    StatusAfter,
    /// 429 with the headers of a used-up limit, nothing happened.
    RateLimited,
    /// The edge answers with a page of its own, nothing happened.
    EdgePageBefore,
    /// The call has its effect, the edge answers with a page of its own.
    EdgePageAfter,
    /// The call has its effect, the connection closes in the middle of the body.
    TruncatedBody,
    /// The call has its effect, its JSON is announced as plain text.
    WrongContentType,
    /// The call has its effect, the reply comes without the rate headers.
    NoRateHeaders,
    /// Placing the order fails, and goes on failing for this authorization token.
    ErrorSticks,
    /// The shopper is refused, and approved later.
    LateAuthorization,
    /// The callback never arrives.
    CallbackLost,
    /// The callback comes later.
    CallbackDelayed,
    /// The callback comes again after it was accepted.
    CallbackDuplicated,
    /// The callback comes after the next one.
    CallbackReordered,
    /// All calls are 503 and all callbacks wait, for a while.
    Maintenance,
}

/// What a kind strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// A request to Klarna's API, by operation.
    Request,
    /// An approval by the shopper.
    Visit,
    /// A callback, by kind, when it comes to be owed.
    Callback,
    /// A span of the world's time.
    Window,
}

/// The operations of Klarna's API, as fault rules, request log and [`crate::world::Command::operation`] name them.
pub const OPERATIONS: &[&str] = &[
    "create_session",
    "update_session",
    "read_session",
    "place_order",
    "create_customer_token",
    "cancel_authorization",
    "read_customer_token",
    "change_token_status",
    "token_order",
    "create_hosted_page",
    "read_hosted_page",
    "disable_hosted_page",
    "distribute_hosted_page",
    "generate_distribution_module",
    "read_identification",
    "check_identification",
    "read_order",
    "acknowledge",
    "update_authorization",
    "cancel",
    "update_customer_details",
    "extend",
    "update_merchant_references",
    "release",
    "add_shipping_info",
    "capture",
    "list_captures",
    "read_capture",
    "extend_due_date",
    "due_date_options",
    "add_capture_shipping_info",
    "trigger_send_out",
    "refund",
    "read_refund",
];

/// Whether Klarna's API has an operation of this name.
pub(crate) fn is_operation(name: &str) -> bool {
    OPERATIONS.contains(&name)
}

/// Whether there is a kind of callback of this name.
pub(super) fn is_callback(name: &str) -> bool {
    serde_json::from_value::<DeliveryKind>(name.into()).is_ok()
}

/// The operation under which the shopper's visits are known.
pub(crate) const VISIT: &str = "shopper";

impl FaultKind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::HoldBefore => "hold_before",
            Self::HoldAfter => "hold_after",
            Self::DropBefore => "drop_before",
            Self::DropAfter => "drop_after",
            Self::StatusBefore => "status_before",
            Self::StatusAfter => "status_after",
            Self::RateLimited => "rate_limited",
            Self::EdgePageBefore => "edge_page_before",
            Self::EdgePageAfter => "edge_page_after",
            Self::TruncatedBody => "truncated_body",
            Self::WrongContentType => "wrong_content_type",
            Self::NoRateHeaders => "no_rate_headers",
            Self::ErrorSticks => "error_sticks",
            Self::LateAuthorization => "late_authorization",
            Self::CallbackLost => "callback_lost",
            Self::CallbackDelayed => "callback_delayed",
            Self::CallbackDuplicated => "callback_duplicated",
            Self::CallbackReordered => "callback_reordered",
            Self::Maintenance => "maintenance",
        }
    }

    pub(crate) fn target(self) -> Target {
        match self {
            Self::LateAuthorization => Target::Visit,
            Self::CallbackLost
            | Self::CallbackDelayed
            | Self::CallbackDuplicated
            | Self::CallbackReordered => Target::Callback,
            Self::Maintenance => Target::Window,
            _ => Target::Request,
        }
    }

    pub(super) fn holds(self) -> bool {
        matches!(self, Self::HoldBefore | Self::HoldAfter)
    }

    /// Whether the kind can strike this operation of its target.
    pub(super) fn fits(self, operation: &str) -> bool {
        match self {
            Self::ErrorSticks => operation == "place_order",
            Self::LateAuthorization => operation == VISIT,
            _ => true,
        }
    }

    /// The parameters that mean something to the kind.
    pub(super) fn uses(self) -> &'static [&'static str] {
        match self {
            Self::HoldBefore | Self::HoldAfter => &["hold_ms", "hold_max_ms"],
            Self::StatusBefore
            | Self::StatusAfter
            | Self::EdgePageBefore
            | Self::EdgePageAfter
            | Self::ErrorSticks => &["status"],
            Self::LateAuthorization | Self::CallbackDelayed | Self::CallbackReordered => {
                &["delay_seconds", "delay_max_seconds"]
            }
            Self::CallbackDuplicated => &["copies"],
            Self::DropBefore
            | Self::DropAfter
            | Self::RateLimited
            | Self::TruncatedBody
            | Self::WrongContentType
            | Self::NoRateHeaders
            | Self::CallbackLost
            | Self::Maintenance => &[],
        }
    }

    pub(super) fn default_status(self) -> u16 {
        match self {
            Self::EdgePageBefore | Self::EdgePageAfter => 502,
            // An authorization that was made again for the order and then declined.
            Self::ErrorSticks => 403,
            _ => 500,
        }
    }
}
