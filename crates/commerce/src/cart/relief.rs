//! What lowers the amount that is taxed without lowering any price: distributed adjustments and gift cards.
//!
//! The parts sum exactly to what is distributed, and no line is taxed on less than nothing.

use kassa_money::{MinorUnits, distribute};

use crate::aggregate::OrderAggregate;
use crate::error::CommerceError;
use crate::line_item::{ItemType, LineItem};

/// Starts over: distributes the adjustments below zero that say so, over the goods.
pub(super) fn distribute_adjustments(aggregate: &mut OrderAggregate) -> Result<(), CommerceError> {
    for line in &mut aggregate.line_items {
        line.tax_relief_cents = MinorUnits::ZERO;
    }
    let lowering = |line: &&LineItem| is_distributed(line);
    let lowered = aggregate.line_items.iter().filter(lowering);
    let amount = MinorUnits::checked_sum(lowered.map(|line| line.total_amount_cents))?;
    distribute_over(aggregate, amount.checked_neg()?, LineItem::is_discountable)
}

/// Adjustments that are taxed by way of the goods they lower, not by themselves.
pub(super) fn is_distributed(line: &LineItem) -> bool {
    let adjustment = line.item_type == ItemType::Adjustments && line.distributed;
    adjustment && line.total_amount_cents.is_negative()
}

/// Spreads `amount` over what is still taxed of the chosen lines, as far as it goes.
pub(super) fn distribute_over(
    aggregate: &mut OrderAggregate,
    amount: MinorUnits,
    chosen: impl Fn(&LineItem) -> bool,
) -> Result<(), CommerceError> {
    let mut weights = Vec::with_capacity(aggregate.line_items.len());
    for line in &aggregate.line_items {
        let taxed = if chosen(line) {
            line.taxed()?
        } else {
            MinorUnits::ZERO
        };
        weights.push(taxed.max(MinorUnits::ZERO));
    }
    let reach = MinorUnits::checked_sum(weights.iter().copied())?;
    let taken = amount.min(reach).max(MinorUnits::ZERO).checked_neg()?;
    let parts = distribute(taken, &weights)?;
    for (line, part) in aggregate.line_items.iter_mut().zip(parts) {
        line.tax_relief_cents = line.tax_relief_cents.checked_add(part)?;
    }
    Ok(())
}
