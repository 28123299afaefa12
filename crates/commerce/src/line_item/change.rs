//! Adding, changing and removing the lines that a shopper or an integration chooses.
//!
//! Stock is checked for the SKU whose quantity grows, over all its lines; a shrinking line is never refused.

use kassa_money::MinorUnits;
use serde_json::{Map, Value};

use crate::aggregate::OrderAggregate;
use crate::cart::{self, CartContext, NewId, Refreshed};
use crate::error::CommerceError;
use crate::ids::{LineItemId, LineItemOptionId, SkuOptionId};
use crate::limits;
use crate::line_item::{ItemType, LineItem};
use crate::line_item_option::LineItemOption;
use crate::patch::Patch;
use crate::reservation;

/// A line to add.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NewLineItem {
    /// `sku_code`, or the code behind the `item` relationship.
    pub sku_code: Option<String>,
    /// `item_type`; SKUs when absent.
    pub item_type: Option<String>,
    /// Id of the item, for adjustments and bought gift cards.
    pub item_id: Option<String>,
    /// `quantity`.
    pub quantity: i64,
    /// `unit_amount_cents`, of integrations; required for adjustments and gift cards.
    pub unit_amount_cents: Option<MinorUnits>,
    /// `name`; the SKU's when absent.
    pub name: Option<String>,
    /// `image_url`; the SKU's when absent.
    pub image_url: Option<String>,
    /// `frequency`.
    pub frequency: Option<String>,
    /// `_update_quantity`: add to the row of the same SKU instead of making another.
    pub update_quantity: bool,
    /// `metadata`, `reference` and the like.
    pub extra: Map<String, Value>,
}

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

/// Adds a line, or to a line; answers its id.
///
/// # Errors
/// Order not editable; quantity, SKU, price, frequency or item type refused; out of stock.
pub fn add(
    aggregate: OrderAggregate,
    new: NewLineItem,
    context: &CartContext<'_>,
    new_id: NewId<'_>,
) -> Result<(Refreshed, LineItemId), CommerceError> {
    aggregate.ensure_editable()?;
    ensure_quantity(new.quantity)?;
    ensure_frequency(new.frequency.as_deref(), context)?;
    let item_type = match new.item_type.as_deref() {
        None => ItemType::Skus,
        Some(word) => ItemType::parse(word).ok_or_else(|| refused(word))?,
    };
    let mut aggregate = aggregate;
    let id = match item_type {
        ItemType::Skus => add_sku(&mut aggregate, new, context, &mut *new_id)?,
        ItemType::Adjustments | ItemType::GiftCards => {
            add_amount(&mut aggregate, item_type, new, &mut *new_id)?
        }
        other => return Err(refused(other.word())),
    };
    Ok((changed(aggregate, &id, context, new_id)?, id))
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
        let grows = quantity > aggregate.line_items[index].quantity;
        aggregate.line_items[index].quantity = quantity;
        if grows && aggregate.line_items[index].item_type == ItemType::Skus {
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

fn add_sku(
    aggregate: &mut OrderAggregate,
    new: NewLineItem,
    context: &CartContext<'_>,
    new_id: NewId<'_>,
) -> Result<LineItemId, CommerceError> {
    let code = new
        .sku_code
        .filter(|code| !code.is_empty())
        .ok_or(CommerceError::ItemMissing)?;
    let sku = context
        .catalogue
        .sku(&code)
        .ok_or(CommerceError::UnknownSku { sku_code: code })?;
    let same = |line: &LineItem| {
        line.item_type == ItemType::Skus && line.sku_code.as_deref() == Some(&*sku.code)
    };
    let row = aggregate
        .line_items
        .iter()
        .position(same)
        .filter(|_| new.update_quantity);
    let index = match row {
        Some(index) => {
            let quantity = aggregate.line_items[index]
                .quantity
                .saturating_add(new.quantity);
            ensure_quantity(quantity)?;
            aggregate.line_items[index].quantity = quantity;
            index
        }
        None => {
            if let Some(amount) = new.unit_amount_cents {
                ensure_amount(amount, ItemType::Skus)?;
            }
            let goods = aggregate
                .line_items
                .iter()
                .rposition(|line| !is_derived(line))
                .map_or(0, |last| last + 1);
            aggregate.line_items.insert(
                goods,
                LineItem {
                    id: new_id().into(),
                    order_id: aggregate.order.id.clone(),
                    sku_code: Some(sku.code.clone()),
                    quantity: new.quantity,
                    unit_amount_cents: new.unit_amount_cents.unwrap_or_default(),
                    unit_amount_fixed: new.unit_amount_cents.is_some(),
                    name: new.name.or_else(|| Some(sku.name.clone())),
                    image_url: new.image_url.or_else(|| sku.image_url.clone()),
                    item_id: Some(sku.id.as_str().to_owned()),
                    frequency: new.frequency,
                    do_not_ship: sku.do_not_ship,
                    extra: new.extra,
                    ..LineItem::default()
                },
            );
            goods
        }
    };
    ensure_stock(aggregate, index, context)?;
    Ok(aggregate.line_items[index].id.clone())
}

/// Adjustments and bought gift cards: the amount is given, not looked up.
fn add_amount(
    aggregate: &mut OrderAggregate,
    item_type: ItemType,
    new: NewLineItem,
    new_id: NewId<'_>,
) -> Result<LineItemId, CommerceError> {
    let amount = new.unit_amount_cents.ok_or(CommerceError::ItemMissing)?;
    ensure_amount(amount, item_type)?;
    let id = LineItemId::from(new_id());
    aggregate.line_items.push(LineItem {
        id: id.clone(),
        order_id: aggregate.order.id.clone(),
        quantity: new.quantity,
        unit_amount_cents: amount,
        unit_amount_fixed: true,
        name: new.name,
        image_url: new.image_url,
        item_type,
        item_id: new.item_id,
        do_not_ship: true,
        extra: new.extra,
        ..LineItem::default()
    });
    Ok(id)
}

/// Prices the line itself, then lets the order follow.
fn changed(
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

fn is_derived(line: &LineItem) -> bool {
    !line.is_goods() && line.item_type != ItemType::Adjustments
}

fn ensure_stock(
    aggregate: &OrderAggregate,
    index: usize,
    context: &CartContext<'_>,
) -> Result<(), CommerceError> {
    let Some(code) = aggregate.line_items[index].sku_code.as_deref() else {
        return Ok(());
    };
    let catalogue = reservation::own_returned(aggregate, context.catalogue);
    cart::ensure_sku_in_stock(aggregate, &catalogue, code)
}

fn ensure_quantity(quantity: i64) -> Result<(), CommerceError> {
    if (1..=limits::LINE_QUANTITY).contains(&quantity) {
        return Ok(());
    }
    Err(CommerceError::QuantityOutOfRange {
        quantity,
        most: limits::LINE_QUANTITY,
    })
}

fn ensure_amount(amount: MinorUnits, item_type: ItemType) -> Result<(), CommerceError> {
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
fn ensure_frequency(
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

fn refused(word: &str) -> CommerceError {
    CommerceError::ItemTypeRefused {
        item_type: word.to_owned(),
    }
}
