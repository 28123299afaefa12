//! Markets, price lists and SKUs.

use jiff::Timestamp;
use kassa_money::{Currency, MinorUnits};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::body::{entity, null_is_default, null_is_true, on, time};
use crate::catalogue::{Pattern, UnitOfWeight, Weight};
use crate::ids::{
    InventoryModelId, KlarnaGatewayId, MarketId, OrganizationId, PaymentMethodId, PriceListId,
    ShippingCategoryId, ShippingMethodId, SkuId, SkuOptionId, SubscriptionModelId,
};
use crate::limits;

/// Switches of the organization that decisions look at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OrganizationSettings {
    /// Stands beside the body.
    #[serde(skip)]
    pub id: OrganizationId,
    /// Addresses need a telephone number.
    pub addresses_phone_required: bool,
    /// Lines above which live orders are no longer refreshed by themselves.
    pub orders_autorefresh_cutoff_live: i64,
    /// A wrong coupon is an error.
    pub orders_invalid_coupon_errors: bool,
    /// A wrong gift card is an error.
    pub orders_invalid_gift_card_errors: bool,
    /// Everything decisions do not look at.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

entity!(OrganizationSettings, "organizations");

impl Default for OrganizationSettings {
    fn default() -> Self {
        Self {
            id: OrganizationId::default(),
            addresses_phone_required: true,
            orders_autorefresh_cutoff_live: limits::AUTOREFRESH_CUTOFF,
            orders_invalid_coupon_errors: true,
            orders_invalid_gift_card_errors: true,
            extra: Map::new(),
        }
    }
}

/// Where and how things are sold.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Market {
    /// Stands beside the body.
    #[serde(skip)]
    pub id: MarketId,
    /// Name.
    pub name: String,
    /// Code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// How many shipment lines carry a cost; unset = all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shipping_cost_cutoff: Option<i64>,
    /// Price list.
    pub price_list_id: PriceListId,
    /// Inventory model.
    pub inventory_model_id: InventoryModelId,
    /// Shipping method that new shipments get where it fits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_shipping_method_id: Option<ShippingMethodId>,
    /// Payment method that new orders get.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_payment_method_id: Option<PaymentMethodId>,
    /// Switched off since.
    #[serde(with = "time", skip_serializing_if = "Option::is_none")]
    pub disabled_at: Option<Timestamp>,
    /// Everything this version does not interpret.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

entity!(Market, "markets");

/// A set of prices in one currency.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PriceList {
    /// Stands beside the body.
    #[serde(skip)]
    pub id: PriceListId,
    /// Name.
    pub name: String,
    /// Currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency_code: Option<Currency>,
    /// Prices contain tax.
    #[serde(default = "on", deserialize_with = "null_is_true")]
    pub tax_included: bool,
    /// Everything this version does not interpret.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

entity!(PriceList, "price_lists");

/// Something to sell.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sku {
    /// Stands beside the body.
    #[serde(skip)]
    pub id: SkuId,
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// Picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_url: Option<String>,
    /// Weight of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<Weight>,
    /// Unit of that weight.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit_of_weight: Option<UnitOfWeight>,
    /// Digital: no shipment.
    #[serde(deserialize_with = "null_is_default")]
    pub do_not_ship: bool,
    /// Never out of stock: no stock line.
    #[serde(deserialize_with = "null_is_default")]
    pub do_not_track: bool,
    /// Shipping category.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shipping_category_id: Option<ShippingCategoryId>,
    /// Everything this version does not interpret.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

entity!(Sku, "skus");

/// Something that can be done to a line, for a price.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SkuOption {
    /// Stands beside the body.
    #[serde(skip)]
    pub id: SkuOptionId,
    /// Name.
    pub name: String,
    /// Currency; unset = the market's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency_code: Option<Currency>,
    /// Price of one.
    #[serde(deserialize_with = "null_is_default")]
    pub price_amount_cents: MinorUnits,
    /// SKUs it fits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sku_code_regex: Option<Pattern>,
    /// Market; unset = all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub market_id: Option<MarketId>,
    /// Everything this version does not interpret.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

entity!(SkuOption, "sku_options");

/// Access to Klarna. The credentials are not part of it: they stay with the client.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct KlarnaGateway {
    /// Stands beside the body.
    #[serde(skip)]
    pub id: KlarnaGatewayId,
    /// Name.
    pub name: String,
    /// Region: `EU`, `US` or `OC`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country_code: Option<String>,
    /// Switched off since.
    #[serde(with = "time", skip_serializing_if = "Option::is_none")]
    pub disabled_at: Option<Timestamp>,
}

entity!(KlarnaGateway, "klarna_gateways");

/// How lines may recur.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SubscriptionModel {
    /// Stands beside the body.
    #[serde(skip)]
    pub id: SubscriptionModelId,
    /// How the lines of an order become subscriptions.
    #[serde(deserialize_with = "null_is_default")]
    pub strategy: SubscriptionStrategy,
    /// Frequencies on offer.
    pub frequencies: Vec<String>,
    /// New subscriptions are active at once, with the source order as their first run.
    #[serde(default = "on", deserialize_with = "null_is_true")]
    pub auto_activate: bool,
    /// Subscriptions end with their source order.
    #[serde(deserialize_with = "null_is_default")]
    pub auto_cancel: bool,
    /// Everything this version does not interpret.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

entity!(SubscriptionModel, "subscription_models");

impl Default for SubscriptionModel {
    fn default() -> Self {
        Self {
            id: SubscriptionModelId::default(),
            strategy: SubscriptionStrategy::default(),
            frequencies: Vec::new(),
            auto_activate: true,
            auto_cancel: false,
            extra: Map::new(),
        }
    }
}

/// How the lines of an order become subscriptions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubscriptionStrategy {
    /// One for each frequency.
    #[default]
    ByFrequency,
    /// One for each line.
    ByLineItems,
}
