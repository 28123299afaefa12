//! Changing and removing the lines that a shopper or an integration chooses.
//!
//! Stock is checked for the SKU whose quantity grows, over all its lines; a shrinking line is never refused.

use kassa_money::MinorUnits;
use serde_json::{Map, Value};

use crate::aggregate::OrderAggregate;
use crate::cart::{self, CartContext, NewId, Refreshed};
use crate::error::CommerceError;
use crate::ids::LineItemId;
pub use crate::line_item::add::{NewLineItem, add};

use crate::line_item::bounds::{
    ensure_amount, ensure_frequency, ensure_one_card, ensure_quantity, ensure_stock, is_derived,
};
use crate::patch::Patch;

/// A change to a line.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LineItemChange {
    /// `quantity`.
    pub quantity: Option<i64>,
    /// `unit_amount_cents`, of integrations; cleared = the catalogue's price again.
    pub unit_amount_cents: Patch<MinorUnits>,
    /// `compare_at_amount_cents`; cleared = the catalogue's again.
    pub compare_at_amount_cents: Patch<MinorUnits>,
    /// `options_amount_cents`, of integrations; cleared = the sum of the options again.
    pub options_amount_cents: Patch<MinorUnits>,
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
    match change.compare_at_amount_cents {
        Patch::Keep => {}
        Patch::Clear => {
            line.compare_at_amount_cents = None;
            line.compare_at_amount_fixed = false;
        }
        Patch::Set(amount) => {
            ensure_amount(amount, line.item_type)?;
            line.compare_at_amount_cents = Some(amount);
            line.compare_at_amount_fixed = true;
        }
    }
    match change.options_amount_cents {
        Patch::Keep => {}
        Patch::Clear => line.options_amount_fixed = false,
        Patch::Set(amount) => {
            ensure_amount(amount, line.item_type)?;
            line.options_amount_cents = amount;
            line.options_amount_fixed = true;
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
pub(super) fn chosen_line(
    aggregate: &OrderAggregate,
    id: &LineItemId,
) -> Result<usize, CommerceError> {
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
