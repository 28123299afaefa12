//! Adjustments: amounts that people put on an order, either sign.

use kassa_money::{Currency, MinorUnits};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::body::{entity, null_is_true, on};
use crate::ids::AdjustmentId;

/// An amount to add to an order, or to take off it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Adjustment {
    /// Stands beside the body.
    #[serde(skip)]
    pub id: AdjustmentId,
    /// Name shown to people.
    pub name: String,
    /// Currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency_code: Option<Currency>,
    /// How much; below zero takes off.
    pub amount_cents: MinorUnits,
    /// An amount below zero lowers what is taxed of the goods.
    #[serde(default = "on", deserialize_with = "null_is_true")]
    pub distribute_discount: bool,
    /// Everything this version does not interpret.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

entity!(Adjustment, "adjustments");
