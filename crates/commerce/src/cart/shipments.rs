//! Shipments: one for each stock location and shipping category, built once there is a place to ship to.

use kassa_money::MinorUnits;

use crate::aggregate::OrderAggregate;
use crate::cart::stock::{self, Allocation};
use crate::cart::{CartContext, NewId};
use crate::catalogue::{Catalogue, ShippingMethod, ShippingScheme, UnitOfWeight};
use crate::error::CommerceError;
use crate::ids::{DeliveryLeadTimeId, ShippingMethodId};
use crate::shipment::{Content, Shipment, StockLineItem};
use crate::states::ShipmentStatus;

/// A way that a shipment may travel, priced for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AvailableShippingMethod {
    /// The method.
    pub id: ShippingMethodId,
    /// `price_amount_for_shipment_cents`.
    pub price_amount_for_shipment_cents: MinorUnits,
    /// `delivery_lead_time_for_shipment`.
    pub delivery_lead_time_id: Option<DeliveryLeadTimeId>,
}

/// Rebuilds shipments and stock lines from the goods. Shipments that already left draft are never touched.
pub(super) fn rebuild(
    aggregate: &mut OrderAggregate,
    context: &CartContext<'_>,
    new_id: NewId<'_>,
) -> Result<(), CommerceError> {
    if aggregate
        .shipments
        .iter()
        .any(|shipment| shipment.status != ShipmentStatus::Draft)
    {
        return Ok(());
    }
    let known_shipments = std::mem::take(&mut aggregate.shipments);
    let known_stock_lines = std::mem::take(&mut aggregate.stock_line_items);
    let Some(address) = context.parties.shipping_address.as_ref() else {
        return Ok(());
    };
    for allocation in stock::allocate(aggregate, context.catalogue)? {
        let index = shipment_for(
            aggregate,
            &allocation,
            &known_shipments,
            context.catalogue,
            &mut *new_id,
        );
        let shipment = &mut aggregate.shipments[index];
        shipment.shipping_address_id = Some(address.id.clone());
        shipment.skus_count = shipment.skus_count.saturating_add(allocation.quantity);
        shipment.contents.push(Content {
            line_item_id: allocation.line_item_id.clone(),
            sku_code: allocation.sku.code.clone(),
            quantity: allocation.quantity,
        });
        let shipment_id = shipment.id.clone();
        if let Some(item) = allocation.stock_item {
            let kept = known_stock_lines.iter().find(|line| {
                line.shipment_id == shipment_id
                    && line.line_item_id == allocation.line_item_id
                    && line.stock_item_id == item.id
            });
            aggregate.stock_line_items.push(StockLineItem {
                id: kept.map_or_else(|| new_id().into(), |line| line.id.clone()),
                shipment_id,
                line_item_id: allocation.line_item_id.clone(),
                stock_item_id: item.id.clone(),
                sku_id: allocation.sku.id.clone(),
                sku_code: allocation.sku.code.clone(),
                quantity: allocation.quantity,
                name: Some(allocation.sku.name.clone()),
                image_url: allocation.sku.image_url.clone(),
                extra: kept.map(|line| line.extra.clone()).unwrap_or_default(),
            });
        }
    }
    number(aggregate);
    choose_methods(aggregate, context, &known_shipments)
}

/// The shipment that an allocation goes into: an open one of this round, else a known one again, else a new one.
fn shipment_for(
    aggregate: &mut OrderAggregate,
    allocation: &Allocation<'_>,
    known: &[Shipment],
    catalogue: &Catalogue,
    new_id: NewId<'_>,
) -> usize {
    let place = Some(&allocation.location.id);
    let category = allocation.sku.shipping_category_id.as_ref();
    let fits = |shipment: &Shipment| {
        shipment.inventory_stock_location_id.as_ref() == place
            && shipment.shipping_category_id.as_ref() == category
    };
    if let Some(index) = aggregate.shipments.iter().position(fits) {
        return index;
    }
    let location = &allocation.location.stock_location_id;
    let origin = catalogue
        .stock_locations
        .iter()
        .find(|stock_location| stock_location.id == *location);
    let kept = known.iter().find(|shipment| fits(shipment));
    aggregate.shipments.push(Shipment {
        id: kept.map_or_else(|| new_id().into(), |shipment| shipment.id.clone()),
        order_id: aggregate.order.id.clone(),
        currency_code: aggregate.order.currency_code,
        shipping_category_id: category.cloned(),
        inventory_stock_location_id: place.cloned(),
        stock_location_id: Some(location.clone()),
        origin_address_id: origin.and_then(|origin| origin.address_id.clone()),
        extra: kept
            .map(|shipment| shipment.extra.clone())
            .unwrap_or_default(),
        ..Shipment::default()
    });
    aggregate.shipments.len() - 1
}

/// Numbers the shipments after the order: `<order number, else id>/S/<index>`.
pub(crate) fn number(aggregate: &mut OrderAggregate) {
    let order = aggregate
        .order
        .number
        .clone()
        .unwrap_or_else(|| aggregate.order.id.as_str().to_owned());
    for (index, shipment) in aggregate.shipments.iter_mut().enumerate() {
        shipment.number = format!("{order}/S/{:03}", index + 1);
    }
}

/// Keeps each shipment's method while it is available, falls back to the market's default, and prices it.
fn choose_methods(
    aggregate: &mut OrderAggregate,
    context: &CartContext<'_>,
    known: &[Shipment],
) -> Result<(), CommerceError> {
    let default = context.catalogue.market.default_shipping_method_id.as_ref();
    let mut costs_left = context
        .catalogue
        .market
        .shipping_cost_cutoff
        .unwrap_or(i64::MAX);
    for index in 0..aggregate.shipments.len() {
        let shipment = &aggregate.shipments[index];
        let chosen = known
            .iter()
            .find(|old| old.id == shipment.id)
            .and_then(|old| old.shipping_method_id.clone());
        let available = available_shipping_methods(aggregate, shipment, context)?;
        let find = |id: &ShippingMethodId| available.iter().find(|method| method.id == *id);
        let method = chosen
            .as_ref()
            .and_then(find)
            .or_else(|| default.and_then(find))
            .cloned();
        let shipment = &mut aggregate.shipments[index];
        if let Some(method) = method {
            shipment.shipping_method_id = Some(method.id);
            shipment.delivery_lead_time_id = method.delivery_lead_time_id;
            // The market may charge for its first shipments only.
            let charged = costs_left > 0 && method.price_amount_for_shipment_cents.is_positive();
            costs_left -= i64::from(charged);
            shipment.cost_amount_cents = if charged {
                method.price_amount_for_shipment_cents
            } else {
                MinorUnits::ZERO
            };
        }
    }
    Ok(())
}

/// `shipments.available_shipping_methods`: enabled methods that fit market, currency, zone, category, location and
/// weight, with their price for this shipment. External schemes are left out: their price is not known here.
///
/// # Errors
/// [`CommerceError::Configuration`] for a zone or weight that cannot be read.
pub fn available_shipping_methods(
    aggregate: &OrderAggregate,
    shipment: &Shipment,
    context: &CartContext<'_>,
) -> Result<Vec<AvailableShippingMethod>, CommerceError> {
    let mut available = Vec::new();
    for method in &context.catalogue.shipping_methods {
        if !fits(method, shipment, context)? {
            continue;
        }
        let Some(price) = price(method, aggregate, shipment, context.catalogue)? else {
            continue;
        };
        let lead_time = context.catalogue.delivery_lead_times.iter().find(|lead| {
            lead.shipping_method_id == method.id
                && Some(&lead.stock_location_id) == shipment.stock_location_id.as_ref()
        });
        available.push(AvailableShippingMethod {
            id: method.id.clone(),
            price_amount_for_shipment_cents: price,
            delivery_lead_time_id: lead_time.map(|lead| lead.id.clone()),
        });
    }
    Ok(available)
}

fn fits(
    method: &ShippingMethod,
    shipment: &Shipment,
    context: &CartContext<'_>,
) -> Result<bool, CommerceError> {
    let catalogue = context.catalogue;
    let currency = catalogue.currency()?;
    let same = method.disabled_at.is_none()
        && method.scheme != ShippingScheme::External
        && method
            .market_id
            .as_ref()
            .is_none_or(|market| *market == catalogue.market.id)
        && method.currency_code.is_none_or(|own| own == currency)
        && (method.shipping_category_id.is_none()
            || method.shipping_category_id == shipment.shipping_category_id)
        && (method.stock_location_id.is_none()
            || method.stock_location_id == shipment.stock_location_id);
    if !same {
        return Ok(false);
    }
    if let Some(zone) = &method.shipping_zone_id {
        let (Some(zone), Some(address)) = (
            catalogue
                .shipping_zones
                .iter()
                .find(|known| known.id == *zone),
            &context.parties.shipping_address,
        ) else {
            return Ok(false);
        };
        if !zone.places.cover(address, "shipping_zones")? {
            return Ok(false);
        }
    }
    if method.min_weight.is_none() && method.max_weight.is_none() {
        return Ok(true);
    }
    let weight = weight(shipment, catalogue)?;
    let unit = method.unit_of_weight.unwrap_or_default();
    let bound = |bound: &Option<crate::catalogue::Weight>| match bound {
        None => Ok(None),
        Some(bound) => bound
            .scaled(unit)
            .map(Some)
            .ok_or(CommerceError::Configuration {
                what: "shipping_methods.weight",
            }),
    };
    let (least, most) = (bound(&method.min_weight)?, bound(&method.max_weight)?);
    Ok(least.is_none_or(|least| least <= weight) && most.is_none_or(|most| weight <= most))
}

/// Price of a shipment by that method; `None` when no weight tier covers it.
fn price(
    method: &ShippingMethod,
    aggregate: &OrderAggregate,
    shipment: &Shipment,
    catalogue: &Catalogue,
) -> Result<Option<MinorUnits>, CommerceError> {
    if let Some(free_over) = method.free_over_amount_cents {
        let goods = MinorUnits::checked_sum(aggregate.goods().map(|line| line.total_amount_cents))?;
        let discounts = MinorUnits::checked_sum(aggregate.goods().map(|line| line.discount_cents))?;
        let basis = if method.use_subtotal {
            goods
        } else {
            goods.checked_add(discounts)?
        };
        if basis > free_over {
            return Ok(Some(MinorUnits::ZERO));
        }
    }
    if method.scheme == ShippingScheme::Flat {
        return Ok(Some(method.price_amount_cents));
    }
    let unreadable = CommerceError::Configuration {
        what: "shipping_weight_tiers.up_to",
    };
    let weight = weight(shipment, catalogue)?;
    let unit = method.unit_of_weight.unwrap_or_default();
    let mut best: Option<(i128, MinorUnits)> = None;
    for tier in catalogue
        .shipping_weight_tiers
        .iter()
        .filter(|tier| tier.shipping_method_id == method.id)
    {
        let up_to = match &tier.up_to {
            None => i128::MAX,
            Some(bound) => bound.scaled(unit).ok_or_else(|| unreadable.clone())?,
        };
        if weight <= up_to && best.is_none_or(|(known, _)| up_to < known) {
            best = Some((up_to, tier.price_amount_cents));
        }
    }
    Ok(best.map(|(_, price)| price))
}

/// Weight of what is inside; SKUs without a weight weigh nothing.
fn weight(shipment: &Shipment, catalogue: &Catalogue) -> Result<i128, CommerceError> {
    let unreadable = || CommerceError::Configuration {
        what: "skus.weight",
    };
    let mut sum: i128 = 0;
    for content in &shipment.contents {
        let Some(sku) = catalogue.sku(&content.sku_code) else {
            continue;
        };
        let Some(weight) = &sku.weight else { continue };
        let one = weight
            .scaled(sku.unit_of_weight.unwrap_or(UnitOfWeight::Gr))
            .ok_or_else(unreadable)?;
        let all = one
            .checked_mul(i128::from(content.quantity))
            .ok_or_else(unreadable)?;
        sum = sum.checked_add(all).ok_or_else(unreadable)?;
    }
    Ok(sum)
}
