//! Promotions, their rules, and the coupons that unlock them.

use jiff::Timestamp;
use kassa_money::{Currency, MinorUnits};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::body::{entity, null_is_default, time};
use crate::catalogue::Catalogue;
use crate::ids::{CouponId, MarketId, PromotionId, SkuListId};
use crate::line_item::ItemType;

/// A promotion of the kinds that this room computes: percentage, fixed amount, free shipping.
///
/// Its rules stand in records of their own; the caller puts them in place, and the type with them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Promotion {
    /// Id.
    #[serde(skip)]
    pub id: PromotionId,
    /// Resource type, which is also the type of its line.
    #[serde(skip)]
    pub promotion_type: ItemType,
    /// Name.
    pub name: String,
    /// Whole per cent, of percentage promotions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub percentage: Option<u8>,
    /// Amount off, of fixed-amount promotions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fixed_amount_cents: Option<MinorUnits>,
    /// Currency; unset = any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency_code: Option<Currency>,
    /// No other promotion beside it.
    #[serde(deserialize_with = "null_is_default")]
    pub exclusive: bool,
    /// Lowest first; those without one come last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<i64>,
    /// Begins.
    #[serde(with = "time", skip_serializing_if = "Option::is_none")]
    pub starts_at: Option<Timestamp>,
    /// Ends.
    #[serde(with = "time", skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// Switched off since.
    #[serde(with = "time", skip_serializing_if = "Option::is_none")]
    pub disabled_at: Option<Timestamp>,
    /// How many orders may use it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_usage_limit: Option<i64>,
    /// How many orders did. A counter, not part of the body.
    #[serde(skip)]
    pub total_usage_count: i64,
    /// Market; unset = all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub market_id: Option<MarketId>,
    /// The SKUs it lowers; unset = all goods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sku_list_id: Option<SkuListId>,
    /// Its order-amount rule.
    #[serde(skip)]
    pub order_amount: Option<OrderAmountRule>,
    /// Its SKU-list rule.
    #[serde(skip)]
    pub required_skus: Option<SkuListRule>,
    /// Id of its coupon rule: it needs one of that rule's coupons on the order.
    #[serde(skip)]
    pub coupon_rule_id: Option<String>,
    /// Everything this version does not interpret.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

entity!(Promotion, "promotions");

/// The goods must cost at least so much.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OrderAmountRule {
    /// The amount; unset = any.
    #[serde(deserialize_with = "null_is_default")]
    pub order_amount_cents: MinorUnits,
    /// Compare with the subtotal, discounts left out.
    #[serde(deserialize_with = "null_is_default")]
    pub use_subtotal: bool,
}

/// The order must hold SKUs of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SkuListRule {
    /// The list; unset = the promotion's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sku_list_id: Option<SkuListId>,
    /// Every SKU of the list, not just one of them.
    #[serde(deserialize_with = "null_is_default")]
    pub all_skus: bool,
    /// Pieces of the list's SKUs together; unset = one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_quantity: Option<i64>,
}

/// Priority numbers that [`Promotion::weight`] tells apart.
const PRIORITIES: i64 = 1 << 20;

/// Minutes that [`Promotion::weight`] tells apart, from 1970 on.
const MINUTES: i64 = 1 << 31;

/// Where a promotion stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PromotionStatus {
    /// Switched off.
    Disabled,
    /// Over.
    Expired,
    /// Not begun.
    Pending,
    /// Holds.
    Active,
    /// Used as often as it may be.
    Inactive,
}

impl PromotionStatus {
    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Disabled => "disabled",
            Self::Expired => "expired",
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Inactive => "inactive",
        }
    }
}

impl Promotion {
    /// Where it stands; of several reasons the first in the order of the statuses is told.
    pub fn status(&self, now: Timestamp) -> PromotionStatus {
        if self.disabled_at.is_some() {
            PromotionStatus::Disabled
        } else if self.expires_at.is_some_and(|end| end <= now) {
            PromotionStatus::Expired
        } else if self.starts_at.is_some_and(|start| now < start) {
            PromotionStatus::Pending
        } else if self.used_up() {
            PromotionStatus::Inactive
        } else {
            PromotionStatus::Active
        }
    }

    /// `total_usage_reached`.
    pub fn used_up(&self) -> bool {
        self.total_usage_limit
            .is_some_and(|most| self.total_usage_count >= most)
    }

    /// `weight`: the larger, the earlier it is tried. Exclusive ones weigh most, then those with the lowest priority
    /// number, then those that began first; at most 2⁵², so that every client reads it exactly.
    pub fn weight(&self) -> i64 {
        let priority = self
            .priority
            .map_or(0, |number| PRIORITIES - 1 - number.clamp(0, PRIORITIES - 2));
        let begins = self.starts_at.map_or(0, Timestamp::as_second);
        let age = MINUTES - 1 - begins.div_euclid(60).clamp(0, MINUTES - 1);
        (i64::from(self.exclusive) * PRIORITIES + priority) * MINUTES + age
    }

    /// Whether it holds at that time for orders of that currency and market, its rules left out.
    pub fn holds(&self, now: Timestamp, currency: Currency, market: &MarketId) -> bool {
        self.status(now) == PromotionStatus::Active
            && self.currency_code.is_none_or(|own| own == currency)
            && self.market_id.as_ref().is_none_or(|own| own == market)
    }
}

impl Catalogue {
    /// Whether the coupon on the order unlocks a promotion that holds now, for that customer. Whether the order is dear
    /// enough, or holds the right SKUs, may still change and is not asked.
    pub fn coupon_unlocks(&self, now: Timestamp, customer_email: Option<&str>) -> bool {
        let (Some(coupon), Ok(currency)) = (&self.coupon, self.currency()) else {
            return false;
        };
        let holds = |promotion: &Promotion| {
            promotion.coupon_rule_id.is_some()
                && promotion.coupon_rule_id == coupon.promotion_rule_id
                && promotion.holds(now, currency, &self.market.id)
        };
        coupon.usable(now, customer_email) && self.promotions.iter().any(holds)
    }
}

/// A code that unlocks a promotion.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Coupon {
    /// Stands beside the body.
    #[serde(skip)]
    pub id: CouponId,
    /// Code.
    pub code: String,
    /// Each customer may use it once.
    #[serde(deserialize_with = "null_is_default")]
    pub customer_single_use: bool,
    /// How many orders may use it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage_limit: Option<i64>,
    /// How many orders did. A counter, not part of the body.
    #[serde(skip)]
    pub usage_count: i64,
    /// How many orders of the order's customer did. A counter too.
    #[serde(skip)]
    pub customer_usage_count: i64,
    /// Whose it is; unset = everybody's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recipient_email: Option<String>,
    /// Runs out.
    #[serde(with = "time", skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// The rule it hangs on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub promotion_rule_id: Option<String>,
    /// Everything this version does not interpret.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

entity!(Coupon, "coupons");

impl Coupon {
    /// Whether an order of that customer may use it at that time. Personal coupons need the email first.
    pub fn usable(&self, now: Timestamp, customer_email: Option<&str>) -> bool {
        let recipient = self
            .recipient_email
            .as_deref()
            .filter(|own| !own.is_empty());
        let own = recipient
            .is_none_or(|own| customer_email.is_some_and(|email| own.eq_ignore_ascii_case(email)));
        own && self.expires_at.is_none_or(|end| now < end) && !self.used_up()
    }

    /// Whether as many orders as may, or this customer, have used it.
    pub fn used_up(&self) -> bool {
        self.usage_limit
            .is_some_and(|most| self.usage_count >= most)
            || (self.customer_single_use && self.customer_usage_count > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Option<Timestamp> {
        Timestamp::from_second(second).ok()
    }

    #[test]
    fn what_is_tried_first_weighs_most() {
        let of = |exclusive, priority, start: &str| Promotion {
            exclusive,
            priority,
            starts_at: Some(start.parse().unwrap()),
            ..Promotion::default()
        };
        let (early, late) = ("2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z");
        let in_order = [
            of(true, Some(0), early),
            of(true, Some(7), early),
            of(true, None, late),
            of(false, Some(0), late),
            of(false, Some(1), early),
            of(false, Some(i64::MAX), late),
            of(false, None, early),
            of(false, None, late),
        ];
        let weights: Vec<i64> = in_order.iter().map(Promotion::weight).collect();
        assert!(
            weights.windows(2).all(|pair| pair[0] > pair[1]),
            "{weights:?}"
        );
        assert!(weights.iter().all(|weight| (0..1 << 52).contains(weight)));
    }

    #[test]
    fn the_status_follows_from_switch_dates_and_usage() {
        let now = Timestamp::from_second(100).unwrap();
        let table = [
            (
                (None, Some(50), Some(150), None, 0),
                PromotionStatus::Active,
            ),
            (
                (None, Some(100), Some(101), None, 9),
                PromotionStatus::Active,
            ),
            (
                (None, Some(101), Some(150), None, 0),
                PromotionStatus::Pending,
            ),
            (
                (None, Some(50), Some(100), None, 0),
                PromotionStatus::Expired,
            ),
            (
                (None, Some(50), Some(150), Some(2), 1),
                PromotionStatus::Active,
            ),
            (
                (None, Some(50), Some(150), Some(2), 2),
                PromotionStatus::Inactive,
            ),
            (
                (Some(60), Some(50), Some(100), Some(2), 2),
                PromotionStatus::Disabled,
            ),
        ];
        for ((disabled, starts, expires, limit, count), status) in table {
            let promotion = Promotion {
                disabled_at: disabled.and_then(at),
                starts_at: starts.and_then(at),
                expires_at: expires.and_then(at),
                total_usage_limit: limit,
                total_usage_count: count,
                ..Promotion::default()
            };
            assert_eq!(promotion.status(now), status, "{promotion:?}");
        }
    }

    #[test]
    fn a_coupon_is_used_by_whom_and_as_often_as_it_says() {
        let now = Timestamp::from_second(100).unwrap();
        let coupon = |change: &dyn Fn(&mut Coupon), email: Option<&str>| {
            let mut coupon = Coupon::default();
            change(&mut coupon);
            coupon.usable(now, email)
        };
        assert!(coupon(&|_| {}, None));
        assert!(!coupon(&|coupon| coupon.expires_at = at(100), None));
        let used = |coupon: &mut Coupon| (coupon.usage_limit, coupon.usage_count) = (Some(1), 1);
        assert!(!coupon(&used, None));
        assert!(coupon(&|coupon| coupon.customer_usage_count = 1, None));
        let once = |coupon: &mut Coupon| {
            (coupon.customer_single_use, coupon.customer_usage_count) = (true, 1);
        };
        assert!(!coupon(&once, None));
        let own = |coupon: &mut Coupon| coupon.recipient_email = Some("Ada@example.com".into());
        assert!(coupon(&own, Some("ada@example.com")));
        assert!(!coupon(&own, Some("eve@example.com")) && !coupon(&own, None));
    }
}
