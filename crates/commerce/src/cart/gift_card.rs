//! The gift card on the order: it pays what is left to pay, as far as its balance reaches.
//!
//! A card that distributes lowers what is taxed before it pays; it never pays more than there is, so an order is never
//! worth less than nothing because of it.

use crate::aggregate::OrderAggregate;
use crate::cart::{CartContext, NewId, derived_line, relief, tax, totals};
use crate::error::CommerceError;
use crate::line_item::{ItemType, LineItem};

/// Uses the card on what is left to pay: `−min(balance, payable)`. Expects taxes and totals without it, and leaves
/// the totals without it.
pub(super) fn rebuild(
    aggregate: &mut OrderAggregate,
    context: &CartContext<'_>,
    new_id: NewId<'_>,
) -> Result<(), CommerceError> {
    let known = super::discounts::take_lines(aggregate, LineItem::is_used_gift_card);
    let Some(card) = &context.catalogue.gift_card else {
        return Ok(());
    };
    let market = &context.catalogue.market.id;
    let balance = card.spendable(context.now, aggregate.currency()?, market);
    let distributed = balance.min(aggregate.order.total_amount_cents);
    if card.distribute_discount && distributed.is_positive() {
        let costs = |line: &LineItem| !line.item_type.is_promotion();
        relief::distribute_over(aggregate, distributed, costs)?;
        tax::apply(aggregate, context)?;
        totals::without_gift_card(aggregate)?;
    }
    let used = balance.min(aggregate.order.total_amount_with_taxes_cents);
    if !used.is_positive() {
        return Ok(());
    }
    let id = card.id.as_str();
    let kept = known
        .iter()
        .find(|line| line.item_id.as_deref() == Some(id));
    let name = card.code.as_deref().map(masked);
    let line = derived_line(
        aggregate,
        kept,
        ItemType::GiftCards,
        Some(id.to_owned()),
        name,
        used.checked_neg()?,
        new_id,
    );
    aggregate.line_items.push(line);
    Ok(())
}

/// The last four characters of a code: enough to recognise it, too little to spend it.
fn masked(code: &str) -> String {
    let length = code.chars().count();
    let shown: String = code.chars().skip(length.saturating_sub(4)).collect();
    format!("Gift card …{shown}")
}
