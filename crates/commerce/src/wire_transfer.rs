//! Wire transfers: always authorized at placing, captured by hand when the money has arrived.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::body::entity;
use crate::ids::{OrderId, WireTransferId};

/// A promise to send the money by bank.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct WireTransfer {
    /// Stands beside the body.
    #[serde(skip)]
    pub id: WireTransferId,
    /// The order.
    pub order_id: OrderId,
    /// How the payment is shown to people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment_instrument: Option<Value>,
    /// Everything this version does not interpret.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

entity!(WireTransfer, "wire_transfers");

impl WireTransfer {
    /// A new source for an order.
    pub fn new(id: WireTransferId, order_id: OrderId) -> Self {
        let payment_instrument = Some(json!({"issuer_type": "wire transfer"}));
        Self {
            id,
            order_id,
            payment_instrument,
            extra: Map::new(),
        }
    }
}
