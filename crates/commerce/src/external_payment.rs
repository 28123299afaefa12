//! External payments: a gateway of the shop's own is asked, over its addresses, for everything that money does.
//!
//! What is asked and how is outside of this room; the decisions are those of every other transaction. Invariant: what a
//! transaction was made with says which gateway is asked about it later.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::aggregate::OrderAggregate;
use crate::body::{Entity, entity};
use crate::ids::{ExternalPaymentId, OrderId};
use crate::payment_source::PaymentSource;
use crate::transaction::TransactionFacts;

/// What the shop's own gateway knows a payment by.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ExternalPayment {
    /// Stands beside the body.
    #[serde(skip)]
    pub id: ExternalPaymentId,
    /// The order.
    pub order_id: OrderId,
    /// The gateway it was made with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment_gateway_id: Option<String>,
    /// Its resource type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment_gateway_type: Option<String>,
    /// What the front end got from the gateway: a card, an approval, whatever it means there.
    pub payment_source_token: String,
    /// Anything that the gateway wants to know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub options: Option<Value>,
    /// How the payment is shown to people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment_instrument: Option<Value>,
    /// Everything this version does not interpret.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

entity!(ExternalPayment, "external_payments");

/// The type of the gateways behind them.
pub const GATEWAY_TYPE: &str = "external_gateways";

impl ExternalPayment {
    /// A new source for an order.
    pub fn new(
        id: ExternalPaymentId,
        order_id: OrderId,
        gateway: Option<String>,
        token: String,
    ) -> Self {
        Self {
            id,
            order_id,
            payment_gateway_id: gateway,
            payment_gateway_type: Some(GATEWAY_TYPE.to_owned()),
            payment_source_token: token,
            payment_instrument: Some(json!({"issuer_type": "external payment"})),
            ..Self::default()
        }
    }
}

/// The external gateway behind a transaction of the order; `None` for those that another one made, or none.
pub fn gateway_behind<'a>(
    aggregate: &'a OrderAggregate,
    facts: &TransactionFacts,
) -> Option<&'a ExternalPayment> {
    let made_with = facts.payment_source_type.as_deref() == Some(ExternalPayment::TYPE);
    let source = aggregate.payment_source.as_ref();
    source
        .and_then(PaymentSource::external)
        .filter(|_| made_with)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transaction_that_another_gateway_made_is_not_asked_about() {
        let source = ExternalPayment::new("p".into(), "o".into(), Some("g".into()), "t".into());
        let aggregate = OrderAggregate {
            payment_source: Some(PaymentSource::External(source)),
            ..OrderAggregate::default()
        };
        let mut facts = TransactionFacts::of(&aggregate);
        let behind = gateway_behind(&aggregate, &facts).unwrap();
        assert_eq!(behind.payment_gateway_id.as_deref(), Some("g"));
        facts.payment_source_type = Some("wire_transfers".to_owned());
        assert_eq!(gateway_behind(&aggregate, &facts), None);
    }
}
