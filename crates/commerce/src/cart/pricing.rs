//! Prices of goods: taken from the catalogue at every refresh, unless an integration set them.

use kassa_money::MinorUnits;

use crate::aggregate::OrderAggregate;
use crate::cart::pieces_of;
use crate::catalogue::Catalogue;
use crate::error::CommerceError;
use crate::ids::LineItemId;
use crate::limits;
use crate::line_item::{ItemType, LineItem};

/// Reprices the goods and their options, and multiplies every line out.
pub(super) fn reprice(
    aggregate: &mut OrderAggregate,
    catalogue: &Catalogue,
) -> Result<(), CommerceError> {
    for index in 0..aggregate.line_items.len() {
        price_at(aggregate, index, catalogue)?;
    }
    Ok(())
}

/// Reprices one line, for orders that are not refreshed by themselves.
pub(crate) fn price_line(
    aggregate: &mut OrderAggregate,
    id: &LineItemId,
    catalogue: &Catalogue,
) -> Result<(), CommerceError> {
    match aggregate.line_items.iter().position(|line| line.id == *id) {
        Some(index) => price_at(aggregate, index, catalogue),
        None => Ok(()),
    }
}

fn price_at(
    aggregate: &mut OrderAggregate,
    index: usize,
    catalogue: &Catalogue,
) -> Result<(), CommerceError> {
    let currency = Some(catalogue.currency()?);
    let line = &mut aggregate.line_items[index];
    let mut options_amount = MinorUnits::ZERO;
    for option in aggregate
        .line_item_options
        .iter_mut()
        .filter(|option| option.line_item_id == line.id)
    {
        option.currency_code = currency;
        option.total_amount_cents = option.unit_amount_cents.checked_mul(option.quantity)?;
        options_amount = options_amount.checked_add(option.total_amount_cents)?;
    }
    line.currency_code = currency;
    line.discount_cents = MinorUnits::ZERO;
    line.discount_breakdown = None;
    match line.item_type {
        ItemType::Skus => price_sku(line, catalogue)?,
        ItemType::Bundles => price_bundle(line, catalogue)?,
        ItemType::GiftCards => price_card(line, catalogue),
        _ => {}
    }
    if line.is_goods() && !line.options_amount_fixed {
        line.options_amount_cents = options_amount;
    }
    line.total_amount_cents = line
        .unit_amount_cents
        .checked_mul(line.quantity)?
        .checked_add(line.options_amount_cents)?;
    if line.total_amount_cents.minor().abs() > limits::AMOUNT {
        return Err(CommerceError::AmountOutOfRange {
            amount: line.total_amount_cents,
        });
    }
    Ok(())
}

/// Price, compare price and name of a SKU line, from price list and SKU.
fn price_sku(line: &mut LineItem, catalogue: &Catalogue) -> Result<(), CommerceError> {
    let code = line.sku_code.clone().unwrap_or_default();
    let Some(sku) = catalogue.sku(&code) else {
        return Err(CommerceError::UnknownSku { sku_code: code });
    };
    line.do_not_ship = sku.do_not_ship;
    if line.unit_amount_fixed {
        return Ok(());
    }
    let (unit_amount, price) =
        catalogue.unit_price(&code, line.quantity, line.frequency.as_deref())?;
    line.unit_amount_cents = unit_amount;
    compare_with(line, price.compare_at_amount_cents);
    Ok(())
}

/// A card that is bought costs what is on it.
fn price_card(line: &mut LineItem, catalogue: &Catalogue) {
    let sold = catalogue.sold_gift_cards.iter();
    if let Some(card) = sold
        .into_iter()
        .find(|card| line.item_id.as_deref() == Some(card.id.as_str()))
    {
        line.unit_amount_cents = card.balance_cents;
    }
}

/// Price and compare price of a bundle line; it ships as soon as one of its SKUs does.
fn price_bundle(line: &mut LineItem, catalogue: &Catalogue) -> Result<(), CommerceError> {
    let code = line.bundle_code.clone().unwrap_or_default();
    let Some(bundle) = catalogue.bundle(&code) else {
        return Err(CommerceError::UnknownBundle { bundle_code: code });
    };
    line.do_not_ship = pieces_of(line, catalogue)
        .iter()
        .all(|piece| piece.sku.do_not_ship);
    if line.unit_amount_fixed {
        return Ok(());
    }
    line.unit_amount_cents = catalogue.bundle_price(bundle)?;
    compare_with(line, bundle.compare_at_amount_cents);
    Ok(())
}

/// The price to compare with follows the catalogue unless it was given with the line.
fn compare_with(line: &mut LineItem, amount: Option<MinorUnits>) {
    if !line.compare_at_amount_fixed {
        line.compare_at_amount_cents = amount;
    }
}
