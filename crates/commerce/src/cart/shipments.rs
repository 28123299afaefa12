//! Shipments: one for each stock location and shipping category, built once there is a place to ship to.

use kassa_money::MinorUnits;

use crate::aggregate::OrderAggregate;
use crate::cart::stock::{self, Allocation};
use crate::cart::{CartContext, NewId, available_shipping_methods};
use crate::catalogue::{Catalogue, StockItem};
use crate::error::CommerceError;
use crate::ids::{ShipmentId, ShippingMethodId};
use crate::shipment::{Content, Shipment, StockLineItem};
use crate::states::ShipmentStatus;
use crate::stock_reservation::StockHold;
use crate::stock_transfer::StockTransfer;

/// Rebuilds shipments, stock lines and stock transfers from the goods. Shipments that already left draft are never
/// touched.
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
    let known = Known {
        shipments: std::mem::take(&mut aggregate.shipments),
        stock_line_items: std::mem::take(&mut aggregate.stock_line_items),
        stock_transfers: std::mem::take(&mut aggregate.stock_transfers),
    };
    let Some(address) = context.parties.shipping_address.as_ref() else {
        return Ok(());
    };
    for allocation in stock::allocate(aggregate, context.catalogue) {
        if allocation.sku.do_not_ship {
            continue;
        }
        let index = shipment_for(
            aggregate,
            &allocation,
            &known.shipments,
            context.catalogue,
            &mut *new_id,
        );
        let shipment = &mut aggregate.shipments[index];
        shipment.shipping_address_id = Some(address.id.clone());
        put_inside(shipment, &allocation);
        let shipment_id = shipment.id.clone();
        let Some(item) = allocation.stock_item else {
            continue;
        };
        if allocation.is_transferred() {
            let transfer = known.transfer(&allocation, shipment_id, item, &mut *new_id);
            aggregate.stock_transfers.push(transfer);
        } else {
            let line = known.stock_line(&allocation, shipment_id, item, &mut *new_id);
            aggregate.stock_line_items.push(line);
        }
    }
    number(aggregate);
    choose_methods(aggregate, context, &known.shipments)
}

/// What an order had before a rebuild: ids and the callers' own data live on where the same is needed again.
struct Known {
    shipments: Vec<Shipment>,
    stock_line_items: Vec<StockLineItem>,
    stock_transfers: Vec<StockTransfer>,
}

impl Known {
    fn stock_line(
        &self,
        allocation: &Allocation<'_>,
        shipment_id: ShipmentId,
        item: &StockItem,
        new_id: NewId<'_>,
    ) -> StockLineItem {
        let kept = self.stock_line_items.iter().find(|line| {
            line.shipment_id == shipment_id
                && line.line_item_id == allocation.line_item_id
                && line.stock_item_id == item.id
        });
        StockLineItem {
            id: kept.map_or_else(|| new_id().into(), |line| line.id.clone()),
            shipment_id,
            line_item_id: allocation.line_item_id.clone(),
            stock_item_id: item.id.clone(),
            sku_id: allocation.sku.id.clone(),
            sku_code: allocation.sku.code.clone(),
            quantity: allocation.quantity,
            hold: StockHold::None,
            name: Some(allocation.sku.name.clone()),
            image_url: allocation.sku.image_url.clone(),
            extra: kept.map(|line| line.extra.clone()).unwrap_or_default(),
        }
    }

    fn transfer(
        &self,
        allocation: &Allocation<'_>,
        shipment_id: ShipmentId,
        item: &StockItem,
        new_id: NewId<'_>,
    ) -> StockTransfer {
        let kept = self.stock_transfers.iter().find(|transfer| {
            transfer.shipment_id.as_ref() == Some(&shipment_id)
                && transfer.line_item_id.as_ref() == Some(&allocation.line_item_id)
                && transfer.stock_item_id.as_ref() == Some(&item.id)
        });
        StockTransfer {
            id: kept.map_or_else(|| new_id().into(), |transfer| transfer.id.clone()),
            sku_id: allocation.sku.id.clone(),
            sku_code: allocation.sku.code.clone(),
            quantity: allocation.quantity,
            origin_stock_location_id: allocation.origin.stock_location_id.clone(),
            destination_stock_location_id: allocation.location.stock_location_id.clone(),
            stock_item_id: Some(item.id.clone()),
            destination_stock_item_id: allocation
                .counted_where_it_leaves
                .map(|item| item.id.clone()),
            shipment_id: Some(shipment_id),
            line_item_id: Some(allocation.line_item_id.clone()),
            extra: kept
                .map(|transfer| transfer.extra.clone())
                .unwrap_or_default(),
            ..StockTransfer::default()
        }
    }
}

/// Adds an allocation to what a shipment carries. What is transferred first counts as the rest of its line.
fn put_inside(shipment: &mut Shipment, allocation: &Allocation<'_>) {
    shipment.skus_count = shipment.skus_count.saturating_add(allocation.quantity);
    let same = |content: &&mut Content| {
        content.line_item_id == allocation.line_item_id && content.sku_code == allocation.sku.code
    };
    if let Some(content) = shipment.contents.iter_mut().find(same) {
        content.quantity = content.quantity.saturating_add(allocation.quantity);
        return;
    }
    shipment.contents.push(Content {
        line_item_id: allocation.line_item_id.clone(),
        sku_code: allocation.sku.code.clone(),
        quantity: allocation.quantity,
    });
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

/// Numbers shipments and transfers after the order: `<order number, else id>/S/<index>`, and `/T/`.
pub(crate) fn number(aggregate: &mut OrderAggregate) {
    let order = aggregate
        .order
        .number
        .clone()
        .unwrap_or_else(|| aggregate.order.id.as_str().to_owned());
    for (index, shipment) in aggregate.shipments.iter_mut().enumerate() {
        shipment.number = format!("{order}/S/{:03}", index + 1);
    }
    for (index, transfer) in aggregate.stock_transfers.iter_mut().enumerate() {
        transfer.number = Some(format!("{order}/T/{:03}", index + 1));
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
        let chosen = chosen_before(aggregate, shipment, known);
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

/// How the goods of a shipment were to travel: as it was chosen for it, or for the one that it replaces because its goods
/// come from another location now.
fn chosen_before(
    aggregate: &OrderAggregate,
    shipment: &Shipment,
    known: &[Shipment],
) -> Option<ShippingMethodId> {
    let is_gone = |old: &Shipment| !aggregate.shipments.iter().any(|own| own.id == old.id);
    let replaced =
        |old: &&Shipment| old.shipping_category_id == shipment.shipping_category_id && is_gone(old);
    let same = known.iter().find(|old| old.id == shipment.id);
    let before = same.or_else(|| known.iter().find(replaced));
    before.and_then(|old| old.shipping_method_id.clone())
}
