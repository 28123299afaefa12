//! The sums of an order. Every figure is a sum over lines, so the order can never contradict its lines.

use kassa_money::{MinorUnits, MoneyError};

use crate::aggregate::OrderAggregate;
use crate::error::CommerceError;
use crate::line_item::{ItemType, LineItem};

/// Sums everything but the gift card: what it has to pay is not known before.
pub(crate) fn without_gift_card(aggregate: &mut OrderAggregate) -> Result<(), CommerceError> {
    sum(aggregate, false)
}

/// Sums everything.
pub(crate) fn finish(aggregate: &mut OrderAggregate) -> Result<(), CommerceError> {
    sum(aggregate, true)
}

fn sum(aggregate: &mut OrderAggregate, with_gift_card: bool) -> Result<(), CommerceError> {
    let lines = &aggregate.line_items;
    let goods = Group::of(lines, LineItem::is_goods)?;
    let shipping = Group::of(lines, |line| line.item_type == ItemType::Shipments)?;
    let payment = Group::of(lines, |line| line.item_type == ItemType::PaymentMethods)?;
    let adjustment = Group::of(lines, |line| line.item_type == ItemType::Adjustments)?;
    let discount = Group::of(lines, |line| line.item_type.is_promotion())?;
    let gift_card = Group::of(lines, |line| with_gift_card && line.is_used_gift_card())?;
    let order = &mut aggregate.order;
    order.subtotal_amount_cents = goods.amount;
    order.shipping_amount_cents = shipping.amount;
    order.payment_method_amount_cents = payment.amount;
    order.adjustment_amount_cents = adjustment.amount;
    order.discount_amount_cents = discount.amount;
    order.gift_card_amount_cents = gift_card.amount;
    order.subtotal_tax_amount_cents = goods.tax;
    order.shipping_tax_amount_cents = shipping.tax;
    order.payment_method_tax_amount_cents = payment.tax;
    order.adjustment_tax_amount_cents = adjustment.tax;
    order.total_tax_amount_cents =
        MinorUnits::checked_sum([goods.tax, shipping.tax, payment.tax, adjustment.tax])?;
    order.total_amount_cents = MinorUnits::checked_sum([
        goods.amount,
        shipping.amount,
        payment.amount,
        discount.amount,
        adjustment.amount,
        gift_card.amount,
    ])?;
    let included = order.tax_included;
    order.total_amount_with_taxes_cents = if included {
        order.total_amount_cents
    } else {
        order
            .total_amount_cents
            .checked_add(order.total_tax_amount_cents)?
    };
    order.subtotal_taxable_amount_cents = goods.taxable(included)?;
    order.shipping_taxable_amount_cents = shipping.taxable(included)?;
    order.payment_method_taxable_amount_cents = payment.taxable(included)?;
    order.adjustment_taxable_amount_cents = adjustment.taxable(included)?;
    order.total_taxable_amount_cents = MinorUnits::checked_sum([
        order.subtotal_taxable_amount_cents,
        order.shipping_taxable_amount_cents,
        order.payment_method_taxable_amount_cents,
        order.adjustment_taxable_amount_cents,
    ])?;
    Ok(())
}

/// Counts of goods, options and shipments.
pub(super) fn count(aggregate: &mut OrderAggregate) {
    let quantities = aggregate.goods().map(|line| line.quantity);
    aggregate.order.skus_count = quantities.fold(0, i64::saturating_add);
    aggregate.order.line_item_options_count = length(aggregate.line_item_options.len());
    aggregate.order.shipments_count = length(aggregate.shipments.len());
}

fn length(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

/// Amount and tax of some lines.
struct Group {
    amount: MinorUnits,
    tax: MinorUnits,
}

impl Group {
    fn of(lines: &[LineItem], belongs: impl Fn(&LineItem) -> bool) -> Result<Self, MoneyError> {
        let own = || lines.iter().filter(|line| belongs(line));
        Ok(Self {
            amount: MinorUnits::checked_sum(own().map(|line| line.total_amount_cents))?,
            tax: MinorUnits::checked_sum(own().map(|line| line.tax_amount_cents))?,
        })
    }

    /// The amount without its tax.
    fn taxable(&self, tax_included: bool) -> Result<MinorUnits, MoneyError> {
        if tax_included {
            self.amount.checked_sub(self.tax)
        } else {
            Ok(self.amount)
        }
    }
}
