//! Stock locations, stock items and the inventory model that ties them to a market.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::body::{entity, null_is_default};
use crate::ids::{
    AddressId, InventoryModelId, InventoryStockLocationId, SkuId, StockItemId, StockLocationId,
};
use crate::limits;

/// Where goods lie.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StockLocation {
    /// Stands beside the body.
    #[serde(skip)]
    pub id: StockLocationId,
    /// Name.
    pub name: String,
    /// Its address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address_id: Option<AddressId>,
    /// Everything this version does not interpret.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

entity!(StockLocation, "stock_locations");

/// How much of one SKU lies at one location.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StockItem {
    /// Stands beside the body.
    #[serde(skip)]
    pub id: StockItemId,
    /// The SKU's code.
    pub sku_code: String,
    /// What can be sold now.
    pub quantity: i64,
    /// Where.
    pub stock_location_id: StockLocationId,
    /// The SKU.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sku_id: Option<SkuId>,
    /// Everything this version does not interpret.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

entity!(StockItem, "stock_items");

/// How an order is spread over locations.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InventoryStrategy {
    /// Everything from one location, or out of stock.
    #[default]
    NoSplit,
    /// Stock in priority order, one shipment for each location used.
    SplitShipments,
    /// Like `SplitShipments`, but one line never comes from two locations.
    SplitByLineItems,
    /// From the first location; what is missing there is transferred to it first.
    ShipFromPrimary,
    /// From the first location that has everything, else as from the primary one.
    ShipFromFirstAvailableOrPrimary,
}

/// A market's rules about stock.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct InventoryModel {
    /// Stands beside the body.
    #[serde(skip)]
    pub id: InventoryModelId,
    /// Name.
    pub name: String,
    /// How an order is spread.
    #[serde(deserialize_with = "null_is_default")]
    pub strategy: InventoryStrategy,
    /// How many locations are used.
    pub stock_locations_cutoff: Option<i64>,
    /// Seconds for which stock is held for an order that is not placed.
    pub stock_reservation_cutoff: Option<i64>,
    /// Transfers wait when the shipment they serve is put on hold.
    #[serde(deserialize_with = "null_is_default")]
    pub put_stock_transfers_on_hold: bool,
    /// Stock is taken off by hand, not by approving orders.
    #[serde(deserialize_with = "null_is_default")]
    pub manual_stock_decrement: bool,
    /// Everything this version does not interpret.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

entity!(InventoryModel, "inventory_models");

impl Default for InventoryModel {
    fn default() -> Self {
        Self {
            id: InventoryModelId::default(),
            name: String::new(),
            strategy: InventoryStrategy::default(),
            stock_locations_cutoff: Some(limits::STOCK_LOCATIONS_CUTOFF),
            stock_reservation_cutoff: Some(limits::STOCK_RESERVATION_SECONDS),
            put_stock_transfers_on_hold: false,
            manual_stock_decrement: false,
            extra: Map::new(),
        }
    }
}

/// The place of a location in an inventory model.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct InventoryStockLocation {
    /// Stands beside the body.
    #[serde(skip)]
    pub id: InventoryStockLocationId,
    /// Lowest first.
    pub priority: i64,
    /// Shipments from here wait.
    #[serde(deserialize_with = "null_is_default")]
    pub on_hold: bool,
    /// The location.
    pub stock_location_id: StockLocationId,
    /// The model.
    pub inventory_model_id: InventoryModelId,
    /// Everything this version does not interpret.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

entity!(InventoryStockLocation, "inventory_stock_locations");
