//! Adding lines: goods from the catalogue, bundles, adjustments and gift cards to buy.
//!
//! Names, pictures and amounts are copied when the line is added; prices of goods follow the catalogue afterwards.

use kassa_money::MinorUnits;
use serde_json::{Map, Value};

use crate::aggregate::OrderAggregate;
use crate::cart::{CartContext, NewId, Refreshed};
use crate::catalogue::{Adjustment, Bundle, GiftCard, GiftCardStatus};
use crate::error::CommerceError;
use crate::ids::LineItemId;
use crate::line_item::bounds::{
    ensure_amount, ensure_currency, ensure_frequency, ensure_quantity, ensure_stock, is_derived,
};
use crate::line_item::change::changed;
use crate::line_item::{ItemType, LineItem};

/// A line to add.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NewLineItem {
    /// `sku_code`, or the code behind the `item` relationship.
    pub sku_code: Option<String>,
    /// `bundle_code`, or the code behind the `item` relationship.
    pub bundle_code: Option<String>,
    /// `item_type`; SKUs when absent, bundles when only their code is there.
    pub item_type: Option<String>,
    /// Id of the item, for adjustments and gift cards that no row is handed in for.
    pub item_id: Option<String>,
    /// The adjustment behind the `item` relationship.
    pub adjustment: Option<Adjustment>,
    /// The gift card to buy, behind the `item` relationship.
    pub gift_card: Option<GiftCard>,
    /// `quantity`.
    pub quantity: i64,
    /// `unit_amount_cents`, of integrations; required for adjustments and gift cards without a row.
    pub unit_amount_cents: Option<MinorUnits>,
    /// `compare_at_amount_cents`; the catalogue's when absent.
    pub compare_at_amount_cents: Option<MinorUnits>,
    /// `name`; the SKU's when absent.
    pub name: Option<String>,
    /// `image_url`; the SKU's when absent.
    pub image_url: Option<String>,
    /// `frequency`.
    pub frequency: Option<String>,
    /// `_update_quantity`: add to the row of the same SKU or bundle instead of making another.
    pub update_quantity: bool,
    /// `metadata`, `reference` and the like.
    pub extra: Map<String, Value>,
}

/// Adds a line, or to a line; answers its id.
///
/// # Errors
/// Order not editable; quantity, SKU, bundle, price, currency, frequency or item type refused; out of stock.
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
        None if new.sku_code.is_none() && new.bundle_code.is_some() => ItemType::Bundles,
        None => ItemType::Skus,
        Some(word) => ItemType::parse(word).ok_or_else(|| refused(word))?,
    };
    let mut aggregate = aggregate;
    let id = match item_type {
        ItemType::Skus => add_sku(&mut aggregate, new, context, &mut *new_id)?,
        ItemType::Bundles => add_bundle(&mut aggregate, new, context, &mut *new_id)?,
        ItemType::Adjustments | ItemType::GiftCards => {
            add_amount(&mut aggregate, item_type, new, context, &mut *new_id)?
        }
        other => return Err(refused(other.word())),
    };
    Ok((changed(aggregate, &id, context, new_id)?, id))
}

fn add_sku(
    aggregate: &mut OrderAggregate,
    new: NewLineItem,
    context: &CartContext<'_>,
    new_id: NewId<'_>,
) -> Result<LineItemId, CommerceError> {
    let code = new.sku_code.as_deref().filter(|code| !code.is_empty());
    let code = code.ok_or(CommerceError::ItemMissing)?;
    let sku = context.catalogue.sku(code);
    let sku = sku.ok_or_else(|| CommerceError::UnknownSku {
        sku_code: code.to_owned(),
    })?;
    let shown = LineItem {
        sku_code: Some(sku.code.clone()),
        name: Some(sku.name.clone()),
        image_url: sku.image_url.clone(),
        item_id: Some(sku.id.as_str().to_owned()),
        do_not_ship: sku.do_not_ship,
        ..LineItem::default()
    };
    add_goods(aggregate, new, shown, context, new_id)
}

fn add_bundle(
    aggregate: &mut OrderAggregate,
    new: NewLineItem,
    context: &CartContext<'_>,
    new_id: NewId<'_>,
) -> Result<LineItemId, CommerceError> {
    let catalogue = context.catalogue;
    let code = new.bundle_code.as_deref().filter(|code| !code.is_empty());
    let code = code.ok_or(CommerceError::ItemMissing)?;
    let of_market = |own: &&Bundle| {
        let market = own.market_id.as_ref();
        market.is_none_or(|market| *market == catalogue.market.id)
    };
    let bundle = catalogue.bundle(code).filter(of_market);
    let bundle = bundle.ok_or_else(|| CommerceError::UnknownBundle {
        bundle_code: code.to_owned(),
    })?;
    ensure_currency(bundle.currency_code, context)?;
    let shown = LineItem {
        bundle_code: Some(bundle.code.clone()),
        name: Some(bundle.name.clone()),
        image_url: bundle.image_url.clone(),
        item_type: ItemType::Bundles,
        item_id: Some(bundle.id.as_str().to_owned()),
        ..LineItem::default()
    };
    add_goods(aggregate, new, shown, context, new_id)
}

/// Adds goods of the catalogue to the row of the same item, or as a row of their own after the last row that people
/// chose.
fn add_goods(
    aggregate: &mut OrderAggregate,
    new: NewLineItem,
    shown: LineItem,
    context: &CartContext<'_>,
    new_id: NewId<'_>,
) -> Result<LineItemId, CommerceError> {
    let same = |line: &LineItem| {
        line.item_type == shown.item_type
            && line.sku_code == shown.sku_code
            && line.bundle_code == shown.bundle_code
    };
    let row = aggregate
        .line_items
        .iter()
        .position(same)
        .filter(|_| new.update_quantity);
    let index = if let Some(index) = row {
        let quantity = aggregate.line_items[index].quantity;
        let quantity = quantity.saturating_add(new.quantity);
        ensure_quantity(quantity)?;
        aggregate.line_items[index].quantity = quantity;
        index
    } else {
        let given = [new.unit_amount_cents, new.compare_at_amount_cents];
        for amount in given.into_iter().flatten() {
            ensure_amount(amount, shown.item_type)?;
        }
        let end = aggregate
            .line_items
            .iter()
            .rposition(|line| !is_derived(line))
            .map_or(0, |last| last + 1);
        let line = LineItem {
            id: new_id().into(),
            order_id: aggregate.order.id.clone(),
            quantity: new.quantity,
            unit_amount_cents: new.unit_amount_cents.unwrap_or_default(),
            unit_amount_fixed: new.unit_amount_cents.is_some(),
            compare_at_amount_cents: new.compare_at_amount_cents,
            compare_at_amount_fixed: new.compare_at_amount_cents.is_some(),
            name: new.name.or(shown.name.clone()),
            image_url: new.image_url.or(shown.image_url.clone()),
            frequency: new.frequency,
            extra: new.extra,
            ..shown
        };
        aggregate.line_items.insert(end, line);
        end
    };
    ensure_stock(aggregate, index, context)?;
    Ok(aggregate.line_items[index].id.clone())
}

/// Adjustments and bought gift cards: the amount is that of their row when the line is added, or given with it.
fn add_amount(
    aggregate: &mut OrderAggregate,
    item_type: ItemType,
    new: NewLineItem,
    context: &CartContext<'_>,
    new_id: NewId<'_>,
) -> Result<LineItemId, CommerceError> {
    let mut line = LineItem {
        order_id: aggregate.order.id.clone(),
        quantity: new.quantity,
        unit_amount_fixed: true,
        compare_at_amount_cents: new.compare_at_amount_cents,
        compare_at_amount_fixed: new.compare_at_amount_cents.is_some(),
        item_type,
        item_id: new.item_id,
        do_not_ship: true,
        ..LineItem::default()
    };
    let mut amount = new.unit_amount_cents;
    if let Some(adjustment) = new.adjustment {
        ensure_currency(adjustment.currency_code, context)?;
        amount = Some(adjustment.amount_cents);
        line.name = Some(adjustment.name);
        line.item_id = Some(adjustment.id.as_str().to_owned());
        line.distributed = adjustment.distribute_discount;
    }
    if let Some(card) = new.gift_card {
        ensure_for_sale(aggregate, &card, new.quantity, context)?;
        amount = Some(card.balance_cents);
        line.name = Some("Gift card".to_owned());
        line.item_id = Some(card.id.as_str().to_owned());
    }
    let amount = amount.ok_or(CommerceError::ItemMissing)?;
    ensure_amount(amount, item_type)?;
    line.id = new_id().into();
    line.unit_amount_cents = amount;
    line.name = new.name.or(line.name);
    line.image_url = new.image_url;
    line.extra = new.extra;
    let id = line.id.clone();
    aggregate.line_items.push(line);
    Ok(id)
}

/// One row is one card: it is bought once, in one piece, and only while it is a draft.
fn ensure_for_sale(
    aggregate: &OrderAggregate,
    card: &GiftCard,
    quantity: i64,
    context: &CartContext<'_>,
) -> Result<(), CommerceError> {
    ensure_currency(card.currency_code, context)?;
    if quantity != 1 {
        return Err(CommerceError::QuantityOutOfRange { quantity, most: 1 });
    }
    let there = aggregate
        .lines_of(ItemType::GiftCards)
        .any(|line| line.item_id.as_deref() == Some(card.id.as_str()));
    if there || card.status != GiftCardStatus::Draft {
        return Err(CommerceError::GiftCardNotForSale);
    }
    Ok(())
}

fn refused(word: &str) -> CommerceError {
    CommerceError::ItemTypeRefused {
        item_type: word.to_owned(),
    }
}
