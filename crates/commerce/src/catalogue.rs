//! What a decision needs to know of the shop's configuration: market, prices, stock, shipping, payment, tax.
//!
//! Plain data, read by the caller; whatever is absent here does not exist for the decision. Nothing here is written
//! by this room, except that placing answers which counters (stock, balances, usages) have to move.

mod adjustment;
mod bundle;
mod gift_card;
mod market;
mod pattern;
mod price;
mod promotion;
mod shipping;
mod stock;
mod tax;
mod weight;

use kassa_money::Currency;

pub use adjustment::Adjustment;
pub use bundle::{Bundle, SkuList, SkuListItem};
pub use gift_card::{GIFT_CARD_TRIGGERS, GiftCard, GiftCardStatus, GiftCardTrigger};
pub use market::{
    KlarnaGateway, Market, OrganizationSettings, PriceList, Sku, SkuOption, SubscriptionModel,
    SubscriptionStrategy,
};
pub use pattern::{Pattern, PlacePatterns};
pub use price::{Price, PriceFrequencyTier, PriceVolumeTier};
pub use promotion::{Coupon, OrderAmountRule, Promotion, PromotionStatus, SkuListRule};
pub use shipping::{
    DeliveryLeadTime, ShippingCategory, ShippingMethod, ShippingScheme, ShippingWeightTier,
    ShippingZone,
};
pub use stock::{
    InventoryModel, InventoryStockLocation, InventoryStrategy, StockItem, StockLocation,
};
pub use tax::{TaxCategory, TaxRule, Taxability};
pub use weight::{UnitOfWeight, Weight};

use crate::error::CommerceError;
use crate::ids::{PaymentMethodId, ShippingMethodId, SkuId};
use crate::payment_method::PaymentMethod;

/// Configuration for one decision about one order.
///
/// Lists may hold more than the order needs; `skus`, `prices` and `stock_items` must hold all of its SKUs.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Catalogue {
    /// Switches of the organization.
    pub organization: OrganizationSettings,
    /// The order's market.
    pub market: Market,
    /// The market's price list.
    pub price_list: PriceList,
    /// Prices of that list.
    pub prices: Vec<Price>,
    /// Volume tiers of those prices.
    pub price_volume_tiers: Vec<PriceVolumeTier>,
    /// Frequency tiers of those prices.
    pub price_frequency_tiers: Vec<PriceFrequencyTier>,
    /// SKUs.
    pub skus: Vec<Sku>,
    /// Bundles of the order's lines.
    pub bundles: Vec<Bundle>,
    /// SKU lists of those bundles and of the promotions.
    pub sku_lists: Vec<SkuList>,
    /// Items of those lists.
    pub sku_list_items: Vec<SkuListItem>,
    /// Options that lines may carry.
    pub sku_options: Vec<SkuOption>,
    /// The market's inventory model.
    pub inventory_model: InventoryModel,
    /// The model's locations.
    pub inventory_stock_locations: Vec<InventoryStockLocation>,
    /// The locations themselves.
    pub stock_locations: Vec<StockLocation>,
    /// Stock; `quantity` is what can be sold now, reservations taken off.
    pub stock_items: Vec<StockItem>,
    /// Shipping categories.
    pub shipping_categories: Vec<ShippingCategory>,
    /// Shipping zones.
    pub shipping_zones: Vec<ShippingZone>,
    /// Shipping methods.
    pub shipping_methods: Vec<ShippingMethod>,
    /// Weight tiers of those methods.
    pub shipping_weight_tiers: Vec<ShippingWeightTier>,
    /// How long deliveries take.
    pub delivery_lead_times: Vec<DeliveryLeadTime>,
    /// Ways to pay.
    pub payment_methods: Vec<PaymentMethod>,
    /// Klarna gateways behind them.
    pub klarna_gateways: Vec<KlarnaGateway>,
    /// Rules of the market's manual tax calculator, in their order; empty = no tax.
    pub tax_rules: Vec<TaxRule>,
    /// Tax categories of that calculator for the order's SKUs.
    pub tax_categories: Vec<TaxCategory>,
    /// Promotions of the market or of none.
    pub promotions: Vec<Promotion>,
    /// The coupon whose code is on the order.
    pub coupon: Option<Coupon>,
    /// The gift card whose code is on the order.
    pub gift_card: Option<GiftCard>,
    /// The gift cards that the order buys.
    pub sold_gift_cards: Vec<GiftCard>,
    /// The market's subscription model.
    pub subscription_model: Option<SubscriptionModel>,
}

impl Catalogue {
    /// Currency of the market.
    ///
    /// # Errors
    /// When the price list has none.
    pub fn currency(&self) -> Result<Currency, CommerceError> {
        self.price_list
            .currency_code
            .ok_or(CommerceError::Configuration {
                what: "price_lists.currency_code",
            })
    }

    /// The SKU of that code.
    pub fn sku(&self, code: &str) -> Option<&Sku> {
        self.skus.iter().find(|sku| sku.code == code)
    }

    /// The SKU of that id.
    pub fn sku_by_id(&self, id: &SkuId) -> Option<&Sku> {
        self.skus.iter().find(|sku| sku.id == *id)
    }

    /// The payment method of that id.
    pub fn payment_method(&self, id: &PaymentMethodId) -> Option<&PaymentMethod> {
        self.payment_methods.iter().find(|method| method.id == *id)
    }

    /// Whether a way to travel is on offer, or priced, by what the goods weigh: only then `skus` decide about it.
    pub fn ships_by_weight(&self) -> bool {
        self.shipping_methods.iter().any(|method| {
            method.scheme == ShippingScheme::WeightTiered
                || method.min_weight.is_some()
                || method.max_weight.is_some()
        })
    }

    /// The shipping method of that id.
    pub fn shipping_method(&self, id: &ShippingMethodId) -> Option<&ShippingMethod> {
        self.shipping_methods.iter().find(|method| method.id == *id)
    }

    /// `orders.available_payment_methods`: enabled ones of the market (or of none) with the order's currency.
    pub fn available_payment_methods(&self) -> impl Iterator<Item = &PaymentMethod> {
        let currency = self.price_list.currency_code;
        self.payment_methods.iter().filter(move |method| {
            currency.is_some_and(|currency| method.serves(&self.market.id, currency))
        })
    }
}
