//! What lowers an order: promotions, spread over the lines they lower.
//!
//! The parts that a promotion spreads sum exactly to its own line, so nothing is lost to rounding.

use kassa_money::{DecimalRate, MinorUnits, distribute};
use serde_json::json;

use crate::aggregate::OrderAggregate;
use crate::cart::{CartContext, NewId, derived_line, eligibility};
use crate::catalogue::{Catalogue, Promotion};
use crate::error::CommerceError;
use crate::ids::PromotionId;
use crate::line_item::{ItemType, LineItem};

/// Replaces the promotion lines by those of the promotions that apply now, one after the other, and spreads them over
/// the goods. Answers the free-shipping promotion that applies: its line is made once the costs are known.
pub(super) fn rebuild_goods_promotions(
    aggregate: &mut OrderAggregate,
    context: &CartContext<'_>,
    new_id: NewId<'_>,
) -> Result<Option<PromotionId>, CommerceError> {
    let known = take_lines(aggregate, |line| line.item_type.is_promotion());
    let mut free_shipping = None;
    for promotion in eligibility::candidates(aggregate, context)? {
        if !eligibility::applies(promotion, aggregate, context)? {
            continue;
        }
        if promotion.promotion_type == ItemType::FreeShippingPromotions {
            if free_shipping.is_none() {
                // Keeps the id of its line until then.
                let kept = known_line(&known, promotion).cloned();
                aggregate.line_items.extend(kept);
                free_shipping = Some(promotion.id.clone());
            }
            continue;
        }
        lower_goods(aggregate, promotion, context, &known, &mut *new_id)?;
    }
    Ok(free_shipping)
}

fn lower_goods(
    aggregate: &mut OrderAggregate,
    promotion: &Promotion,
    context: &CartContext<'_>,
    known: &[LineItem],
    new_id: NewId<'_>,
) -> Result<(), CommerceError> {
    let mut lowered = Vec::with_capacity(aggregate.line_items.len());
    for line in &aggregate.line_items {
        lowered.push(line.is_discountable() && covers(promotion, line, context.catalogue)?);
    }
    let left = left_to_lower(aggregate, &lowered)?;
    let covered = aggregate.line_items.iter().zip(&lowered);
    let basis = MinorUnits::checked_sum(
        covered
            .filter(|(_, lowered)| **lowered)
            .map(|(line, _)| line.total_amount_cents),
    )?;
    let wanted = match (promotion.percentage, promotion.fixed_amount_cents) {
        (Some(percentage), _) => DecimalRate::from_percent(percentage.min(100)).share_of(basis)?,
        (None, Some(amount)) => amount,
        (None, None) => MinorUnits::ZERO,
    };
    let most = MinorUnits::checked_sum(left.iter().copied())?;
    let unlocked = eligibility::coupon(promotion, aggregate, context).map(|coupon| &coupon.code);
    let spread = Spread {
        promotion,
        amount: wanted.min(most),
        weights: &left,
        coupon_code: unlocked.cloned(),
        known,
    };
    add_promotion(aggregate, spread, new_id)
}

/// Whether a promotion lowers that line: lists hold SKUs, so a list leaves bundles out.
fn covers(
    promotion: &Promotion,
    line: &LineItem,
    catalogue: &Catalogue,
) -> Result<bool, CommerceError> {
    match (&promotion.sku_list_id, line.sku_code.as_deref()) {
        (None, _) => Ok(true),
        (Some(list), Some(code)) => catalogue.list_holds(list, code),
        (Some(_), None) => Ok(false),
    }
}

/// Takes the shipping costs off again, when a free-shipping promotion applies.
pub(super) fn apply_free_shipping(
    aggregate: &mut OrderAggregate,
    id: Option<&PromotionId>,
    context: &CartContext<'_>,
    new_id: NewId<'_>,
) -> Result<(), CommerceError> {
    let known = take_lines(aggregate, |line| {
        line.item_type == ItemType::FreeShippingPromotions
    });
    let promotions = &context.catalogue.promotions;
    let promotion = id.and_then(|id| promotions.iter().find(|own| own.id == *id));
    let Some(promotion) = promotion else {
        return Ok(());
    };
    let shipping: Vec<bool> = aggregate
        .line_items
        .iter()
        .map(|line| line.item_type == ItemType::Shipments)
        .collect();
    let left = left_to_lower(aggregate, &shipping)?;
    let unlocked = eligibility::coupon(promotion, aggregate, context).map(|coupon| &coupon.code);
    let spread = Spread {
        promotion,
        amount: MinorUnits::checked_sum(left.iter().copied())?,
        weights: &left,
        coupon_code: unlocked.cloned(),
        known: &known,
    };
    add_promotion(aggregate, spread, new_id)
}

/// How far each line of the order can still be lowered; zero for lines that the promotion does not lower.
fn left_to_lower(
    aggregate: &OrderAggregate,
    lowered: &[bool],
) -> Result<Vec<MinorUnits>, CommerceError> {
    let mut left = Vec::with_capacity(aggregate.line_items.len());
    for (line, lowered) in aggregate.line_items.iter().zip(lowered) {
        let rest = if *lowered {
            line.discounted()?
        } else {
            MinorUnits::ZERO
        };
        left.push(rest.max(MinorUnits::ZERO));
    }
    Ok(left)
}

/// A promotion with what it takes off, and from where.
struct Spread<'a> {
    promotion: &'a Promotion,
    amount: MinorUnits,
    weights: &'a [MinorUnits],
    coupon_code: Option<String>,
    known: &'a [LineItem],
}

/// Spreads the amount over the lines and adds the promotion's own line.
fn add_promotion(
    aggregate: &mut OrderAggregate,
    spread: Spread<'_>,
    new_id: NewId<'_>,
) -> Result<(), CommerceError> {
    let Spread {
        promotion, amount, ..
    } = spread;
    if !amount.is_positive() {
        return Ok(());
    }
    let taken = amount.checked_neg()?;
    for (line, part) in aggregate
        .line_items
        .iter_mut()
        .zip(distribute(taken, spread.weights)?)
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
    let mut line = derived_line(
        aggregate,
        known_line(spread.known, promotion),
        promotion.promotion_type,
        Some(promotion.id.as_str().to_owned()),
        Some(promotion.name.clone()),
        taken,
        new_id,
    );
    line.coupon_code = spread.coupon_code;
    aggregate.line_items.push(line);
    Ok(())
}

fn known_line<'a>(known: &'a [LineItem], promotion: &Promotion) -> Option<&'a LineItem> {
    known
        .iter()
        .find(|line| line.item_id.as_deref() == Some(promotion.id.as_str()))
}

/// Takes lines off the order and hands them out.
pub(super) fn take_lines(
    aggregate: &mut OrderAggregate,
    taken: impl Fn(&LineItem) -> bool,
) -> Vec<LineItem> {
    let (gone, kept) = std::mem::take(&mut aggregate.line_items)
        .into_iter()
        .partition(|line| taken(line));
    aggregate.line_items = kept;
    gone
}
