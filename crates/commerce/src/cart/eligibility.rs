//! Which promotions apply to an order, in which order: dates, currency, market, usage, rules, priority, exclusivity.

use kassa_money::MinorUnits;

use crate::aggregate::OrderAggregate;
use crate::cart::CartContext;
use crate::catalogue::{Coupon, OrderAmountRule, Promotion, SkuListRule};
use crate::error::CommerceError;
use crate::line_item::ItemType;

/// The promotions that hold now, lowest priority number first, then oldest start, then id. The first exclusive one whose
/// rules hold on their own stands alone.
pub(super) fn candidates<'a>(
    aggregate: &OrderAggregate,
    context: &CartContext<'a>,
) -> Result<Vec<&'a Promotion>, CommerceError> {
    let catalogue = context.catalogue;
    let currency = catalogue.currency()?;
    let mut found: Vec<&Promotion> = catalogue
        .promotions
        .iter()
        .filter(|promotion| promotion.holds(context.now, currency, &catalogue.market.id))
        .collect();
    found.sort_by(|left, right| rank(left).cmp(&rank(right)));
    for promotion in &found {
        if promotion.exclusive && applies(promotion, aggregate, context)? {
            return Ok(vec![*promotion]);
        }
    }
    found.retain(|promotion| !promotion.exclusive);
    Ok(found)
}

fn rank(promotion: &Promotion) -> (i64, Option<jiff::Timestamp>, &str) {
    let priority = promotion.priority.unwrap_or(i64::MAX);
    (priority, promotion.starts_at, promotion.id.as_str())
}

/// Whether the rules of a promotion hold for the order as far as it is discounted already.
pub(super) fn applies(
    promotion: &Promotion,
    aggregate: &OrderAggregate,
    context: &CartContext<'_>,
) -> Result<bool, CommerceError> {
    if promotion.coupon_rule_id.is_some() && coupon(promotion, aggregate, context).is_none() {
        return Ok(false);
    }
    if let Some(rule) = &promotion.order_amount
        && !dear_enough(rule, aggregate)?
    {
        return Ok(false);
    }
    match &promotion.required_skus {
        Some(rule) => holds_skus(rule, promotion, aggregate, context),
        None => Ok(true),
    }
}

/// The coupon on the order that unlocks the promotion, if it needs one and may be used.
pub(super) fn coupon<'a>(
    promotion: &Promotion,
    aggregate: &OrderAggregate,
    context: &CartContext<'a>,
) -> Option<&'a Coupon> {
    let rule = promotion.coupon_rule_id.as_deref()?;
    let order = &aggregate.order;
    let customer = context.parties.customer.as_ref();
    let email = customer.map(|customer| customer.email.as_str());
    context.catalogue.coupon.as_ref().filter(|coupon| {
        coupon.promotion_rule_id.as_deref() == Some(rule)
            && order.coupon_code.as_deref() == Some(&*coupon.code)
            && coupon.usable(context.now, email.or(order.customer_email.as_deref()))
    })
}

/// What the goods cost: discounts of earlier promotions taken off, unless the rule asks for the subtotal.
fn dear_enough(rule: &OrderAmountRule, aggregate: &OrderAggregate) -> Result<bool, CommerceError> {
    let mut amount = MinorUnits::ZERO;
    for line in aggregate.goods() {
        let cost = if rule.use_subtotal {
            line.total_amount_cents
        } else {
            line.discounted()?
        };
        amount = amount.checked_add(cost)?;
    }
    Ok(amount >= rule.order_amount_cents)
}

fn holds_skus(
    rule: &SkuListRule,
    promotion: &Promotion,
    aggregate: &OrderAggregate,
    context: &CartContext<'_>,
) -> Result<bool, CommerceError> {
    let catalogue = context.catalogue;
    let Some(list) = rule.sku_list_id.as_ref().or(promotion.sku_list_id.as_ref()) else {
        return Ok(true);
    };
    let mut pieces: i64 = 0;
    let mut codes = Vec::new();
    for line in aggregate.lines_of(ItemType::Skus) {
        let code = line.sku_code.as_deref().unwrap_or_default();
        if catalogue.list_holds(list, code)? {
            pieces = pieces.saturating_add(line.quantity);
            codes.push(code);
        }
    }
    let complete = !rule.all_skus
        || catalogue
            .items_of(list)
            .all(|item| codes.contains(&item.sku_code.as_str()));
    Ok(complete && pieces >= rule.min_quantity.unwrap_or(1).max(1))
}
