//! The exact calls, one constructor each.
//!
//! Invariant: a [`PreparedRequest`] holds every byte that is sent except the credentials, so that it can be stored
//! before the call and repeated byte for byte after a crash.

mod management;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};

use crate::wire::text;
use crate::{
    AuthorizationToken, CreateOrderRequest, CustomerToken, CustomerTokenCreateRequest,
    CustomerTokenOrderRequest, Session,
};

const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// HTTP method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// GET.
    Get,
    /// POST.
    Post,
    /// PATCH.
    Patch,
    /// DELETE.
    Delete,
}

impl Method {
    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// Which call it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// `POST /payments/v1/sessions`
    CreateSession,
    /// `POST /payments/v1/sessions/{id}`
    UpdateSession,
    /// `GET /payments/v1/sessions/{id}`
    ReadSession,
    /// `DELETE /payments/v1/authorizations/{token}`
    CancelAuthorization,
    /// `POST /payments/v1/authorizations/{token}/order`
    PlaceOrder,
    /// `POST /payments/v1/authorizations/{token}/customer-token`
    CreateCustomerToken,
    /// `GET /customer-token/v1/tokens/{token}`
    ReadCustomerToken,
    /// `POST /customer-token/v1/tokens/{token}/order`
    PlaceTokenOrder,
    /// `PATCH /customer-token/v1/tokens/{token}/status`
    CancelCustomerToken,
    /// `GET /ordermanagement/v1/orders/{id}`
    ReadOrder,
    /// `POST .../acknowledge`
    Acknowledge,
    /// `PATCH .../authorization`
    UpdateAuthorization,
    /// `POST .../cancel`
    CancelOrder,
    /// `POST .../extend-authorization-time`
    ExtendAuthorizationTime,
    /// `PATCH .../merchant-references`
    UpdateMerchantReferences,
    /// `POST .../release-remaining-authorization`
    ReleaseRemaining,
    /// `POST .../captures`
    Capture,
    /// `GET .../captures/{id}`
    ReadCapture,
    /// `POST .../captures/{id}/shipping-info`
    AddShippingInfo,
    /// `POST .../refunds`
    Refund,
    /// `GET .../refunds/{id}`
    ReadRefund,
}

impl Operation {
    /// The word in records and logs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CreateSession => "create_session",
            Self::UpdateSession => "update_session",
            Self::ReadSession => "read_session",
            Self::CancelAuthorization => "cancel_authorization",
            Self::PlaceOrder => "place_order",
            Self::CreateCustomerToken => "create_customer_token",
            Self::ReadCustomerToken => "read_customer_token",
            Self::PlaceTokenOrder => "place_token_order",
            Self::CancelCustomerToken => "cancel_customer_token",
            Self::ReadOrder => "read_order",
            Self::Acknowledge => "acknowledge",
            Self::UpdateAuthorization => "update_authorization",
            Self::CancelOrder => "cancel_order",
            Self::ExtendAuthorizationTime => "extend_authorization_time",
            Self::UpdateMerchantReferences => "update_merchant_references",
            Self::ReleaseRemaining => "release_remaining",
            Self::Capture => "capture",
            Self::ReadCapture => "read_capture",
            Self::AddShippingInfo => "add_shipping_info",
            Self::Refund => "refund",
            Self::ReadRefund => "read_refund",
        }
    }

    /// Whether a lost answer leaves something behind that matters. A session nobody knows about does not.
    #[must_use]
    pub fn has_effect(self) -> bool {
        !matches!(
            self,
            Self::CreateSession
                | Self::UpdateSession
                | Self::ReadSession
                | Self::ReadCustomerToken
                | Self::ReadOrder
                | Self::ReadCapture
                | Self::ReadRefund
        )
    }

    /// Whether Klarna remembers an idempotency key for it.
    #[must_use]
    pub fn honours_idempotency_key(self) -> bool {
        matches!(
            self,
            Self::PlaceTokenOrder
                | Self::Acknowledge
                | Self::UpdateAuthorization
                | Self::CancelOrder
                | Self::ExtendAuthorizationTime
                | Self::UpdateMerchantReferences
                | Self::ReleaseRemaining
                | Self::Capture
                | Self::AddShippingInfo
                | Self::Refund
        )
    }
}

/// One call, ready to be stored and sent.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreparedRequest {
    /// Which call.
    pub operation: Operation,
    /// HTTP method.
    pub method: Method,
    /// Path from the root; may contain a token.
    pub path: String,
    /// Value of `Klarna-Idempotency-Key`, where Klarna honours one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
    /// JSON text; empty for calls without a body.
    #[serde(with = "text")]
    pub body: Vec<u8>,
}

impl std::fmt::Debug for PreparedRequest {
    /// Hides the path's token and the body's personal data.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("PreparedRequest")
            .field("operation", &self.operation)
            .field("path", &self.redacted_path())
            .field("idempotency_key", &self.idempotency_key)
            .field("body_bytes", &self.body.len())
            .finish()
    }
}

impl PreparedRequest {
    /// Creates a session.
    #[must_use]
    pub fn create_session(session: &Session) -> Self {
        let path = "/payments/v1/sessions".to_owned();
        Self::new(
            Operation::CreateSession,
            Method::Post,
            path,
            None,
            encode(session),
        )
    }

    /// Replaces what `session` carries.
    #[must_use]
    pub fn update_session(session_id: &str, session: &Session) -> Self {
        let path = session_path(session_id);
        Self::new(
            Operation::UpdateSession,
            Method::Post,
            path,
            None,
            encode(session),
        )
    }

    /// Reads a session.
    #[must_use]
    pub fn read_session(session_id: &str) -> Self {
        Self::read(Operation::ReadSession, session_path(session_id))
    }

    /// Gives an approval back.
    #[must_use]
    pub fn cancel_authorization(token: &AuthorizationToken) -> Self {
        let path = authorization_path(token);
        Self::new(
            Operation::CancelAuthorization,
            Method::Delete,
            path,
            None,
            Vec::new(),
        )
    }

    /// Turns an approval into an order.
    #[must_use]
    pub fn place_order(token: &AuthorizationToken, order: &CreateOrderRequest) -> Self {
        let path = format!("{}/order", authorization_path(token));
        Self::new(
            Operation::PlaceOrder,
            Method::Post,
            path,
            None,
            encode(order),
        )
    }

    /// Turns an approval into a customer token.
    #[must_use]
    pub fn create_customer_token(
        token: &AuthorizationToken,
        request: &CustomerTokenCreateRequest,
    ) -> Self {
        let path = format!("{}/customer-token", authorization_path(token));
        Self::new(
            Operation::CreateCustomerToken,
            Method::Post,
            path,
            None,
            encode(request),
        )
    }

    /// Reads a customer token.
    #[must_use]
    pub fn read_customer_token(token: &CustomerToken) -> Self {
        Self::read(Operation::ReadCustomerToken, customer_token_path(token))
    }

    /// Charges a customer token.
    #[must_use]
    pub fn place_token_order(
        token: &CustomerToken,
        order: &CustomerTokenOrderRequest,
        idempotency_key: &str,
    ) -> Self {
        let path = format!("{}/order", customer_token_path(token));
        let body = encode(order);
        Self::new(
            Operation::PlaceTokenOrder,
            Method::Post,
            path,
            Some(idempotency_key),
            body,
        )
    }

    /// Gives a customer token up, for good.
    #[must_use]
    pub fn cancel_customer_token(token: &CustomerToken) -> Self {
        let path = format!("{}/status", customer_token_path(token));
        let body = br#"{"status":"CANCELLED"}"#.to_vec();
        Self::new(
            Operation::CancelCustomerToken,
            Method::Patch,
            path,
            None,
            body,
        )
    }

    /// Whether sending it again cannot double an effect: it has none, it carries a key that Klarna honours, or it
    /// places an order, which answers the same for the same token and body.
    #[must_use]
    pub fn may_be_repeated(&self) -> bool {
        !self.operation.has_effect()
            || self.operation == Operation::PlaceOrder
            || (self.operation.honours_idempotency_key() && self.idempotency_key.is_some())
    }

    /// The path without its token, for logs.
    #[must_use]
    pub fn redacted_path(&self) -> String {
        for prefix in ["/payments/v1/authorizations/", "/customer-token/v1/tokens/"] {
            if let Some(rest) = self.path.strip_prefix(prefix) {
                let tail = rest.find('/').map_or("", |slash| &rest[slash..]);
                return format!("{prefix}{{token}}{tail}");
            }
        }
        self.path.clone()
    }

    fn read(operation: Operation, path: String) -> Self {
        Self::new(operation, Method::Get, path, None, Vec::new())
    }

    fn new(
        operation: Operation,
        method: Method,
        path: String,
        idempotency_key: Option<&str>,
        body: Vec<u8>,
    ) -> Self {
        Self {
            operation,
            method,
            path,
            idempotency_key: idempotency_key.map(str::to_owned),
            body,
        }
    }
}

fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).expect("plain data with string keys always encodes")
}

fn segment(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

fn session_path(session_id: &str) -> String {
    format!("/payments/v1/sessions/{}", segment(session_id))
}

fn authorization_path(token: &AuthorizationToken) -> String {
    format!(
        "/payments/v1/authorizations/{}",
        segment(token.expose_secret())
    )
}

fn customer_token_path(token: &CustomerToken) -> String {
    format!(
        "/customer-token/v1/tokens/{}",
        segment(token.expose_secret())
    )
}

fn order_path(order_id: &str) -> String {
    format!("/ordermanagement/v1/orders/{}", segment(order_id))
}
