//! Payment methods and the kinds of payment source they lead to.

use jiff::Timestamp;
use kassa_money::{Currency, MinorUnits};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::body::{entity, null_is_default, null_is_true, on, time};
use crate::error::CommerceError;
use crate::ids::{MarketId, PaymentMethodId};

/// Kinds of payment source that Kassa serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PaymentSourceKind {
    /// `klarna_payments`.
    Klarna,
    /// `wire_transfers`.
    WireTransfer,
    /// `external_payments`.
    External,
}

impl PaymentSourceKind {
    /// The kind of a resource type.
    ///
    /// # Errors
    /// [`CommerceError::PaymentSourceTypeUnsupported`] for every other type, naming `external_payments` as the way out.
    pub fn parse(resource_type: &str) -> Result<Self, CommerceError> {
        match resource_type {
            "klarna_payments" => Ok(Self::Klarna),
            "wire_transfers" => Ok(Self::WireTransfer),
            "external_payments" => Ok(Self::External),
            other => Err(CommerceError::PaymentSourceTypeUnsupported {
                requested: other.to_owned(),
            }),
        }
    }

    /// The resource type.
    pub fn word(self) -> &'static str {
        match self {
            Self::Klarna => "klarna_payments",
            Self::WireTransfer => "wire_transfers",
            Self::External => "external_payments",
        }
    }
}

/// A way to pay in a market.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PaymentMethod {
    /// Stands beside the body.
    #[serde(skip)]
    pub id: PaymentMethodId,
    /// Name shown to people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Type of the payment source.
    pub payment_source_type: String,
    /// Currency; unset = the market's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency_code: Option<Currency>,
    /// Fulfilment waits for the money.
    #[serde(default = "on", deserialize_with = "null_is_true")]
    pub require_capture: bool,
    /// Place after an approval that came without the browser.
    #[serde(deserialize_with = "null_is_default")]
    pub auto_place: bool,
    /// Capture right after the authorization.
    #[serde(deserialize_with = "null_is_default")]
    pub auto_capture: bool,
    /// Ceiling of `auto_capture`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_capture_max_amount_cents: Option<MinorUnits>,
    /// Cost of paying this way.
    #[serde(deserialize_with = "null_is_default")]
    pub price_amount_cents: MinorUnits,
    /// Switched off since.
    #[serde(with = "time", skip_serializing_if = "Option::is_none")]
    pub disabled_at: Option<Timestamp>,
    /// Market; unset = all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub market_id: Option<MarketId>,
    /// Gateway behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment_gateway_id: Option<String>,
    /// Its resource type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment_gateway_type: Option<String>,
    /// Everything this version does not interpret.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

entity!(PaymentMethod, "payment_methods");

/// Why a method that captures automatically did not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CaptureSkipped {
    /// The shop wants to look at larger amounts itself.
    #[error(
        "the amount {amount} is beyond auto_capture_max_amount_cents {most}; capture it by hand"
    )]
    BeyondLimit {
        /// What was authorized, minor units.
        amount: MinorUnits,
        /// The method's ceiling, minor units.
        most: MinorUnits,
    },
    /// Klarna lets nobody capture meanwhile.
    #[error("klarna reviews the order; it is captured when the review is won")]
    UnderReview,
}

impl PaymentMethod {
    /// Whether an order of this market and currency may use it.
    pub fn serves(&self, market: &MarketId, currency: Currency) -> bool {
        self.disabled_at.is_none()
            && self.market_id.as_ref().is_none_or(|own| own == market)
            && self.currency_code.is_none_or(|own| own == currency)
    }

    /// Whether an authorization of `amount` is captured at once.
    pub fn captures_at_once(&self, amount: MinorUnits) -> bool {
        self.auto_capture && self.ceiling_below(amount).is_none()
    }

    /// Why an authorization of `amount` is not captured at once, where the method would capture another one.
    pub fn capture_skipped(
        &self,
        amount: MinorUnits,
        under_review: bool,
    ) -> Option<CaptureSkipped> {
        let most = self.ceiling_below(amount);
        match most {
            _ if !self.auto_capture => None,
            Some(most) => Some(CaptureSkipped::BeyondLimit { amount, most }),
            None => under_review.then_some(CaptureSkipped::UnderReview),
        }
    }

    /// `auto_capture_max_amount_cents`, where the amount is beyond it.
    fn ceiling_below(&self, amount: MinorUnits) -> Option<MinorUnits> {
        self.auto_capture_max_amount_cents
            .filter(|most| amount > *most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_source_types_name_external_payments() {
        for other in [
            "adyen_payments",
            "axerve_payments",
            "braintree_payments",
            "checkout_com_payments",
            "paypal_payments",
            "stripe_payments",
            "satispay_payments",
        ] {
            let error = PaymentSourceKind::parse(other).unwrap_err();
            assert_eq!(
                error,
                CommerceError::PaymentSourceTypeUnsupported {
                    requested: other.into()
                }
            );
            assert!(error.to_string().contains("external_payments"));
        }
        for word in ["klarna_payments", "wire_transfers", "external_payments"] {
            assert_eq!(PaymentSourceKind::parse(word).unwrap().word(), word);
        }
    }

    #[test]
    fn auto_capture_has_a_ceiling() {
        let mut method = PaymentMethod {
            auto_capture: true,
            ..PaymentMethod::default()
        };
        assert!(method.captures_at_once(MinorUnits(1_000_000)));
        method.auto_capture_max_amount_cents = Some(MinorUnits(500));
        assert!(
            method.captures_at_once(MinorUnits(500)) && !method.captures_at_once(MinorUnits(501))
        );
        let (amount, most) = (MinorUnits(501), MinorUnits(500));
        let beyond = CaptureSkipped::BeyondLimit { amount, most };
        for (amount, under_review, expected) in [
            (501, false, Some(beyond)),
            (501, true, Some(beyond)),
            (500, true, Some(CaptureSkipped::UnderReview)),
            (500, false, None),
        ] {
            let skipped = method.capture_skipped(MinorUnits(amount), under_review);
            assert_eq!(skipped, expected);
        }
        method.auto_capture = false;
        assert_eq!(method.capture_skipped(amount, true), None);
    }
}
