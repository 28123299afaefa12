//! What every line that people choose must keep to: quantity, amount, frequency, currency, stock.

use kassa_money::{Currency, MinorUnits};

use crate::aggregate::OrderAggregate;
use crate::cart::{self, CartContext};
use crate::error::CommerceError;
use crate::limits;
use crate::line_item::{ItemType, LineItem};
use crate::reservation;

/// Lines that the order makes by itself.
pub(super) fn is_derived(line: &LineItem) -> bool {
    !line.is_goods() && line.item_type != ItemType::Adjustments
}

/// Checks every SKU of a line against stock, over all lines of the order.
pub(super) fn ensure_stock(
    aggregate: &OrderAggregate,
    index: usize,
    context: &CartContext<'_>,
) -> Result<(), CommerceError> {
    let catalogue = reservation::own_returned(aggregate, context.catalogue);
    for piece in cart::pieces_of(&aggregate.line_items[index], &catalogue) {
        cart::ensure_sku_in_stock(aggregate, &catalogue, &piece.sku.code)?;
    }
    Ok(())
}

pub(super) fn ensure_quantity(quantity: i64) -> Result<(), CommerceError> {
    if (1..=limits::LINE_QUANTITY).contains(&quantity) {
        return Ok(());
    }
    Err(CommerceError::QuantityOutOfRange {
        quantity,
        most: limits::LINE_QUANTITY,
    })
}

/// A bought gift card is one row, so its line stands for one piece.
pub(super) fn ensure_one_card(line: &LineItem, quantity: i64) -> Result<(), CommerceError> {
    if line.item_type == ItemType::GiftCards && line.item_id.is_some() && quantity != 1 {
        return Err(CommerceError::QuantityOutOfRange { quantity, most: 1 });
    }
    Ok(())
}

pub(super) fn ensure_amount(amount: MinorUnits, item_type: ItemType) -> Result<(), CommerceError> {
    let least = if item_type == ItemType::Adjustments {
        -limits::AMOUNT
    } else {
        0
    };
    if (least..=limits::AMOUNT).contains(&amount.minor()) {
        return Ok(());
    }
    Err(CommerceError::AmountOutOfRange { amount })
}

/// A frequency must be on offer, where the market has a subscription model; elsewhere it is only a note.
pub(super) fn ensure_frequency(
    frequency: Option<&str>,
    context: &CartContext<'_>,
) -> Result<(), CommerceError> {
    let Some(frequency) = frequency.filter(|frequency| !frequency.is_empty()) else {
        return Ok(());
    };
    let Some(model) = &context.catalogue.subscription_model else {
        return Ok(());
    };
    if model.frequencies.iter().any(|own| own == frequency) {
        return Ok(());
    }
    Err(CommerceError::FrequencyRefused {
        frequency: frequency.to_owned(),
    })
}

/// A row with a currency of its own fits orders of that currency only; one without fits all.
pub(super) fn ensure_currency(
    own: Option<Currency>,
    context: &CartContext<'_>,
) -> Result<(), CommerceError> {
    let expected = context.catalogue.currency()?;
    match own {
        Some(sent) if sent != expected => Err(CommerceError::OtherCurrency { expected, sent }),
        _ => Ok(()),
    }
}
