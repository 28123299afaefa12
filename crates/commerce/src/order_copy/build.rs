//! The target order of a copy: what the source order, or a subscription's items, are worth today.
//!
//! Invariant: a target order is a new cart under today's rules. Prices are those of the day unless an integration fixed
//! them; nothing that was paid, used up or sent is taken over.

use std::collections::HashMap;

use serde_json::Value;

use crate::aggregate::OrderAggregate;
use crate::body::iso_timestamp;
use crate::cart::{self, CartContext, NewId};
use crate::error::CommerceError;
use crate::ids::{LineItemId, OrderId, OrderSubscriptionId, PaymentMethodId};
use crate::line_item::{ItemType, LineItem};
use crate::order::Order;
use crate::order_copy::CopyOptions;
use crate::order_subscription::OrderSubscriptionItem;
use crate::shipment::Shipment;

/// Where an order says what it is a copy of. Not part of the API.
pub const COPIED_FROM: &str = "copied_from_order_id";
/// Where an order says which subscription made it.
pub const SUBSCRIBED_BY: &str = "order_subscription_id";

/// What an order takes over from its source besides what it is made of. Source: commerce-api, `orders`.
const TAKEN_OVER: &[&str] = &[
    "cart_url",
    "return_url",
    "terms_url",
    "privacy_url",
    "metadata",
];

/// What is sold.
#[derive(Debug, Clone, Copy)]
pub enum Lines<'a> {
    /// What the source order sold.
    OfSource,
    /// The items of a subscription, every so often.
    Items(&'a [OrderSubscriptionItem], &'a str),
}

/// What a target order is made of.
#[derive(Debug, Clone, Copy)]
pub struct Blueprint<'a> {
    /// The order that is copied.
    pub source: &'a OrderAggregate,
    /// What is sold.
    pub lines: Lines<'a>,
    /// How it shall be paid, where not as before.
    pub payment_method: Option<&'a PaymentMethodId>,
    /// The subscription whose run this is.
    pub subscription: Option<&'a OrderSubscriptionId>,
    /// What else is asked.
    pub options: CopyOptions,
}

/// Builds the target order. The addresses in `context.parties` become its own.
///
/// # Errors
/// Something that cannot be sold any more, unless errors are skipped; a coupon that does not hold, unless it is ignored;
/// nothing left to sell; configuration or figures that cannot be used.
pub fn build(
    id: OrderId,
    token: String,
    blueprint: &Blueprint<'_>,
    context: &CartContext<'_>,
    new_id: NewId<'_>,
) -> Result<OrderAggregate, CommerceError> {
    let mut target = OrderAggregate::new(order(id, token, blueprint, context)?);
    match blueprint.lines {
        Lines::OfSource => copy_lines(&mut target, blueprint, context, &mut *new_id)?,
        Lines::Items(items, frequency) => {
            for item in items {
                let line = of_item(&target, item, frequency, context, &mut *new_id);
                let source = item.source_line_item_id.as_ref();
                add(&mut target, line, source, blueprint, &mut *new_id)?;
            }
        }
    }
    if target.goods().next().is_none() {
        return Err(CommerceError::NothingToBuy);
    }
    target.shipments = ways_to_travel(blueprint.source, &target.order.id, &mut *new_id);
    Ok(cart::refresh(target, context, new_id)?.aggregate)
}

fn order(
    id: OrderId,
    token: String,
    blueprint: &Blueprint<'_>,
    context: &CartContext<'_>,
) -> Result<Order, CommerceError> {
    let source = &blueprint.source.order;
    let market = source.market_id.clone().unwrap_or_default();
    let parties = context.parties;
    let mut order = Order {
        guest: source.guest,
        customer_id: source.customer_id.clone(),
        customer_email: source.customer_email.clone(),
        language_code: source.language_code.clone(),
        freight_taxable: source.freight_taxable,
        payment_method_taxable: source.payment_method_taxable,
        adjustment_taxable: source.adjustment_taxable,
        gift_card_taxable: source.gift_card_taxable,
        shipping_country_code_lock: source.shipping_country_code_lock.clone(),
        billing_address_id: parties.billing_address.as_ref().map(|own| own.id.clone()),
        shipping_address_id: parties.shipping_address.as_ref().map(|own| own.id.clone()),
        payment_method_id: blueprint
            .payment_method
            .or(source.payment_method_id.as_ref())
            .cloned(),
        ..Order::new(id, market, token)
    };
    if blueprint.options.apply_promotions {
        order.coupon_code = coupon(blueprint, context)?;
    }
    for name in TAKEN_OVER {
        if let Some(value) = source.extra.get(*name) {
            order.extra.insert((*name).to_owned(), value.clone());
        }
    }
    let mut note = |name: &str, value: Value| order.extra.insert(name.to_owned(), value);
    note(COPIED_FROM, source.id.as_str().into());
    if let Some(subscription) = blueprint.subscription {
        note(SUBSCRIBED_BY, subscription.as_str().into());
        note("subscription_created_at", iso_timestamp(context.now).into());
    }
    Ok(order)
}

/// The source order's coupon, if it still holds.
fn coupon(
    blueprint: &Blueprint<'_>,
    context: &CartContext<'_>,
) -> Result<Option<String>, CommerceError> {
    let source = &blueprint.source.order;
    let Some(code) = source.coupon_code.clone().filter(|code| !code.is_empty()) else {
        return Ok(None);
    };
    let email = source.customer_email.as_deref();
    if context.catalogue.coupon_unlocks(context.now, email) {
        return Ok(Some(code));
    }
    if blueprint.options.ignore_invalid_coupon || blueprint.options.skip_errors {
        return Ok(None);
    }
    Err(CommerceError::CouponInvalid)
}

/// Copies the goods, adjustments and options of the source order.
fn copy_lines(
    target: &mut OrderAggregate,
    blueprint: &Blueprint<'_>,
    context: &CartContext<'_>,
    new_id: NewId<'_>,
) -> Result<(), CommerceError> {
    let chosen = |line: &&LineItem| line.is_goods() || line.item_type == ItemType::Adjustments;
    for line in blueprint.source.line_items.iter().filter(chosen) {
        let copy = LineItem {
            id: new_id().into(),
            order_id: target.order.id.clone(),
            sku_code: line.sku_code.clone(),
            bundle_code: line.bundle_code.clone(),
            quantity: line.quantity,
            unit_amount_cents: line.unit_amount_cents,
            unit_amount_fixed: line.unit_amount_fixed,
            name: line.name.clone(),
            image_url: line.image_url.clone(),
            item_type: line.item_type,
            item_id: line.item_id.clone(),
            frequency: line.frequency.clone(),
            distributed: line.distributed,
            do_not_ship: line.do_not_ship,
            extra: line.extra.clone(),
            ..LineItem::default()
        };
        let copy = sellable(copy, context);
        add(target, copy, Some(&line.id), blueprint, &mut *new_id)?;
    }
    Ok(())
}

/// The line that an item of a subscription becomes.
fn of_item(
    target: &OrderAggregate,
    item: &OrderSubscriptionItem,
    frequency: &str,
    context: &CartContext<'_>,
    new_id: NewId<'_>,
) -> Result<LineItem, CommerceError> {
    let catalogue = context.catalogue;
    let sku = item
        .sku_code
        .as_deref()
        .and_then(|code| catalogue.sku(code));
    let bundle = item.bundle_code.as_deref();
    let bundle = bundle.and_then(|code| catalogue.bundle(code));
    let name = sku.map(|sku| sku.name.clone());
    let image = sku.and_then(|sku| sku.image_url.clone());
    let line = LineItem {
        id: new_id().into(),
        order_id: target.order.id.clone(),
        sku_code: item.sku_code.clone(),
        bundle_code: item.bundle_code.clone(),
        quantity: item.quantity,
        unit_amount_cents: item.unit_amount_cents.unwrap_or_default(),
        unit_amount_fixed: item.unit_amount_fixed || item.item_type == ItemType::Adjustments,
        name: name.or_else(|| bundle.map(|bundle| bundle.name.clone())),
        image_url: image.or_else(|| bundle.and_then(|bundle| bundle.image_url.clone())),
        item_type: item.item_type,
        item_id: item.item_id.clone(),
        frequency: Some(frequency.to_owned()),
        do_not_ship: item.item_type == ItemType::Adjustments,
        ..LineItem::default()
    };
    sellable(line, context)
}

/// The line, if it can be sold today.
fn sellable(line: LineItem, context: &CartContext<'_>) -> Result<LineItem, CommerceError> {
    let catalogue = context.catalogue;
    match line.item_type {
        ItemType::Skus => {
            let code = line.sku_code.clone().unwrap_or_default();
            if catalogue.sku(&code).is_none() {
                return Err(CommerceError::UnknownSku { sku_code: code });
            }
            if !line.unit_amount_fixed {
                catalogue.price(&code)?;
            }
        }
        ItemType::Bundles => {
            let code = line.bundle_code.clone().unwrap_or_default();
            let Some(bundle) = catalogue.bundle(&code) else {
                return Err(CommerceError::UnknownBundle { bundle_code: code });
            };
            if !line.unit_amount_fixed {
                catalogue.bundle_price(bundle)?;
            }
        }
        // One row is one card: what was sold is not for sale again.
        ItemType::GiftCards => return Err(CommerceError::GiftCardNotForSale),
        _ => {}
    }
    Ok(line)
}

/// Adds a line with the options of the one that it was made from. One that cannot be sold ends the copy, or is left out.
fn add(
    target: &mut OrderAggregate,
    line: Result<LineItem, CommerceError>,
    source: Option<&LineItemId>,
    blueprint: &Blueprint<'_>,
    new_id: NewId<'_>,
) -> Result<(), CommerceError> {
    let line = match line {
        Ok(line) => line,
        Err(_) if blueprint.options.skip_errors => return Ok(()),
        Err(error) => return Err(error),
    };
    let options = blueprint.source.line_item_options.iter();
    for option in options.filter(|option| Some(&option.line_item_id) == source) {
        let mut copy = option.clone();
        copy.id = new_id().into();
        copy.line_item_id = line.id.clone();
        target.line_item_options.push(copy);
    }
    target.line_items.push(line);
    Ok(())
}

/// How the source order travelled, for the cart to choose the same again.
fn ways_to_travel(source: &OrderAggregate, order: &OrderId, new_id: NewId<'_>) -> Vec<Shipment> {
    let mut known = HashMap::new();
    let shipments = source.shipments.iter();
    shipments
        .filter(|old| {
            let place = (
                old.inventory_stock_location_id.clone(),
                old.shipping_category_id.clone(),
            );
            known.insert(place, ()).is_none()
        })
        .map(|old| Shipment {
            id: new_id().into(),
            order_id: order.clone(),
            shipping_category_id: old.shipping_category_id.clone(),
            inventory_stock_location_id: old.inventory_stock_location_id.clone(),
            shipping_method_id: old.shipping_method_id.clone(),
            ..Shipment::default()
        })
        .collect()
}
