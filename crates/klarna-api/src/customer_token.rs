//! Charging a shopper again.

use serde::{Deserialize, Serialize};

use crate::session::Attachment;
use crate::wire::null_as_default;
use crate::{Address, Customer, CustomerToken, MerchantUrls, OrderLine};

/// Body of `POST /payments/v1/authorizations/{token}/customer-token`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CustomerTokenCreateRequest {
    /// ISO 3166 alpha-2.
    pub purchase_country: String,
    /// ISO 4217.
    pub purchase_currency: String,
    /// `xx-YY`.
    pub locale: String,
    /// `SUBSCRIPTION`.
    pub intended_use: String,
    /// What for, 1 to 255 characters.
    pub description: String,
    /// Billing address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billing_address: Option<Address>,
    /// The payer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer: Option<Customer>,
}

/// The answer to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CustomerTokenCreated {
    /// The token.
    pub token_id: CustomerToken,
    /// Where to send the shopper.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redirect_url: Option<String>,
    /// Klarna's name of the payment method.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_method_reference: Option<String>,
    /// Billing address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billing_address: Option<Address>,
    /// The payer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<Customer>,
}

/// A customer token as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerTokenRead {
    /// `ACTIVE`, `CANCELLED`, `SUSPENDED`.
    pub status: String,
    /// `INVOICE`, `CARD`, `DIRECT_DEBIT` and others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_method_type: Option<String>,
    /// The card, masked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card: Option<Card>,
    /// The bank account, masked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub direct_debit: Option<DirectDebit>,
}

/// A masked card.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Card {
    /// Brand.
    pub brand: String,
    /// `MM/YYYY`.
    pub expiry_date: String,
    /// Number with all but a few digits hidden.
    pub masked_number: String,
}

/// A masked bank account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DirectDebit {
    /// Number with all but a few digits hidden.
    pub masked_number: String,
}

/// Body of `POST /customer-token/v1/tokens/{t}/order`. It has no purchase country and no billing address.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CustomerTokenOrderRequest {
    /// ISO 4217.
    pub purchase_currency: String,
    /// `xx-YY`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// Sum of the lines, minor units, at least 1.
    pub order_amount: i64,
    /// Tax inside it, minor units.
    pub order_tax_amount: i64,
    /// Lines.
    #[serde(deserialize_with = "null_as_default")]
    pub order_lines: Vec<OrderLine>,
    /// Shipping address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shipping_address: Option<Address>,
    /// Addresses that Klarna calls; `confirmation` is required when present.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merchant_urls: Option<MerchantUrls>,
    /// The merchant's order number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merchant_reference1: Option<String>,
    /// This program's operation id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merchant_reference2: Option<String>,
    /// Data of the merchant's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merchant_data: Option<String>,
    /// Captures at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_capture: Option<bool>,
    /// `SUPPORTED` or `NOT_SUPPORTED` (default).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step_up: Option<String>,
    /// Extra merchant data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attachment: Option<Attachment>,
}
