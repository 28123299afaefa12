//! Shipments and the stock they take. Both are rebuilt from the lines while the order is open, see `cart::shipping`.

pub mod change;

use jiff::Timestamp;
use kassa_money::{Currency, MinorUnits};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::body::{entity, time};
use crate::ids::{
    AddressId, DeliveryLeadTimeId, InventoryStockLocationId, LineItemId, OrderId, ShipmentId,
    ShippingCategoryId, ShippingMethodId, SkuId, StockItemId, StockLineItemId, StockLocationId,
};
use crate::states::ShipmentStatus;
use crate::stock_reservation::StockHold;

/// A part of a line that travels in a shipment. Not part of the API: it tells which lines belong to the shipment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// The line.
    pub line_item_id: LineItemId,
    /// The SKU.
    pub sku_code: String,
    /// How many of the line.
    pub quantity: i64,
}

/// What leaves one stock location in one shipping category.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Shipment {
    /// Stands beside the body.
    #[serde(skip)]
    pub id: ShipmentId,
    /// The order.
    pub order_id: OrderId,
    /// `<order number or id>/S/<index>`.
    pub number: String,
    /// Where it stands.
    pub status: ShipmentStatus,
    /// Currency of the order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency_code: Option<Currency>,
    /// Cost of the chosen shipping method.
    pub cost_amount_cents: MinorUnits,
    /// Σ quantities inside.
    pub skus_count: i64,
    /// Category of everything inside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shipping_category_id: Option<ShippingCategoryId>,
    /// The location's place in the inventory model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inventory_stock_location_id: Option<InventoryStockLocationId>,
    /// Where it leaves from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stock_location_id: Option<StockLocationId>,
    /// Address of that location.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin_address_id: Option<AddressId>,
    /// Where it goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shipping_address_id: Option<AddressId>,
    /// Chosen way to travel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shipping_method_id: Option<ShippingMethodId>,
    /// How long that takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery_lead_time_id: Option<DeliveryLeadTimeId>,
    /// Parts of lines inside. Not part of the API.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contents: Vec<Content>,
    /// When somebody had to wait.
    #[serde(with = "time", skip_serializing_if = "Option::is_none")]
    pub on_hold_at: Option<Timestamp>,
    /// When collecting began.
    #[serde(with = "time", skip_serializing_if = "Option::is_none")]
    pub picking_at: Option<Timestamp>,
    /// When packing began.
    #[serde(with = "time", skip_serializing_if = "Option::is_none")]
    pub packing_at: Option<Timestamp>,
    /// When it was ready for the carrier.
    #[serde(with = "time", skip_serializing_if = "Option::is_none")]
    pub ready_to_ship_at: Option<Timestamp>,
    /// When it left.
    #[serde(with = "time", skip_serializing_if = "Option::is_none")]
    pub shipped_at: Option<Timestamp>,
    /// When it arrived.
    #[serde(with = "time", skip_serializing_if = "Option::is_none")]
    pub delivered_at: Option<Timestamp>,
    /// Everything this version does not interpret.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

entity!(Shipment, "shipments");

/// What a shipment takes from one stock item.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StockLineItem {
    /// Stands beside the body.
    #[serde(skip)]
    pub id: StockLineItemId,
    /// The shipment.
    pub shipment_id: ShipmentId,
    /// The line it serves.
    pub line_item_id: LineItemId,
    /// Where the goods are counted.
    pub stock_item_id: StockItemId,
    /// The SKU.
    pub sku_id: SkuId,
    /// Its code.
    pub sku_code: String,
    /// How many.
    pub quantity: i64,
    /// What it holds of the stock item. Not part of the API.
    #[serde(skip_serializing_if = "StockHold::is_none")]
    pub hold: StockHold,
    /// Name shown to people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_url: Option<String>,
    /// Everything this version does not interpret.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

entity!(StockLineItem, "stock_line_items");
