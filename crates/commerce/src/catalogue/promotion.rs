//! Promotions and gift cards, as far as they change what an order costs.

use jiff::Timestamp;
use kassa_money::{Currency, MinorUnits};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::body::{entity, null_is_default, time};
use crate::ids::{GiftCardId, PromotionId};
use crate::line_item::ItemType;

/// A promotion of the kinds that this room computes: percentage, fixed amount, free shipping.
///
/// The caller resolves what stands in other records: coupon codes, the order-amount rule, the SKU list.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Promotion {
    /// Id.
    pub id: PromotionId,
    /// Resource type, which is also the type of its line.
    pub promotion_type: ItemType,
    /// Name.
    pub name: String,
    /// Whole per cent, of percentage promotions.
    pub percentage: Option<u8>,
    /// Amount off, of fixed-amount promotions.
    pub fixed_amount_cents: Option<MinorUnits>,
    /// Currency; unset = any.
    pub currency_code: Option<Currency>,
    /// No other promotion beside it.
    pub exclusive: bool,
    /// Lowest first.
    pub priority: i64,
    /// Begins.
    pub starts_at: Option<Timestamp>,
    /// Ends.
    pub expires_at: Option<Timestamp>,
    /// Switched off since.
    pub disabled_at: Option<Timestamp>,
    /// Coupon on the order that unlocked it.
    pub coupon_code: Option<String>,
    /// Id of that coupon, for its usage counter.
    pub coupon_id: Option<String>,
    /// How often that coupon may be used.
    pub coupon_usage_limit: Option<i64>,
    /// How often the promotion may be used.
    pub total_usage_limit: Option<i64>,
    /// Order amount from which it applies.
    pub order_amount_cents: Option<MinorUnits>,
    /// SKUs it applies to; unset = all.
    pub sku_codes: Option<Vec<String>>,
}

impl Promotion {
    /// Whether it applies at that time to orders of that currency.
    pub fn active(&self, now: Timestamp, currency: Currency) -> bool {
        self.disabled_at.is_none()
            && self.starts_at.is_none_or(|start| start <= now)
            && self.expires_at.is_none_or(|end| now < end)
            && self.currency_code.is_none_or(|own| own == currency)
    }

    /// Whether it applies to that SKU.
    pub fn covers(&self, sku_code: Option<&str>) -> bool {
        match (&self.sku_codes, sku_code) {
            (None, _) => true,
            (Some(codes), Some(code)) => codes.iter().any(|own| own == code),
            (Some(_), None) => false,
        }
    }
}

/// Where a gift card stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GiftCardStatus {
    /// Not bought.
    #[default]
    Draft,
    /// Bought, not usable.
    Inactive,
    /// Usable.
    Active,
    /// Used up.
    Redeemed,
}

/// Money paid before.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GiftCard {
    /// Stands beside the body.
    #[serde(skip)]
    pub id: GiftCardId,
    /// Where it stands.
    pub status: GiftCardStatus,
    /// Code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Currency; unset = the market's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency_code: Option<Currency>,
    /// What is left on it.
    #[serde(deserialize_with = "null_is_default")]
    pub balance_cents: MinorUnits,
    /// Runs out.
    #[serde(with = "time", skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// Everything this version does not interpret.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

entity!(GiftCard, "gift_cards");

impl GiftCard {
    /// What it can pay at that time in that currency.
    pub fn spendable(&self, now: Timestamp, currency: Currency) -> MinorUnits {
        let usable = self.status == GiftCardStatus::Active
            && self.currency_code.is_none_or(|own| own == currency)
            && self.expires_at.is_none_or(|end| now < end)
            && self.balance_cents.is_positive();
        if usable {
            self.balance_cents
        } else {
            MinorUnits::ZERO
        }
    }
}
