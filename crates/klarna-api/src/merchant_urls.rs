//! Addresses of the merchant that Klarna calls or sends the shopper to.

use serde::{Deserialize, Serialize};

/// Each at most 2000 characters; `{session.id}` and `{order.id}` are filled in by Klarna in all but
/// `authorization`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MerchantUrls {
    /// Where the shopper lands after the order is placed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirmation: Option<String>,
    /// Called when the fraud decision of a pending order falls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notification: Option<String>,
    /// Called when an order was placed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub push: Option<String>,
    /// Called with the authorization token after the shopper approved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorization: Option<String>,
}
