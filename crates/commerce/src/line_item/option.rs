//! Options of a line: added, changed and taken off.
//!
//! Invariant: an option costs what its SKU option says when it is added, or what an integration gave it; both stay until
//! somebody changes them. So does the delay, which is the SKU option's when it is added.

use kassa_money::MinorUnits;
use serde_json::{Map, Value};

use crate::aggregate::OrderAggregate;
use crate::cart::{CartContext, NewId, Refreshed};
use crate::catalogue::SkuOption;
use crate::error::CommerceError;
use crate::ids::{LineItemId, LineItemOptionId, SkuOptionId};
use crate::line_item::ItemType;
use crate::line_item::bounds::{ensure_amount, ensure_currency, ensure_quantity};
use crate::line_item::change::{changed, chosen_line};
use crate::line_item_option::LineItemOption;
use crate::patch::Patch;

/// What an option takes over from its SKU option as it is, and nobody sends.
const TAKEN_OVER: &[&str] = &["delay_hours", "delay_days"];

/// An option to add.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NewOption {
    /// The line.
    pub line_item_id: LineItemId,
    /// What is chosen.
    pub sku_option_id: SkuOptionId,
    /// `quantity`.
    pub quantity: i64,
    /// `unit_amount_cents`, of integrations; the SKU option's when absent.
    pub unit_amount_cents: Option<MinorUnits>,
    /// `name`; the SKU option's when absent.
    pub name: Option<String>,
    /// What the shopper typed.
    pub options: Value,
    /// `metadata`, `reference` and the like.
    pub extra: Map<String, Value>,
}

/// A change to an option.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OptionChange {
    /// `quantity`.
    pub quantity: Option<i64>,
    /// `unit_amount_cents`, of integrations; cleared = the SKU option's again.
    pub unit_amount_cents: Patch<MinorUnits>,
    /// `name`.
    pub name: Option<String>,
    /// What the shopper typed.
    pub options: Option<Value>,
    /// `metadata`, `reference` and the like; merged over what is there.
    pub extra: Map<String, Value>,
}

/// Adds an option to a line; answers its id.
///
/// # Errors
/// Order not editable; unknown line; option of another market or not for this SKU; quantity or amount out of range.
pub fn add(
    aggregate: OrderAggregate,
    new: NewOption,
    context: &CartContext<'_>,
    new_id: NewId<'_>,
) -> Result<(Refreshed, LineItemOptionId), CommerceError> {
    aggregate.ensure_editable()?;
    ensure_quantity(new.quantity)?;
    let index = chosen_line(&aggregate, &new.line_item_id)?;
    let known = sku_option(context, &new.sku_option_id)?;
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
    let unit_amount = new.unit_amount_cents.unwrap_or(known.price_amount_cents);
    ensure_amount(unit_amount, ItemType::Skus)?;
    let taken_over = TAKEN_OVER.iter().filter_map(|name| {
        let value = known.extra.get(*name)?;
        Some(((*name).to_owned(), value.clone()))
    });
    let mut extra = new.extra;
    extra.extend(taken_over);
    let id = LineItemOptionId::from(new_id());
    let mut aggregate = aggregate;
    aggregate.line_item_options.push(LineItemOption {
        id: id.clone(),
        line_item_id: new.line_item_id.clone(),
        sku_option_id: Some(new.sku_option_id),
        name: Some(new.name.unwrap_or_else(|| known.name.clone())),
        quantity: new.quantity,
        currency_code: aggregate.order.currency_code,
        unit_amount_cents: unit_amount,
        total_amount_cents: unit_amount.checked_mul(new.quantity)?,
        options: Some(new.options),
        extra,
    });
    let refreshed = changed(aggregate, &new.line_item_id, context, new_id)?;
    Ok((refreshed, id))
}

/// Changes an option.
///
/// # Errors
/// Order not editable; unknown option; quantity or amount out of range.
pub fn change(
    aggregate: OrderAggregate,
    id: &LineItemOptionId,
    change: OptionChange,
    context: &CartContext<'_>,
    new_id: NewId<'_>,
) -> Result<Refreshed, CommerceError> {
    aggregate.ensure_editable()?;
    let mut aggregate = aggregate;
    let options = &mut aggregate.line_item_options;
    let option = options.iter_mut().find(|option| option.id == *id);
    let option = option.ok_or(CommerceError::OptionRefused)?;
    if let Some(quantity) = change.quantity {
        ensure_quantity(quantity)?;
        option.quantity = quantity;
    }
    match change.unit_amount_cents {
        Patch::Keep => {}
        Patch::Clear => {
            let of = option.sku_option_id.clone().unwrap_or_default();
            option.unit_amount_cents = sku_option(context, &of)?.price_amount_cents;
        }
        Patch::Set(amount) => {
            ensure_amount(amount, ItemType::Skus)?;
            option.unit_amount_cents = amount;
        }
    }
    option.name = change.name.or(option.name.take());
    option.options = change.options.or(option.options.take());
    option.extra.extend(change.extra);
    let line = option.line_item_id.clone();
    changed(aggregate, &line, context, new_id)
}

/// Takes an option off.
///
/// # Errors
/// Order not editable; unknown option.
pub fn remove(
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

fn sku_option<'a>(
    context: &CartContext<'a>,
    id: &SkuOptionId,
) -> Result<&'a SkuOption, CommerceError> {
    let mut options = context.catalogue.sku_options.iter();
    let known = options.find(|known| known.id == *id);
    known.ok_or(CommerceError::OptionRefused)
}
