//! Everything a use case can answer other than success.
//!
//! Invariant: outward facts and inward context are different fields; `gateway-http` maps each variant to one
//! status and code, without a wildcard arm.

use kassa_commerce::error::{CommerceError, ErrorCode, Field as Place, SubscriptionError};
use kassa_storage::StoreError;
use serde_json::Value;

/// Where in the request a violation sits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Field {
    /// `/data/attributes/<name>`.
    Attribute(String),
    /// `/data/relationships/<name>`.
    Relationship(String),
    /// `/data`.
    Base,
}

/// One rule that the request breaks: becomes one 422 error object.
#[derive(Debug, Clone, PartialEq)]
pub struct Violation {
    /// Where.
    pub field: Field,
    /// Machine word, e.g. `blank`, `taken`, `less_than_or_equal_to`.
    pub error: String,
    /// What is wrong, without the field's name.
    pub message: String,
    /// What was sent, if that helps.
    pub value: Option<Value>,
    /// Further facts for `meta`.
    pub meta: serde_json::Map<String, Value>,
}

impl Violation {
    /// A violation of the attribute `name`.
    pub fn attribute(name: &str, error: &str, message: impl Into<String>) -> Self {
        Self::new(Field::Attribute(name.to_owned()), error, message)
    }

    /// A violation of the relationship `name`.
    pub fn relationship(name: &str, error: &str, message: impl Into<String>) -> Self {
        Self::new(Field::Relationship(name.to_owned()), error, message)
    }

    /// A violation of the whole request.
    pub fn base(error: &str, message: impl Into<String>) -> Self {
        Self::new(Field::Base, error, message)
    }

    /// The same, naming what was sent.
    #[must_use]
    pub fn with_value(mut self, value: Value) -> Self {
        self.value = Some(value);
        self
    }

    fn new(field: Field, error: &str, message: impl Into<String>) -> Self {
        Self {
            field,
            error: error.to_owned(),
            message: message.into(),
            value: None,
            meta: serde_json::Map::new(),
        }
    }
}

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// Rules are broken (422 `VALIDATION_ERROR`).
    #[error("the request breaks {} rule(s)", .0.len())]
    Invalid(Vec<Violation>),
    /// The request is malformed (400): published code, what was sent and what was expected, and the query
    /// parameter or document pointer.
    #[error("{detail}")]
    Malformed {
        /// Published code, e.g. `INVALID_FIELD`.
        code: &'static str,
        /// What was sent, what was expected.
        detail: String,
        /// Query parameter, if the fault is there.
        parameter: Option<String>,
        /// JSON pointer, if the fault is there.
        pointer: Option<String>,
    },
    /// No such record for this caller (404 `RECORD_NOT_FOUND`).
    #[error("no {kind} {id}")]
    NotFound {
        /// Resource type.
        kind: String,
        /// Id asked for.
        id: String,
    },
    /// No such resource type or route (404 `INVALID_RESOURCE`).
    #[error("no resource {0}")]
    NoResource(String),
    /// The verb is not offered (405).
    #[error("{verb} is not offered on {kind}")]
    NotOffered {
        /// Resource type.
        kind: String,
        /// The verb.
        verb: &'static str,
    },
    /// The token is fine, the action or row is not allowed (401 `UNAUTHORIZED`).
    #[error("not allowed: {0}")]
    Denied(String),
    /// The token is missing, malformed or expired (401 `INVALID_TOKEN`).
    #[error("the access token is not valid: {0}")]
    InvalidToken(String),
    /// Deleting would orphan something (423 `LOCKED`).
    #[error("locked: {0}")]
    Locked(String),
    /// Too many requests or a query over its budget (429 / 400): says which.
    #[error("{0}")]
    TooBroad(String),
    /// The token endpoint refuses (400 or 401), with its OAuth code.
    #[error("{code}: {detail}")]
    OAuth {
        /// `invalid_client`, `invalid_grant`, `invalid_scope`, `unsupported_grant_type`, `invalid_request`.
        code: &'static str,
        /// What is wrong.
        detail: String,
    },
    /// The store is not available now (503; says only the trace id).
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// A fault of ours (500; says only the trace id).
    #[error("internal: {0}")]
    Internal(String),
}

impl GatewayError {
    /// One violation.
    #[must_use]
    pub fn violation(violation: Violation) -> Self {
        Self::Invalid(vec![violation])
    }

    /// No such record.
    pub fn not_found(kind: impl Into<String>, id: impl Into<String>) -> Self {
        Self::NotFound {
            kind: kind.into(),
            id: id.into(),
        }
    }
}

impl From<StoreError> for GatewayError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(reason) => Self::Unavailable(reason),
            StoreError::TooBroad => {
                Self::TooBroad("the filter would read too many rows".to_owned())
            }
            StoreError::UnknownField(name) => Self::Malformed {
                code: "FILTER_NOT_ALLOWED",
                detail: format!("{name} cannot be filtered on or sorted by"),
                parameter: Some("filter".to_owned()),
                pointer: None,
            },
            error @ StoreError::Corrupt { .. } => Self::Internal(error.to_string()),
        }
    }
}

impl From<CommerceError> for GatewayError {
    fn from(error: CommerceError) -> Self {
        if error.code() == ErrorCode::RecordNotFound {
            return match error {
                CommerceError::LineNotFound { id } => Self::not_found("line_items", id.as_str()),
                CommerceError::ShipmentNotFound { id } => Self::not_found("shipments", id.as_str()),
                CommerceError::TransactionNotFound { id } => Self::not_found("transactions", id),
                other => Self::not_found("orders", other.to_string()),
            };
        }
        Self::violation(Violation::from(&error))
    }
}

impl From<SubscriptionError> for GatewayError {
    fn from(error: SubscriptionError) -> Self {
        CommerceError::from(error).into()
    }
}

impl From<&CommerceError> for Violation {
    fn from(error: &CommerceError) -> Self {
        let field = match error.field() {
            Place::Attribute(name) => Field::Attribute(name.to_owned()),
            Place::Relationship(name) => Field::Relationship(name.to_owned()),
            Place::Base => Field::Base,
        };
        let mut violation = Self::new(field, error.word(), error.to_string());
        match error {
            CommerceError::OutOfStock {
                requested,
                available,
                ..
            } => {
                violation.value = Some((*requested).into());
                violation
                    .meta
                    .insert("count".to_owned(), (*available).into());
            }
            CommerceError::AmountNotPositive { requested }
            | CommerceError::CaptureExceedsRemaining { requested, .. }
            | CommerceError::RefundExceedsRemaining { requested, .. } => {
                violation.value = Some(requested.minor().into());
            }
            _ => {}
        }
        violation
    }
}
