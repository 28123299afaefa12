//! Options of a line (engraving, gift wrap): each adds to the line's `options_amount_cents`.

use kassa_money::{Currency, MinorUnits};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::body::entity;
use crate::ids::{LineItemId, LineItemOptionId, SkuOptionId};

/// One option chosen for a line.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LineItemOption {
    /// Stands beside the body.
    #[serde(skip)]
    pub id: LineItemOptionId,
    /// The line.
    pub line_item_id: LineItemId,
    /// What was chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sku_option_id: Option<SkuOptionId>,
    /// Name shown to people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How many.
    pub quantity: i64,
    /// Currency of the order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency_code: Option<Currency>,
    /// Price of one.
    pub unit_amount_cents: MinorUnits,
    /// Price of all.
    pub total_amount_cents: MinorUnits,
    /// What the shopper typed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub options: Option<Value>,
    /// Everything this version does not interpret.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

entity!(LineItemOption, "line_item_options");
