//! Why an order is worth something else than the shopper saw: somebody was quicker with its coupon or its gift card.
//!
//! Invariant: a code is blamed only when it paid something before and pays less now; any other difference of the amounts
//! is left to be told as one.

use jiff::Timestamp;
use kassa_money::MinorUnits;

use crate::aggregate::OrderAggregate;
use crate::cart::CartContext;
use crate::catalogue::{Coupon, GiftCard, Promotion};
use crate::error::{CommerceError, Lost};
use crate::line_item::LineItem;

/// What `before` had of a code and `after` has not, the coupon first.
pub(super) fn lost(
    before: &OrderAggregate,
    after: &OrderAggregate,
    context: &CartContext<'_>,
) -> Option<CommerceError> {
    lost_coupon(before, after, context).or_else(|| lost_card(before, after, context))
}

fn lost_coupon(
    before: &OrderAggregate,
    after: &OrderAggregate,
    context: &CartContext<'_>,
) -> Option<CommerceError> {
    let still = |line: &LineItem| {
        let mut lines = after.line_items.iter().filter(|own| by_coupon(own));
        lines.any(|own| own.item_id == line.item_id)
    };
    let mut lines = before.line_items.iter().filter(|line| by_coupon(line));
    let line = lines.find(|line| !still(line))?;
    let catalogue = context.catalogue;
    let promotion = catalogue
        .promotions
        .iter()
        .find(|own| line.item_id.as_deref() == Some(own.id.as_str()));
    let why = why_coupon(catalogue.coupon.as_ref(), promotion, context.now);
    let attribute = "coupon_code";
    Some(CommerceError::CodeLost { attribute, why })
}

fn by_coupon(line: &LineItem) -> bool {
    line.item_type.is_promotion() && line.coupon_code.is_some()
}

fn why_coupon(coupon: Option<&Coupon>, promotion: Option<&Promotion>, now: Timestamp) -> Lost {
    let over = |end: Option<Timestamp>| end.is_some_and(|end| end <= now);
    let Some(coupon) = coupon else {
        return Lost::Gone;
    };
    if coupon.used_up() || promotion.is_some_and(Promotion::used_up) {
        Lost::UsedUp
    } else if over(coupon.expires_at) || promotion.is_some_and(|own| over(own.expires_at)) {
        Lost::Expired
    } else {
        Lost::Gone
    }
}

fn lost_card(
    before: &OrderAggregate,
    after: &OrderAggregate,
    context: &CartContext<'_>,
) -> Option<CommerceError> {
    let paid = before.order.gift_card_amount_cents.checked_neg().ok()?;
    let (catalogue, now) = (context.catalogue, context.now);
    let card = catalogue.gift_card.as_ref();
    let currency = after.currency().ok()?;
    let left = card.map_or(MinorUnits::ZERO, |card| {
        card.spendable(now, currency, &catalogue.market.id)
    });
    if !paid.is_positive() || left >= paid {
        return None;
    }
    let why = match card {
        Some(_) if left.is_positive() => Lost::Left(left),
        Some(card) if card.used_up() => Lost::UsedUp,
        Some(card) if runs_out(card, now) => Lost::Expired,
        _ => Lost::Gone,
    };
    let attribute = "gift_card_code";
    Some(CommerceError::CodeLost { attribute, why })
}

fn runs_out(card: &GiftCard, now: Timestamp) -> bool {
    card.expires_at.is_some_and(|end| end <= now)
}
