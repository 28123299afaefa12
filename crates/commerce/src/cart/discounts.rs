//! What lowers an order: promotions, spread over the lines they lower, and the gift card, taken off what is left.
//!
//! The parts that a promotion spreads sum exactly to its own line, so nothing is lost to rounding.

use kassa_money::{DecimalRate, MinorUnits, distribute};
use serde_json::json;

use crate::aggregate::OrderAggregate;
use crate::cart::{CartContext, NewId, derived_line};
use crate::catalogue::Promotion;
use crate::error::CommerceError;
use crate::line_item::{ItemType, LineItem};

/// Replaces the promotion lines by those of the promotions that apply now, and spreads them over the goods.
pub(super) fn rebuild_goods_promotions(
    aggregate: &mut OrderAggregate,
    context: &CartContext<'_>,
    new_id: NewId<'_>,
) -> Result<(), CommerceError> {
    let subtotal = super::pricing::subtotal(aggregate)?;
    let known = take_lines(aggregate, |line| line.item_type.is_promotion());
    for promotion in applicable(context, subtotal)? {
        if promotion.promotion_type == ItemType::FreeShippingPromotions {
            // Its line is made once the shipping costs are known; keep the id until then.
            aggregate
                .line_items
                .extend(known_line(&known, promotion).cloned());
            continue;
        }
        let lowered =
            |line: &LineItem| line.is_goods() && promotion.covers(line.sku_code.as_deref());
        let left = left_to_lower(aggregate, lowered)?;
        let basis = MinorUnits::checked_sum(
            aggregate
                .line_items
                .iter()
                .filter(|line| lowered(line))
                .map(|line| line.total_amount_cents),
        )?;
        let wanted = match (promotion.percentage, promotion.fixed_amount_cents) {
            (Some(percentage), _) => {
                DecimalRate::from_percent(percentage.min(100)).share_of(basis)?
            }
            (None, Some(amount)) => amount,
            (None, None) => MinorUnits::ZERO,
        };
        let sum = MinorUnits::checked_sum(left.iter().copied())?;
        add_promotion(
            aggregate,
            promotion,
            wanted.min(sum),
            &left,
            &known,
            &mut *new_id,
        )?;
    }
    Ok(())
}

/// Takes the shipping costs off again, when a free-shipping promotion applies.
pub(super) fn apply_free_shipping(
    aggregate: &mut OrderAggregate,
    context: &CartContext<'_>,
    new_id: NewId<'_>,
) -> Result<(), CommerceError> {
    let known = take_lines(aggregate, |line| {
        line.item_type == ItemType::FreeShippingPromotions
    });
    let subtotal = super::pricing::subtotal(aggregate)?;
    let promotion = applicable(context, subtotal)?
        .into_iter()
        .find(|promotion| promotion.promotion_type == ItemType::FreeShippingPromotions);
    let Some(promotion) = promotion else {
        return Ok(());
    };
    let left = left_to_lower(aggregate, |line| line.item_type == ItemType::Shipments)?;
    let sum = MinorUnits::checked_sum(left.iter().copied())?;
    add_promotion(aggregate, promotion, sum, &left, &known, new_id)
}

/// Uses the gift card on what is left to pay: `−min(balance, payable)`.
pub(super) fn rebuild_gift_card(
    aggregate: &mut OrderAggregate,
    context: &CartContext<'_>,
    new_id: NewId<'_>,
) -> Result<(), CommerceError> {
    let known = take_lines(aggregate, LineItem::is_used_gift_card);
    let Some(card) = &context.catalogue.gift_card else {
        return Ok(());
    };
    let payable = aggregate.order.total_amount_with_taxes_cents;
    let used = card
        .spendable(context.now, aggregate.currency()?)
        .min(payable);
    if !used.is_positive() {
        return Ok(());
    }
    let kept = known
        .iter()
        .find(|line| line.item_id.as_deref() == Some(card.id.as_str()));
    let name = card
        .code
        .as_deref()
        .map(|code| format!("Gift card {}", masked(code)));
    let id = Some(card.id.as_str().to_owned());
    let line = derived_line(
        aggregate,
        kept,
        ItemType::GiftCards,
        id,
        name,
        used.checked_neg()?,
        new_id,
    );
    aggregate.line_items.push(line);
    Ok(())
}

/// Promotions that apply now, best first; an exclusive one stands alone.
fn applicable<'a>(
    context: &CartContext<'a>,
    subtotal: MinorUnits,
) -> Result<Vec<&'a Promotion>, CommerceError> {
    let currency = context.catalogue.currency()?;
    let mut found: Vec<&Promotion> = context
        .catalogue
        .promotions
        .iter()
        .filter(|promotion| promotion.active(context.now, currency))
        .filter(|promotion| {
            promotion
                .order_amount_cents
                .is_none_or(|least| subtotal >= least)
        })
        .collect();
    found.sort_by(|left, right| {
        left.priority
            .cmp(&right.priority)
            .then_with(|| left.id.cmp(&right.id))
    });
    if let Some(alone) = found.iter().copied().find(|promotion| promotion.exclusive) {
        found = vec![alone];
    }
    Ok(found)
}

/// How far each line of the order can still be lowered; zero for lines that the promotion does not lower.
fn left_to_lower(
    aggregate: &OrderAggregate,
    lowered: impl Fn(&LineItem) -> bool,
) -> Result<Vec<MinorUnits>, CommerceError> {
    let mut left = Vec::with_capacity(aggregate.line_items.len());
    for line in &aggregate.line_items {
        let rest = if lowered(line) {
            line.discounted()?
        } else {
            MinorUnits::ZERO
        };
        left.push(rest.max(MinorUnits::ZERO));
    }
    Ok(left)
}

/// Spreads `amount` over the lines and adds the promotion's own line.
fn add_promotion(
    aggregate: &mut OrderAggregate,
    promotion: &Promotion,
    amount: MinorUnits,
    weights: &[MinorUnits],
    known: &[LineItem],
    new_id: NewId<'_>,
) -> Result<(), CommerceError> {
    if !amount.is_positive() {
        return Ok(());
    }
    let taken = amount.checked_neg()?;
    for (line, part) in aggregate
        .line_items
        .iter_mut()
        .zip(distribute(taken, weights)?)
    {
        if part.is_zero() {
            continue;
        }
        line.discount_cents = line.discount_cents.checked_add(part)?;
        let breakdown = line.discount_breakdown.get_or_insert_with(|| json!({}));
        breakdown[promotion.id.as_str()] = json!({
            "cents": part,
            "weight": format!("{}/{}", part.minor().abs(), amount),
        });
    }
    let id = Some(promotion.id.as_str().to_owned());
    let name = Some(promotion.name.clone());
    let kept = known_line(known, promotion);
    let mut line = derived_line(
        aggregate,
        kept,
        promotion.promotion_type,
        id,
        name,
        taken,
        new_id,
    );
    line.coupon_code.clone_from(&promotion.coupon_code);
    aggregate.line_items.push(line);
    Ok(())
}

fn known_line<'a>(known: &'a [LineItem], promotion: &Promotion) -> Option<&'a LineItem> {
    known
        .iter()
        .find(|line| line.item_id.as_deref() == Some(promotion.id.as_str()))
}

fn take_lines(aggregate: &mut OrderAggregate, taken: impl Fn(&LineItem) -> bool) -> Vec<LineItem> {
    let (gone, kept) = std::mem::take(&mut aggregate.line_items)
        .into_iter()
        .partition(|line| taken(line));
    aggregate.line_items = kept;
    gone
}

/// The last four characters of a code: enough to recognise it, too little to spend it.
fn masked(code: &str) -> String {
    let shown: String = code
        .chars()
        .rev()
        .take(4)
        .collect::<Vec<_>>()
        .into_iter()
        .rev()
        .collect();
    format!("…{shown}")
}
