//! Line items: goods chosen by the shopper, and the lines the order derives (shipping, payment cost, discounts).
//!
//! `total_amount_cents = unit_amount_cents × quantity + options_amount_cents`; `discount_cents` is at most zero.

mod add;
mod bounds;
pub mod change;
pub mod option;

use kassa_money::{Currency, DecimalRate, MinorUnits};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::body::{entity, is_false, is_nothing, null_is_default};
use crate::ids::{LineItemId, OrderId};

/// What a line stands for; also the resource type of its `item`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemType {
    /// Goods.
    #[default]
    Skus,
    /// Several SKUs under one price.
    Bundles,
    /// A gift card: bought (above zero) or used to pay (below zero).
    GiftCards,
    /// Cost of a shipment.
    Shipments,
    /// Cost of the payment method.
    PaymentMethods,
    /// An amount set by hand, either sign.
    Adjustments,
    /// A share off.
    PercentageDiscountPromotions,
    /// Shipping for nothing.
    FreeShippingPromotions,
    /// Some for the price of fewer.
    BuyXPayYPromotions,
    /// A present.
    FreeGiftPromotions,
    /// A set price.
    FixedPricePromotions,
    /// Decided elsewhere.
    ExternalPromotions,
    /// An amount off.
    FixedAmountPromotions,
    /// Decided by rules.
    FlexPromotions,
    /// Decided by a discount engine.
    DiscountEngineItems,
}

impl ItemType {
    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Skus => "skus",
            Self::Bundles => "bundles",
            Self::GiftCards => "gift_cards",
            Self::Shipments => "shipments",
            Self::PaymentMethods => "payment_methods",
            Self::Adjustments => "adjustments",
            Self::PercentageDiscountPromotions => "percentage_discount_promotions",
            Self::FreeShippingPromotions => "free_shipping_promotions",
            Self::BuyXPayYPromotions => "buy_x_pay_y_promotions",
            Self::FreeGiftPromotions => "free_gift_promotions",
            Self::FixedPricePromotions => "fixed_price_promotions",
            Self::ExternalPromotions => "external_promotions",
            Self::FixedAmountPromotions => "fixed_amount_promotions",
            Self::FlexPromotions => "flex_promotions",
            Self::DiscountEngineItems => "discount_engine_items",
        }
    }

    /// The type of that word, if there is one.
    pub fn parse(word: &str) -> Option<Self> {
        serde_json::from_value(Value::String(word.to_owned())).ok()
    }

    /// Lines that take something off the order because of a promotion.
    pub fn is_promotion(self) -> bool {
        matches!(
            self,
            Self::PercentageDiscountPromotions
                | Self::FreeShippingPromotions
                | Self::BuyXPayYPromotions
                | Self::FreeGiftPromotions
                | Self::FixedPricePromotions
                | Self::ExternalPromotions
                | Self::FixedAmountPromotions
                | Self::FlexPromotions
                | Self::DiscountEngineItems
        )
    }
}

/// One line of an order.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LineItem {
    /// Stands beside the body.
    #[serde(skip)]
    pub id: LineItemId,
    /// The order.
    pub order_id: OrderId,
    /// Code of the SKU.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sku_code: Option<String>,
    /// Code of the bundle.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bundle_code: Option<String>,
    /// How many.
    pub quantity: i64,
    /// Currency of the order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency_code: Option<Currency>,
    /// Price of one, in the order's tax mode.
    pub unit_amount_cents: MinorUnits,
    /// Price to compare with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compare_at_amount_cents: Option<MinorUnits>,
    /// Σ of the line's options, for the whole quantity.
    pub options_amount_cents: MinorUnits,
    /// The line's part of the order's discount, at most zero.
    pub discount_cents: MinorUnits,
    /// Before discount.
    pub total_amount_cents: MinorUnits,
    /// After discount.
    pub tax_amount_cents: MinorUnits,
    /// Name shown to people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_url: Option<String>,
    /// The discount by promotion.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discount_breakdown: Option<Value>,
    /// Rate that was applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tax_rate: Option<DecimalRate>,
    /// The tax by rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tax_breakdown: Option<Value>,
    /// What the line stands for.
    pub item_type: ItemType,
    /// The resource it stands for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item_id: Option<String>,
    /// Subscription frequency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frequency: Option<String>,
    /// Coupon that caused a promotion line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coupon_code: Option<String>,
    /// An integration set the price: repricing leaves it alone. Not part of the API.
    #[serde(skip_serializing_if = "is_false", deserialize_with = "null_is_default")]
    pub unit_amount_fixed: bool,
    /// Likewise the price to compare with. Not part of the API.
    #[serde(skip_serializing_if = "is_false", deserialize_with = "null_is_default")]
    pub compare_at_amount_fixed: bool,
    /// Likewise what the options cost together. Not part of the API.
    #[serde(skip_serializing_if = "is_false", deserialize_with = "null_is_default")]
    pub options_amount_fixed: bool,
    /// An adjustment whose amount, when below zero, lowers what is taxed of the goods. Not part of the API.
    #[serde(skip_serializing_if = "is_false", deserialize_with = "null_is_default")]
    pub distributed: bool,
    /// What distributed adjustments and gift cards take off the amount that is taxed, at most zero. Not part of the API.
    #[serde(skip_serializing_if = "is_nothing")]
    pub tax_relief_cents: MinorUnits,
    /// The goods need no shipment. Not part of the API.
    #[serde(skip_serializing_if = "is_false", deserialize_with = "null_is_default")]
    pub do_not_ship: bool,
    /// Everything this version does not interpret.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

entity!(LineItem, "line_items");

impl LineItem {
    /// Lines that the shopper pays for as goods: SKUs, bundles and bought gift cards.
    pub fn is_goods(&self) -> bool {
        match self.item_type {
            ItemType::Skus | ItemType::Bundles => true,
            ItemType::GiftCards => !self.is_used_gift_card(),
            _ => false,
        }
    }

    /// A gift card that pays, as opposed to one that is bought.
    pub fn is_used_gift_card(&self) -> bool {
        self.item_type == ItemType::GiftCards && self.unit_amount_cents.is_negative()
    }

    /// Goods that promotions may lower: a gift card is money, and money is not sold for less.
    pub fn is_discountable(&self) -> bool {
        matches!(self.item_type, ItemType::Skus | ItemType::Bundles)
    }

    /// What of the line is taxed, in the order's tax mode.
    pub fn taxed(&self) -> Result<MinorUnits, kassa_money::MoneyError> {
        self.discounted()?.checked_add(self.tax_relief_cents)
    }

    /// What the line costs after its discount, in the order's tax mode.
    pub fn discounted(&self) -> Result<MinorUnits, kassa_money::MoneyError> {
        self.total_amount_cents.checked_add(self.discount_cents)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::body::Entity;

    #[test]
    fn words_equal_the_wire() {
        for word in [
            "skus",
            "gift_cards",
            "buy_x_pay_y_promotions",
            "payment_methods",
            "discount_engine_items",
        ] {
            assert_eq!(ItemType::parse(word).unwrap().word(), word);
        }
        assert_eq!(ItemType::parse("unicorns"), None);
    }

    #[test]
    fn unknown_fields_survive() {
        let body = serde_json::json!({"quantity": 2, "item_type": "skus", "metadata": {"gift": true}, "order_id": "o"});
        let line = LineItem::from_body("abc", body.as_object().unwrap()).unwrap();
        assert_eq!((line.id.as_str(), line.quantity), ("abc", 2));
        let written = line.to_body();
        assert_eq!(written["metadata"]["gift"], true);
        assert!(!written.contains_key("id") && !written.contains_key("name"));
    }
}
