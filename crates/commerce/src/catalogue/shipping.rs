//! Shipping categories, zones, methods, weight tiers and lead times.

use jiff::Timestamp;
use kassa_money::{Currency, MinorUnits};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::body::{entity, null_is_default, time};
use crate::catalogue::{PlacePatterns, UnitOfWeight, Weight};
use crate::ids::{
    DeliveryLeadTimeId, MarketId, ShippingCategoryId, ShippingMethodId, ShippingWeightTierId,
    ShippingZoneId, StockLocationId,
};

/// Goods that travel alike.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ShippingCategory {
    /// Stands beside the body.
    #[serde(skip)]
    pub id: ShippingCategoryId,
    /// Name.
    pub name: String,
    /// Everything this version does not interpret.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

entity!(ShippingCategory, "shipping_categories");

/// Places a method reaches.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ShippingZone {
    /// Stands beside the body.
    #[serde(skip)]
    pub id: ShippingZoneId,
    /// Name.
    pub name: String,
    /// The places.
    #[serde(flatten)]
    pub places: PlacePatterns,
    /// Everything this version does not interpret.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

entity!(ShippingZone, "shipping_zones");

/// How a shipping method is priced.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShippingScheme {
    /// One price.
    #[default]
    Flat,
    /// By weight.
    WeightTiered,
    /// Asked elsewhere.
    External,
}

/// A way for a shipment to travel.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ShippingMethod {
    /// Stands beside the body.
    #[serde(skip)]
    pub id: ShippingMethodId,
    /// Name.
    pub name: String,
    /// How it is priced.
    #[serde(deserialize_with = "null_is_default")]
    pub scheme: ShippingScheme,
    /// Currency; unset = the market's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency_code: Option<Currency>,
    /// Price of one shipment.
    #[serde(deserialize_with = "null_is_default")]
    pub price_amount_cents: MinorUnits,
    /// Order amount above which it costs nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub free_over_amount_cents: Option<MinorUnits>,
    /// That amount is compared with the subtotal, discounts left out.
    #[serde(deserialize_with = "null_is_default")]
    pub use_subtotal: bool,
    /// Lightest shipment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_weight: Option<Weight>,
    /// Heaviest shipment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_weight: Option<Weight>,
    /// Unit of those two and of the tiers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit_of_weight: Option<UnitOfWeight>,
    /// Switched off since.
    #[serde(with = "time", skip_serializing_if = "Option::is_none")]
    pub disabled_at: Option<Timestamp>,
    /// Market; unset = all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub market_id: Option<MarketId>,
    /// Places it reaches; unset = all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shipping_zone_id: Option<ShippingZoneId>,
    /// Goods it carries; unset = all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shipping_category_id: Option<ShippingCategoryId>,
    /// Where it starts; unset = everywhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stock_location_id: Option<StockLocationId>,
    /// Everything this version does not interpret.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

entity!(ShippingMethod, "shipping_methods");

/// A price that holds up to a weight.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ShippingWeightTier {
    /// Stands beside the body.
    #[serde(skip)]
    pub id: ShippingWeightTierId,
    /// Heaviest shipment; unset = no end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub up_to: Option<Weight>,
    /// Price of one shipment.
    pub price_amount_cents: MinorUnits,
    /// The method it refines.
    pub shipping_method_id: ShippingMethodId,
    /// Everything this version does not interpret.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

entity!(ShippingWeightTier, "shipping_weight_tiers");

/// How long a method takes from a location.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeliveryLeadTime {
    /// Stands beside the body.
    #[serde(skip)]
    pub id: DeliveryLeadTimeId,
    /// At least.
    pub min_hours: i64,
    /// At most.
    pub max_hours: i64,
    /// From where.
    pub stock_location_id: StockLocationId,
    /// By which method.
    pub shipping_method_id: ShippingMethodId,
    /// Everything this version does not interpret.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

entity!(DeliveryLeadTime, "delivery_lead_times");

impl DeliveryLeadTime {
    /// `min_days`: whole days, begun ones counted.
    pub fn min_days(&self) -> i64 {
        days(self.min_hours)
    }

    /// `max_days`: whole days, begun ones counted.
    pub fn max_days(&self) -> i64 {
        days(self.max_hours)
    }
}

fn days(hours: i64) -> i64 {
    hours.max(0).div_euclid(24) + i64::from(hours.max(0).rem_euclid(24) > 0)
}
