//! Orders after placing: what Order Management shows and accepts.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::wire::null_as_default;
use crate::{Address, Customer, OrderLine};

/// Where an order stands. There is no refunded state: a refunded order stays captured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OrderStatus {
    /// Nothing captured yet.
    Authorized,
    /// Something captured, something left.
    PartCaptured,
    /// Everything captured, or the rest released.
    Captured,
    /// Given up before any capture.
    Cancelled,
    /// The authorization ran out.
    Expired,
    /// Settled for good.
    Closed,
    /// A word this program does not know.
    #[serde(untagged)]
    Other(String),
}

/// The fraud decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FraudStatus {
    /// Go ahead.
    Accepted,
    /// Not decided yet; at most 24 hours.
    Pending,
    /// Do not ship.
    Rejected,
    /// Accepted first, stopped later (older accounts).
    Stopped,
    /// A word this program does not know.
    #[serde(untagged)]
    Other(String),
}

/// An order as Order Management shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// The order.
    pub order_id: String,
    /// Where it stands.
    pub status: OrderStatus,
    /// The fraud decision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fraud_status: Option<FraudStatus>,
    /// Amount now, minor units.
    #[serde(default, deserialize_with = "null_as_default")]
    pub order_amount: i64,
    /// Amount when it was placed, minor units.
    #[serde(default, deserialize_with = "null_as_default")]
    pub original_order_amount: i64,
    /// Sum of the captures, minor units.
    #[serde(default, deserialize_with = "null_as_default")]
    pub captured_amount: i64,
    /// Sum of the refunds, minor units.
    #[serde(default, deserialize_with = "null_as_default")]
    pub refunded_amount: i64,
    /// What may still be captured, minor units.
    #[serde(default, deserialize_with = "null_as_default")]
    pub remaining_authorized_amount: i64,
    /// ISO 4217.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purchase_currency: Option<String>,
    /// ISO 3166 alpha-2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purchase_country: Option<String>,
    /// `xx-YY`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// Lines.
    #[serde(default, deserialize_with = "null_as_default")]
    pub order_lines: Vec<OrderLine>,
    /// Short number that people see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub klarna_reference: Option<String>,
    /// The merchant's order number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merchant_reference1: Option<String>,
    /// A second reference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merchant_reference2: Option<String>,
    /// Data of the merchant's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merchant_data: Option<String>,
    /// Billing address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billing_address: Option<Address>,
    /// Shipping address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipping_address: Option<Address>,
    /// The payer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<Customer>,
    /// When it was placed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// When the authorization runs out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// Captures, oldest first.
    #[serde(default, deserialize_with = "null_as_default")]
    pub captures: Vec<Capture>,
    /// Refunds, oldest first. There is no other list of them.
    #[serde(default, deserialize_with = "null_as_default")]
    pub refunds: Vec<Refund>,
    /// Parcels.
    #[serde(default, deserialize_with = "null_as_default")]
    pub shipping_info: Vec<ShippingInfo>,
    /// How the shopper pays, in Order Management's own upper-case vocabulary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initial_payment_method: Option<InitialPaymentMethod>,
    /// What the shopper chose from a delivery service that Klarna ran; not used here, passed through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selected_shipping_option: Option<Value>,
}

/// How the shopper pays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct InitialPaymentMethod {
    /// `INVOICE`, `CARD`, `PAY_IN_X` and others.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// For people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Instalments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number_of_installments: Option<i64>,
}

/// A capture as it is shown.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Capture {
    /// The capture.
    pub capture_id: String,
    /// The order's short number with a counter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub klarna_reference: Option<String>,
    /// Minor units.
    pub captured_amount: i64,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub captured_at: Option<Timestamp>,
    /// For the shopper.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The merchant's reference: this program's operation id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Lines.
    #[serde(deserialize_with = "null_as_default")]
    pub order_lines: Vec<OrderLine>,
    /// Refunds allocated to this capture, minor units.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refunded_amount: Option<i64>,
    /// Parcels.
    #[serde(
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "null_as_default"
    )]
    pub shipping_info: Vec<ShippingInfo>,
    /// Billing address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billing_address: Option<Address>,
    /// Shipping address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shipping_address: Option<Address>,
}

/// A refund as it is shown.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Refund {
    /// The refund.
    pub refund_id: String,
    /// Minor units.
    pub refunded_amount: i64,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refunded_at: Option<Timestamp>,
    /// For the shopper.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The merchant's reference: this program's operation id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Lines.
    #[serde(deserialize_with = "null_as_default")]
    pub order_lines: Vec<OrderLine>,
    /// Shown to a business as a credit note for an invoice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credit_invoice: Option<bool>,
}

/// Body of a capture.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CaptureRequest {
    /// Minor units, at most what remains authorized.
    pub captured_amount: i64,
    /// For the shopper.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The merchant's reference, found again in settlement files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Lines; not required, and their sum is not checked.
    #[serde(
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "null_as_default"
    )]
    pub order_lines: Vec<OrderLine>,
    /// Parcels.
    #[serde(
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "null_as_default"
    )]
    pub shipping_info: Vec<ShippingInfo>,
    /// Days until the goods leave; values over 0 need a permission.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shipping_delay: Option<i64>,
}

/// Body of a refund.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RefundRequest {
    /// Minor units, at most what is captured and not yet refunded.
    pub refunded_amount: i64,
    /// For the shopper.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The merchant's reference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Lines; they allocate the refund to a capture.
    #[serde(
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "null_as_default"
    )]
    pub order_lines: Vec<OrderLine>,
}

/// Body of `PATCH .../authorization`. Lines are always written, because leaving them out deletes them at Klarna.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UpdateAuthorizationRequest {
    /// The new amount, minor units, at least what is captured.
    pub order_amount: i64,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// All lines of the order.
    #[serde(deserialize_with = "null_as_default")]
    pub order_lines: Vec<OrderLine>,
}

/// A parcel.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ShippingInfo {
    /// Carrier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shipping_company: Option<String>,
    /// `Home`, `PickUpPoint`, `Digital` and others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shipping_method: Option<String>,
    /// Tracking number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tracking_number: Option<String>,
    /// Tracking page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tracking_uri: Option<String>,
    /// Carrier of a return.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub return_shipping_company: Option<String>,
    /// Tracking number of a return.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub return_tracking_number: Option<String>,
    /// Tracking page of a return.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub return_tracking_uri: Option<String>,
}
