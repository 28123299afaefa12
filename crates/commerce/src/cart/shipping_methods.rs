//! The ways that a shipment may travel: which methods fit it, and what each costs for it.

use kassa_money::MinorUnits;

use crate::aggregate::OrderAggregate;
use crate::cart::CartContext;
use crate::catalogue::{Catalogue, ShippingMethod, ShippingScheme, UnitOfWeight};
use crate::error::CommerceError;
use crate::ids::{DeliveryLeadTimeId, ShippingMethodId};
use crate::shipment::Shipment;

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
