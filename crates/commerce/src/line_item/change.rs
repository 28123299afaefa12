//! Changing and removing the lines that a shopper or an integration chooses.
//!
//! Stock is checked for the SKU whose quantity grows, over all its lines; a shrinking line is never refused.

use kassa_money::MinorUnits;
use serde_json::{Map, Value};

use crate::aggregate::OrderAggregate;
use crate::cart::{self, CartContext, NewId, Refreshed};
use crate::error::CommerceError;
use crate::ids::{LineItemId, LineItemOptionId, SkuOptionId};
pub use crate::line_item::add::{NewLineItem, add};

use crate::line_item::bounds::{
    ensure_amount, ensure_currency, ensure_frequency, ensure_one_card, ensure_quantity,
    ensure_stock, is_derived,
};
use crate::line_item_option::LineItemOption;
use crate::patch::Patch;

/// A change to a line.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LineItemChange {
    /// `quantity`.
    pub quantity: Option<i64>,
    /// `unit_amount_cents`, of integrations; cleared = the catalogue's price again.
    pub unit_amount_cents: Patch<MinorUnits>,
    /// `name`.
    pub name: Patch<String>,
    /// `image_url`.
    pub image_url: Patch<String>,
    /// `frequency`.
    pub frequency: Patch<String>,
    /// `metadata`, `reference` and the like; merged over what is there.
    pub extra: Map<String, Value>,
}

/// Changes a line.
///
/// # Errors
/// Those of [`add`], and lines that are unknown or made by the order itself.
pub fn update(
    aggregate: OrderAggregate,
    id: &LineItemId,
    change: LineItemChange,
    context: &CartContext<'_>,
    new_id: NewId<'_>,
) -> Result<Refreshed, CommerceError> {
    aggregate.ensure_editable()?;
    let mut aggregate = aggregate;
    let index = chosen_line(&aggregate, id)?;
    if let Some(quantity) = change.quantity {
        ensure_quantity(quantity)?;
        ensure_one_card(&aggregate.line_items[index], quantity)?;
        let grows = quantity > aggregate.line_items[index].quantity;
        aggregate.line_items[index].quantity = quantity;
        if grows {
            ensure_stock(&aggregate, index, context)?;
        }
    }
    if let Patch::Set(frequency) = &change.frequency {
        ensure_frequency(Some(frequency), context)?;
    }
    let line = &mut aggregate.line_items[index];
    match change.unit_amount_cents {
        Patch::Keep => {}
        Patch::Clear => line.unit_amount_fixed = false,
        Patch::Set(amount) => {
            ensure_amount(amount, line.item_type)?;
            line.unit_amount_cents = amount;
            line.unit_amount_fixed = true;
        }
    }
    change.name.apply(&mut line.name);
    change.image_url.apply(&mut line.image_url);
    change.frequency.apply(&mut line.frequency);
    line.extra.extend(change.extra);
    changed(aggregate, id, context, new_id)
}

/// Removes a line with its options.
///
/// # Errors
/// Order not editable; lines that are unknown or made by the order itself.
pub fn remove(
    aggregate: OrderAggregate,
    id: &LineItemId,
    context: &CartContext<'_>,
    new_id: NewId<'_>,
) -> Result<Refreshed, CommerceError> {
    aggregate.ensure_editable()?;
    let mut aggregate = aggregate;
    let index = chosen_line(&aggregate, id)?;
    aggregate.line_items.remove(index);
    aggregate
        .line_item_options
        .retain(|option| option.line_item_id != *id);
    cart::after_change(aggregate, context, new_id)
}

/// Adds an option to a line; answers its id.
///
/// # Errors
/// Order not editable; unknown line; option of another market or not for this SKU; quantity below one.
pub fn add_option(
    aggregate: OrderAggregate,
    line: &LineItemId,
    option: &SkuOptionId,
    quantity: i64,
    options: Value,
    context: &CartContext<'_>,
    new_id: NewId<'_>,
) -> Result<(Refreshed, LineItemOptionId), CommerceError> {
    aggregate.ensure_editable()?;
    ensure_quantity(quantity)?;
    let index = chosen_line(&aggregate, line)?;
    let known = context
        .catalogue
        .sku_options
        .iter()
        .find(|known| known.id == *option);
    let known = known.ok_or(CommerceError::OptionRefused)?;
    let market = &context.catalogue.market.id;
    let sku_code = aggregate.line_items[index]
        .sku_code
        .as_deref()
        .unwrap_or_default();
    let fits = match &known.sku_code_regex {
        None => true,
        Some(pattern) => pattern.matches(sku_code, "sku_options.sku_code_regex")?,
    };
    if !fits || known.market_id.as_ref().is_some_and(|own| own != market) {
        return Err(CommerceError::OptionRefused);
    }
    ensure_currency(known.currency_code, context)?;
    let id = LineItemOptionId::from(new_id());
    let mut aggregate = aggregate;
    aggregate.line_item_options.push(LineItemOption {
        id: id.clone(),
        line_item_id: line.clone(),
        sku_option_id: Some(option.clone()),
        name: Some(known.name.clone()),
        quantity,
        currency_code: aggregate.order.currency_code,
        unit_amount_cents: known.price_amount_cents,
        total_amount_cents: known.price_amount_cents.checked_mul(quantity)?,
        options: Some(options),
        extra: Map::new(),
    });
    Ok((changed(aggregate, line, context, new_id)?, id))
}

/// Removes an option.
///
/// # Errors
/// Order not editable; unknown option.
pub fn remove_option(
    aggregate: OrderAggregate,
    id: &LineItemOptionId,
    context: &CartContext<'_>,
    new_id: NewId<'_>,
) -> Result<Refreshed, CommerceError> {
    aggregate.ensure_editable()?;
    let mut aggregate = aggregate;
    let index = aggregate
        .line_item_options
        .iter()
        .position(|option| option.id == *id);
    let index = index.ok_or(CommerceError::OptionRefused)?;
    let line = aggregate.line_item_options.remove(index).line_item_id;
    changed(aggregate, &line, context, new_id)
}

/// Prices the line itself, then lets the order follow.
pub(super) fn changed(
    aggregate: OrderAggregate,
    line: &LineItemId,
    context: &CartContext<'_>,
    new_id: NewId<'_>,
) -> Result<Refreshed, CommerceError> {
    let mut aggregate = aggregate;
    cart::price_line(&mut aggregate, line, context.catalogue)?;
    cart::after_change(aggregate, context, new_id)
}

/// Index of a line that people may change.
fn chosen_line(aggregate: &OrderAggregate, id: &LineItemId) -> Result<usize, CommerceError> {
    let index = aggregate.line_items.iter().position(|line| line.id == *id);
    let index = index.ok_or_else(|| CommerceError::LineNotFound { id: id.clone() })?;
    let line = &aggregate.line_items[index];
    if is_derived(line) {
        return Err(CommerceError::LineDerived {
            item_type: line.item_type.word(),
        });
    }
    Ok(index)
}
