//! Operations: what is written before a call to Klarna, or to a gateway of the shop's own, and closed with its outcome.
//!
//! Invariant: the request in an operation is the one that is sent, byte for byte, the first time and every time;
//! `attempts` counts from the intent on, because a crash may hide whether the first attempt left.

use jiff::{SignedDuration, Timestamp};
use kassa_commerce::capture::CaptureIntent;
use kassa_commerce::edit::EditIntent;
use kassa_commerce::refund::RefundIntent;
use kassa_commerce::void::VoidIntent;
use kassa_klarna_api::{KlarnaError, PreparedRequest};
use kassa_storage::{Operation, OperationStatus, QueueChange, Scope, Timer};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::callout::{Door, Prepared};
use super::fault::{CalloutError, Fault};
use crate::error::GatewayError;
use crate::gateway::Gateway;

/// Kind of the timer that ends an operation.
pub const FINISH: &str = "finish";

/// Business seconds after an intent before the finisher takes it up: a little more than the use case itself waits.
pub const FINISH_AFTER_SECONDS: i64 = 14;

const SECOND: i64 = 1_000_000;

/// What the finisher needs to fold an outcome in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Context {
    /// The Klarna gateway record, for endpoint and credentials.
    pub klarna_gateway_id: String,
    /// Klarna's order, where there is one already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub klarna_order_id: Option<String>,
    /// Who is asked instead of Klarna.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external: Option<Door>,
    /// What is being done.
    pub intent: Intent,
}

/// What is being done, as the rules decided it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", content = "with", rename_all = "snake_case")]
pub(crate) enum Intent {
    /// An approval, or a customer token, becomes an order.
    Place(PlaceIntent),
    /// Money is claimed.
    Capture(CaptureIntent),
    /// Money is given back.
    Refund(RefundIntent),
    /// A guarantee is given up: the whole order, or the rest after a capture.
    Void(VoidIntent),
    /// The approval becomes a customer token too.
    CustomerToken {
        /// The payment source.
        source_id: String,
    },
    /// An approval that will not be used is given back.
    CancelApproval,
    /// An order that Klarna placed and rejected at once must not stay.
    CancelRejected,
    /// A placed order's lines and amount change.
    Edit(EditIntent),
    /// The authorization is kept alive.
    Extend {
        /// When it ends without it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expires_at: Option<Timestamp>,
    },
}

/// What completing a placing needs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct PlaceIntent {
    /// Payable, minor units.
    pub amount: i64,
    /// The call to make once the order is placed, when the session asked for a customer token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_request: Option<PreparedRequest>,
    /// The same where the shop's own gateway makes tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_callout: Option<Prepared>,
}

impl Intent {
    /// The word in the operation's `kind`.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Place(_) => "place_order",
            Self::Capture(_) => "capture",
            Self::Refund(_) => "refund",
            Self::Void(intent) if intent.releases => "release",
            Self::Void(_) => "cancel",
            Self::CustomerToken { .. } => "customer_token",
            Self::CancelApproval => "cancel_approval",
            Self::CancelRejected => "cancel_rejected",
            Self::Edit(_) => "update_authorization",
            Self::Extend { .. } => "extend_authorization",
        }
    }

    /// How much is to move, minor units; `None` where that is not the question.
    pub(crate) fn amount(&self) -> Option<i64> {
        match self {
            Self::Place(intent) => Some(intent.amount),
            Self::Capture(intent) => Some(intent.amount.minor()),
            Self::Refund(intent) => Some(intent.amount.minor()),
            Self::Void(intent) => Some(intent.amount.minor()),
            _ => None,
        }
    }
}

/// A new operation around `request`.
pub(crate) fn begin(
    id: String,
    order_id: &str,
    request: &impl Serialize,
    context: &Context,
    now_us: i64,
) -> Result<Operation, GatewayError> {
    Ok(Operation {
        id,
        order_id: order_id.to_owned(),
        kind: context.intent.word().to_owned(),
        status: OperationStatus::Pending,
        request: to_value(request)?,
        context: to_value(context)?,
        outcome: None,
        attempts: 1,
        created_at: now_us,
        updated_at: now_us,
    })
}

/// The timer that ends `operation` if nobody else does.
pub(crate) fn finisher(operation: &Operation) -> QueueChange {
    QueueChange::Set(Timer {
        id: finisher_id(&operation.id),
        kind: FINISH.to_owned(),
        subject: operation.id.clone(),
        payload: json!({ "order_id": operation.order_id }),
        due_at: operation.created_at + FINISH_AFTER_SECONDS * SECOND,
        attempts: 0,
    })
}

/// Removes that timer.
pub(crate) fn no_finisher(operation_id: &str) -> QueueChange {
    QueueChange::Cancel {
        id: finisher_id(operation_id),
    }
}

fn finisher_id(operation_id: &str) -> String {
    format!("finish:{operation_id}")
}

/// The request inside an operation.
pub(crate) fn request_of(operation: &Operation) -> Result<PreparedRequest, GatewayError> {
    from_value(&operation.id, &operation.request)
}

/// The callout inside an operation.
pub(crate) fn callout_of(operation: &Operation) -> Result<Prepared, GatewayError> {
    from_value(&operation.id, &operation.request)
}

/// Who is asked, as messages name them.
pub(crate) fn whom(operation: &Operation) -> &'static str {
    match operation.context.get("external") {
        Some(_) => "the external gateway",
        None => "klarna",
    }
}

/// That nobody knows what became of an operation, as its gateway's fault.
pub(crate) fn unknown(operation: &Operation, reason: String) -> Fault {
    if operation.context.get("external").is_some() {
        return CalloutError::Unknown(reason).into();
    }
    KlarnaError::OutcomeUnknown {
        reason,
        status: None,
        correlation_id: None,
    }
    .into()
}

/// The context inside an operation.
pub(crate) fn context_of(operation: &Operation) -> Result<Context, GatewayError> {
    from_value(&operation.id, &operation.context)
}

/// The operation closed with `status`; `outcome` gets the calls made and `facts`.
pub(crate) fn close(
    operation: &Operation,
    status: OperationStatus,
    calls: Value,
    facts: Value,
    now_us: i64,
) -> Operation {
    let mut outcome = operation.outcome.clone().unwrap_or_else(|| json!({}));
    if let Value::Object(fields) = &mut outcome {
        fields.insert("calls".to_owned(), calls);
        if let Value::Object(facts) = facts {
            fields.extend(facts);
        }
    }
    Operation {
        status,
        outcome: Some(outcome),
        updated_at: now_us,
        ..operation.clone()
    }
}

/// Operations that change the amounts an order shows at Klarna.
const MOVES_MONEY: [&str; 5] = [
    "capture",
    "refund",
    "cancel",
    "release",
    "update_authorization",
];

/// Whether the operation changes the amounts of an order.
pub(crate) fn moves_money(operation: &Operation) -> bool {
    MOVES_MONEY.contains(&operation.kind.as_str())
}

/// The operations of an order whose outcome is open, oldest first.
pub(crate) async fn open(
    gateway: &Gateway,
    scope: &Scope,
    order_id: &str,
) -> Result<Vec<Operation>, GatewayError> {
    let mut operations = {
        let mut snapshot = gateway.snapshot(&Scope::realm(scope.realm.clone())).await?;
        snapshot.operations(order_id).await?
    };
    operations.retain(is_open);
    Ok(operations)
}

/// Whether the outcome of an operation is open.
pub(crate) fn is_open(operation: &Operation) -> bool {
    matches!(
        operation.status,
        OperationStatus::Pending | OperationStatus::NeedsPerson
    )
}

/// The calls that an operation remembers.
pub(crate) fn calls_of(operation: &Operation) -> Value {
    let calls = operation
        .outcome
        .as_ref()
        .and_then(|outcome| outcome.get("calls"));
    calls.cloned().unwrap_or_else(|| json!([]))
}

/// How long ago the intent was written, in business time.
pub(crate) fn age(operation: &Operation, now_us: i64) -> SignedDuration {
    SignedDuration::from_micros(now_us.saturating_sub(operation.created_at))
}

fn to_value<T: Serialize>(value: &T) -> Result<Value, GatewayError> {
    serde_json::to_value(value).map_err(|error| GatewayError::Internal(error.to_string()))
}

fn from_value<T: for<'de> Deserialize<'de>>(id: &str, value: &Value) -> Result<T, GatewayError> {
    T::deserialize(value)
        .map_err(|error| GatewayError::Internal(format!("operation {id} cannot be read: {error}")))
}
