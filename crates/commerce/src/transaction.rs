//! Transactions: authorizations, captures, voids and refunds. Failed attempts are rows too.
//!
//! Rows are only made by decisions of this room. Balances are kept on the rows, so reading one needs no other.

mod outcome;

use kassa_money::{Currency, MinorUnits};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::aggregate::OrderAggregate;
use crate::body::{Entity, entity};
use crate::external_payment::ExternalPayment;
use crate::ids::{AuthorizationId, CaptureId, OrderId, RefundId, VoidId};

pub use outcome::{LedgerMove, Movement, Outcome, Refusal};

/// What every transaction tells.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TransactionFacts {
    /// The order.
    pub order_id: OrderId,
    /// `<order number>/<letter>/<index>`.
    pub number: String,
    /// Type of the payment source's method.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment_method_type: Option<String>,
    /// Currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency_code: Option<Currency>,
    /// How much.
    pub amount_cents: MinorUnits,
    /// Whether the gateway did it.
    pub succeeded: bool,
    /// What the gateway said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The gateway's error code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_code: Option<String>,
    /// The gateway's error in full.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_detail: Option<String>,
    /// Token the transaction was made with; at Klarna our operation's id, which is also the `reference` there, at an
    /// external gateway what it answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// Our operation behind it, where `token` is the gateway's own. Not part of the API.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation_id: Option<String>,
    /// The gateway's id of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gateway_transaction_id: Option<String>,
    /// The payment source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment_source_id: Option<String>,
    /// Its resource type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment_source_type: Option<String>,
}

impl TransactionFacts {
    /// What a new transaction of an order takes over from it.
    pub(crate) fn of(aggregate: &OrderAggregate) -> Self {
        let source = aggregate.payment_source.as_ref();
        let source_type = source.map(|source| source.resource_type().to_owned());
        Self {
            order_id: aggregate.order.id.clone(),
            payment_method_type: source_type.clone(),
            currency_code: aggregate.order.currency_code,
            payment_source_id: source.map(|source| source.id().to_owned()),
            payment_source_type: source_type,
            ..Self::default()
        }
    }

    /// Whether the operation `id` made it.
    pub fn is_of_operation(&self, id: &str) -> bool {
        self.operation_id.as_deref().or(self.token.as_deref()) == Some(id)
    }

    /// Notes how it went.
    pub(crate) fn decided(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::Done {
                gateway_transaction_id,
                message,
            } => {
                self.succeeded = true;
                self.gateway_transaction_id
                    .clone_from(gateway_transaction_id);
                self.message.clone_from(message);
                let is_external =
                    self.payment_source_type.as_deref() == Some(ExternalPayment::TYPE);
                if let (true, Some(token)) = (is_external, gateway_transaction_id) {
                    self.operation_id = self.token.replace(token.clone());
                }
            }
            Outcome::Refused(refusal) => {
                self.succeeded = false;
                self.error_code = Some(refusal.code.clone());
                self.message = Some(refusal.message.clone());
                self.error_detail.clone_from(&refusal.detail);
            }
        }
    }
}

/// Money guaranteed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Authorization {
    /// Stands beside the body.
    #[serde(skip)]
    pub id: AuthorizationId,
    /// Common facts.
    #[serde(flatten)]
    pub facts: TransactionFacts,
    /// `pending`, `accepted` or `rejected`, where the gateway reviews.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fraud_review: Option<String>,
    /// Σ successful captures.
    pub capture_amount_cents: MinorUnits,
    /// Left to capture.
    pub capture_balance_cents: MinorUnits,
    /// Left to void.
    pub void_balance_cents: MinorUnits,
    /// When the guarantee ends. Not part of the API.
    #[serde(with = "crate::body::time", skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<jiff::Timestamp>,
    /// Everything this version does not interpret.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Money claimed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Capture {
    /// Stands beside the body.
    #[serde(skip)]
    pub id: CaptureId,
    /// Common facts.
    #[serde(flatten)]
    pub facts: TransactionFacts,
    /// The authorization it draws on.
    pub reference_authorization_id: AuthorizationId,
    /// Σ successful refunds.
    pub refund_amount_cents: MinorUnits,
    /// Left to refund.
    pub refund_balance_cents: MinorUnits,
    /// Everything this version does not interpret.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A guarantee given up.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Void {
    /// Stands beside the body.
    #[serde(skip)]
    pub id: VoidId,
    /// Common facts.
    #[serde(flatten)]
    pub facts: TransactionFacts,
    /// The authorization it ends.
    pub reference_authorization_id: AuthorizationId,
    /// Everything this version does not interpret.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Money given back.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Refund {
    /// Stands beside the body.
    #[serde(skip)]
    pub id: RefundId,
    /// Common facts.
    #[serde(flatten)]
    pub facts: TransactionFacts,
    /// The capture it takes from.
    pub reference_capture_id: CaptureId,
    /// Everything this version does not interpret.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

entity!(Authorization, "authorizations");
entity!(Capture, "captures");
entity!(Void, "voids");
entity!(Refund, "refunds");

/// One transaction of an order.
#[derive(Debug, Clone, PartialEq)]
pub enum Transaction {
    /// Money guaranteed.
    Authorization(Authorization),
    /// Money claimed.
    Capture(Capture),
    /// A guarantee given up.
    Void(Void),
    /// Money given back.
    Refund(Refund),
}

impl Transaction {
    /// The resource type, also the `type` attribute.
    pub fn resource_type(&self) -> &'static str {
        match self {
            Self::Authorization(_) => Authorization::TYPE,
            Self::Capture(_) => Capture::TYPE,
            Self::Void(_) => Void::TYPE,
            Self::Refund(_) => Refund::TYPE,
        }
    }

    /// The id.
    pub fn id(&self) -> &str {
        match self {
            Self::Authorization(transaction) => transaction.id(),
            Self::Capture(transaction) => transaction.id(),
            Self::Void(transaction) => transaction.id(),
            Self::Refund(transaction) => transaction.id(),
        }
    }

    /// The record body.
    pub fn to_body(&self) -> Map<String, Value> {
        match self {
            Self::Authorization(transaction) => transaction.to_body(),
            Self::Capture(transaction) => transaction.to_body(),
            Self::Void(transaction) => transaction.to_body(),
            Self::Refund(transaction) => transaction.to_body(),
        }
    }

    /// What every transaction tells.
    pub fn facts(&self) -> &TransactionFacts {
        match self {
            Self::Authorization(transaction) => &transaction.facts,
            Self::Capture(transaction) => &transaction.facts,
            Self::Void(transaction) => &transaction.facts,
            Self::Refund(transaction) => &transaction.facts,
        }
    }

    /// Whatever the gateway wants to be kept with it.
    pub fn set_metadata(&mut self, metadata: Value) {
        let extra = match self {
            Self::Authorization(transaction) => &mut transaction.extra,
            Self::Capture(transaction) => &mut transaction.extra,
            Self::Void(transaction) => &mut transaction.extra,
            Self::Refund(transaction) => &mut transaction.extra,
        };
        extra.insert("metadata".to_owned(), metadata);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_flat_and_keep_unknown_fields() {
        let body = serde_json::json!({
            "order_id": "o", "number": "1/A/1", "amount_cents": 500, "succeeded": true,
            "capture_balance_cents": 500, "metadata": {"a": 1}
        });
        let read = Authorization::from_body("id", body.as_object().unwrap()).unwrap();
        assert_eq!(read.facts.amount_cents, MinorUnits(500));
        assert_eq!(read.extra.keys().collect::<Vec<_>>(), ["metadata"]);
        let written = read.to_body();
        assert_eq!(
            (&written["number"], &written["metadata"]["a"]),
            (&"1/A/1".into(), &1.into())
        );
        assert_eq!(Authorization::from_body("id", &written).unwrap(), read);
    }
}
