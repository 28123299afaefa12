//! Payment sessions: what the shopper is about to approve.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::wire::null_as_default;
use crate::{Address, AuthorizationToken, ClientToken, Customer, MerchantUrls, OrderLine};

/// A session as it is created, updated and read.
///
/// Create needs `purchase_country`, `purchase_currency`, `order_amount` and `order_lines`; an update needs nothing
/// and replaces what it carries; the last five fields are Klarna's and ignored when sent.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Session {
    /// `ECOMMERCE` (default), `IN_STORE` or `TELESALES`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acquiring_channel: Option<String>,
    /// `buy` (default), `tokenize`, `buy_and_tokenize`, `buy_and_default_tokenize`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intent: Option<String>,
    /// ISO 3166 alpha-2; overridden by the billing country.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purchase_country: Option<String>,
    /// ISO 4217; the country's one currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purchase_currency: Option<String>,
    /// `xx-YY`; one of the country's locales.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// Sum of the lines, minor units.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_amount: Option<i64>,
    /// Tax inside `order_amount`, minor units.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_tax_amount: Option<i64>,
    /// Lines, at most [`crate::limits::ORDER_LINES`].
    #[serde(
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "null_as_default"
    )]
    pub order_lines: Vec<OrderLine>,
    /// Billing address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billing_address: Option<Address>,
    /// Shipping address; the billing address when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shipping_address: Option<Address>,
    /// The payer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer: Option<Customer>,
    /// Addresses that Klarna calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merchant_urls: Option<MerchantUrls>,
    /// The merchant's order number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merchant_reference1: Option<String>,
    /// A second reference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merchant_reference2: Option<String>,
    /// Data of the merchant's own, at most 6000 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merchant_data: Option<String>,
    /// Colours of the widget.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub options: Option<Value>,
    /// Name of a design.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub design: Option<String>,
    /// Promotion codes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_payment_method_ids: Option<Vec<String>>,
    /// Extra merchant data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attachment: Option<Attachment>,
    /// Continues a charge that failed with a step-up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step_up_id: Option<String>,
    /// Read only: opens the browser SDK.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_token: Option<ClientToken>,
    /// Read only: end of life.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// Read only: `incomplete`, or `complete` once an order was placed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Read only: what the shopper may choose from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment_method_categories: Option<Vec<PaymentMethodCategory>>,
    /// Read only: the newest approval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorization_token: Option<AuthorizationToken>,
}

/// Data in a format of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// `application/vnd.klarna.internal.emd-v2+json`.
    pub content_type: String,
    /// JSON as text.
    pub body: String,
}

/// The answer to a create.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SessionCreated {
    /// The session.
    pub session_id: String,
    /// Opens the browser SDK.
    pub client_token: ClientToken,
    /// What the shopper may choose from.
    #[serde(default, deserialize_with = "null_as_default")]
    pub payment_method_categories: Vec<PaymentMethodCategory>,
}

/// A way to pay, as the widget offers it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PaymentMethodCategory {
    /// `klarna`, `pay_later`, `pay_now`, `pay_over_time`, `direct_bank_transfer`, `direct_debit`.
    pub identifier: String,
    /// Localised name.
    pub name: String,
    /// Pictures; may be empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asset_urls: Option<AssetUrls>,
}

/// Pictures of a category.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AssetUrls {
    /// With text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub descriptive: Option<String>,
    /// Plain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub standard: Option<String>,
}
