//! The plan that a shopper paid with, in the two vocabularies: Payments writes lower case, Order Management upper.
//!
//! Source: the enumerations of both specifications; which methods may grow or be extended comes from the guides.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A chosen plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentMethod {
    /// The wire type of Payments, such as `invoice`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Days until payment, for plans that pay once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number_of_days: Option<u32>,
    /// Instalments, for plans that pay in parts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number_of_installments: Option<u32>,
}

const TYPES: [&str; 12] = [
    "invoice",
    "fixed_amount",
    "base_account",
    "direct_debit",
    "direct_bank_transfer",
    "b2b_invoice",
    "card",
    "slice_it_by_card",
    "pay_later_by_card",
    "pay_by_card",
    "fixed_sum_credit",
    "alternative_payment_method",
];

impl PaymentMethod {
    /// The plan behind a category or wire type; pay in 30 days when nothing is chosen. `None` when it is unknown.
    #[must_use]
    pub fn choose(name: Option<&str>) -> Option<Self> {
        let name = name.unwrap_or("pay_later");
        let kind = match name {
            "klarna" | "pay_later" => "invoice",
            "pay_over_time" => "slice_it_by_card",
            "pay_now" => "direct_debit",
            other => TYPES.iter().find(|known| **known == other)?,
        };
        Some(Self {
            kind: kind.to_owned(),
            number_of_days: matches!(kind, "invoice" | "b2b_invoice" | "pay_later_by_card")
                .then_some(30),
            number_of_installments: match kind {
                "slice_it_by_card" => Some(3),
                "fixed_amount" | "fixed_sum_credit" => Some(12),
                _ => None,
            },
        })
    }

    /// `authorized_payment_method`: an object by the specification, a bare string in the guides' samples.
    pub(crate) fn wire(&self, as_string: bool) -> Value {
        if as_string {
            return self.kind.clone().into();
        }
        let mut object = json!({"type": self.kind});
        if let Some(days) = self.number_of_days {
            object["number_of_days"] = days.into();
        }
        if let Some(installments) = self.number_of_installments {
            object["number_of_installments"] = installments.into();
        }
        object
    }

    /// `initial_payment_method` of Order Management.
    pub(crate) fn managed(&self) -> Value {
        let (kind, description) = match self.kind.as_str() {
            "invoice" => ("INVOICE", "Pay in 30 days"),
            "b2b_invoice" => ("INVOICE_BUSINESS", "Invoice for businesses"),
            "fixed_amount" => ("FIXED_AMOUNT", "Monthly payments"),
            "base_account" => ("ACCOUNT", "Account"),
            "direct_debit" => ("DIRECT_DEBIT", "Direct debit"),
            "direct_bank_transfer" => ("BANK_TRANSFER", "Bank transfer"),
            "card" => ("CARD", "Card"),
            "pay_by_card" => ("PAY_BY_CARD", "Card"),
            "slice_it_by_card" => ("FIXED_AMOUNT_BY_CARD", "Payments in parts"),
            "pay_later_by_card" => ("PAY_LATER_BY_CARD", "Pay in 30 days"),
            "fixed_sum_credit" => ("FIXED_SUM_CREDIT", "Financing"),
            "alternative_payment_method" => ("ALTERNATIVE_PAYMENT_METHOD", "Other method"),
            _ => ("OTHER", "Other method"),
        };
        let mut object = json!({"type": kind, "description": description});
        if let Some(installments) = self.number_of_installments {
            object["number_of_installments"] = installments.into();
        }
        object
    }

    /// Whether an authorization with this plan may grow in a country.
    pub(crate) fn may_increase(&self, country: &str) -> bool {
        match self.kind.as_str() {
            "invoice" | "b2b_invoice" | "base_account" | "direct_debit" => country != "CH",
            "fixed_amount" => {
                matches!(
                    country,
                    "AT" | "DE" | "DK" | "FI" | "FR" | "NL" | "NO" | "SE"
                )
            }
            _ => false,
        }
    }

    /// Whether the customer's due date may be moved: plans that are paid later, in one sum or in parts.
    pub(crate) fn may_extend_due_date(&self) -> bool {
        matches!(
            self.kind.as_str(),
            "invoice" | "b2b_invoice" | "pay_later_by_card" | "slice_it_by_card"
        )
    }

    /// Whether the authorization time may be extended: not for cards paid now, in the US not for financing.
    pub(crate) fn may_extend(&self, country: &str) -> bool {
        match self.kind.as_str() {
            "card" | "pay_by_card" => false,
            "slice_it_by_card" | "fixed_sum_credit" => country != "US",
            _ => true,
        }
    }
}
