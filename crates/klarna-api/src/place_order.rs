//! Turning an approval into an order.

use serde::{Deserialize, Serialize};

use crate::wire::null_as_default;
use crate::{Address, Customer, FraudStatus, MerchantUrls, OrderLine};

/// Body of `POST /payments/v1/authorizations/{token}/order`. Amounts, lines and addresses must equal what was
/// authorized; references and URLs may differ.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CreateOrderRequest {
    /// ISO 3166 alpha-2.
    pub purchase_country: String,
    /// ISO 4217.
    pub purchase_currency: String,
    /// `xx-YY`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// Sum of the lines, minor units.
    pub order_amount: i64,
    /// Tax inside `order_amount`, minor units.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_tax_amount: Option<i64>,
    /// Lines.
    #[serde(deserialize_with = "null_as_default")]
    pub order_lines: Vec<OrderLine>,
    /// Billing address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billing_address: Option<Address>,
    /// Shipping address.
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
    /// Data of the merchant's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merchant_data: Option<String>,
    /// Promotion codes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_payment_method_ids: Option<Vec<String>>,
    /// Captures at once; needs a permission of the account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_capture: Option<bool>,
}

/// The answer to a placed order, by authorization or by customer token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CreateOrderResponse {
    /// The order at Klarna.
    pub order_id: String,
    /// Where to send the shopper first, so that Klarna may set a cookie.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redirect_url: Option<String>,
    /// Whether the fraud decision fell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fraud_status: Option<FraudStatus>,
    /// How the shopper pays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorized_payment_method: Option<AuthorizedPaymentMethod>,
}

/// How the shopper pays. Reads the documented object and the bare string of the guides' samples; writes the object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "AuthorizedPaymentMethodWire")]
pub struct AuthorizedPaymentMethod {
    /// `invoice`, `fixed_amount`, `base_account`, `direct_debit`, `card` and others, lower case.
    #[serde(rename = "type")]
    pub kind: String,
    /// Days until payment is due.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number_of_days: Option<i64>,
    /// Instalments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number_of_installments: Option<i64>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum AuthorizedPaymentMethodWire {
    Name(String),
    Object {
        #[serde(rename = "type")]
        kind: String,
        #[serde(default)]
        number_of_days: Option<i64>,
        #[serde(default)]
        number_of_installments: Option<i64>,
    },
}

impl From<AuthorizedPaymentMethodWire> for AuthorizedPaymentMethod {
    fn from(wire: AuthorizedPaymentMethodWire) -> Self {
        match wire {
            AuthorizedPaymentMethodWire::Name(kind) => Self {
                kind,
                number_of_days: None,
                number_of_installments: None,
            },
            AuthorizedPaymentMethodWire::Object {
                kind,
                number_of_days,
                number_of_installments,
            } => Self {
                kind,
                number_of_days,
                number_of_installments,
            },
        }
    }
}
