//! Changes to one shipment: how it travels, and how far it is.

use jiff::Timestamp;

use crate::aggregate::{Event, OrderAggregate};
use crate::cart::{self, CartContext, NewId, Refreshed, available_shipping_methods};
use crate::catalogue::InventoryModel;
use crate::error::CommerceError;
use crate::ids::{ShipmentId, ShippingMethodId};
use crate::patch::Patch;
use crate::shipment::Shipment;
use crate::states::{
    FulfillmentEvent, FulfillmentStatus, OrderStatus, ShipmentStatus, StockTransferStatus,
};
use crate::stock_reservation;
use crate::stock_transfer::StockTransfer;

/// Chooses how a shipment travels.
///
/// # Errors
/// Order not editable; unknown shipment; a method that is not among the shipment's available ones.
pub fn choose_shipping_method(
    aggregate: OrderAggregate,
    id: &ShipmentId,
    method: Patch<ShippingMethodId>,
    context: &CartContext<'_>,
    new_id: NewId<'_>,
) -> Result<Refreshed, CommerceError> {
    aggregate.ensure_editable()?;
    let index = position(&aggregate, id)?;
    let shipment = &aggregate.shipments[index];
    if shipment.status != ShipmentStatus::Draft {
        return Err(CommerceError::OrderNotEditable {
            status: aggregate.order.status,
        });
    }
    if let Patch::Set(wanted) = &method {
        let available = available_shipping_methods(&aggregate, shipment, context)?;
        if !available.iter().any(|method| method.id == *wanted) {
            return Err(CommerceError::ShippingMethodUnavailable);
        }
    }
    let mut aggregate = aggregate;
    method.apply(&mut aggregate.shipments[index].shipping_method_id);
    cart::after_change(aggregate, context, new_id)
}

/// Moves a shipment on; the order is fulfilled once all of its shipments are with the carrier.
///
/// # Errors
/// Unknown shipment; a step that the table does not list; goods that still have to be transferred.
pub fn advance(
    aggregate: OrderAggregate,
    id: &ShipmentId,
    to: ShipmentStatus,
    model: &InventoryModel,
    now: Timestamp,
) -> Result<(OrderAggregate, Vec<Event>), CommerceError> {
    let mut aggregate = aggregate;
    let mut events = Vec::new();
    step(&mut aggregate, id, to, model, now, &mut events)?;
    Ok((aggregate, events))
}

/// [`advance`], and what follows it: transfers that wait with it, stock that others may have again.
pub(crate) fn step(
    aggregate: &mut OrderAggregate,
    id: &ShipmentId,
    to: ShipmentStatus,
    model: &InventoryModel,
    now: Timestamp,
    events: &mut Vec<Event>,
) -> Result<(), CommerceError> {
    let index = position(aggregate, id)?;
    let shipment = &mut aggregate.shipments[index];
    if shipment.status == to {
        return Ok(());
    }
    let status = shipment.status.advance(to)?;
    let mut transfers = aggregate.stock_transfers.iter_mut();
    let waits = |own: &&mut StockTransfer| own.shipment_id.as_ref() == Some(id) && own.is_open();
    match to {
        // Packed with what is in the house; the rest has to arrive before it can leave.
        ShipmentStatus::ReadyToShip | ShipmentStatus::Shipped => {
            if let Some(open) = transfers.find(waits) {
                let id = open.id.clone();
                return Err(CommerceError::StockTransferOpen { id });
            }
        }
        ShipmentStatus::OnHold if model.put_stock_transfers_on_hold => {
            for transfer in transfers.filter(waits) {
                let hold = StockTransferStatus::OnHold;
                if transfer.status.advance(hold).is_ok() {
                    transfer.advance(hold, now, events)?;
                }
            }
        }
        _ => {}
    }
    shipment.status = status;
    stamp(shipment, to, now);
    events.push(Event::new(topic(to), "shipments", id.as_str()));
    if to == ShipmentStatus::Cancelled {
        stock_reservation::shipment_cancelled(aggregate, id, now, events);
    }
    if is_fulfilled(aggregate) {
        aggregate.order.fulfil(FulfillmentEvent::Fulfill, now);
        events.push(Event::order("orders.fulfill", aggregate));
    }
    Ok(())
}

/// Whether everything that was not given up has just left the house.
fn is_fulfilled(aggregate: &OrderAggregate) -> bool {
    let shipments = || aggregate.shipments.iter();
    aggregate.order.status == OrderStatus::Approved
        && aggregate.order.fulfillment_status != FulfillmentStatus::Fulfilled
        && shipments().any(|own| own.status.has_left())
        && shipments().all(|own| own.status.has_left() || own.status == ShipmentStatus::Cancelled)
}

fn position(aggregate: &OrderAggregate, id: &ShipmentId) -> Result<usize, CommerceError> {
    let index = aggregate
        .shipments
        .iter()
        .position(|shipment| shipment.id == *id);
    index.ok_or_else(|| CommerceError::ShipmentNotFound { id: id.clone() })
}

fn stamp(shipment: &mut Shipment, to: ShipmentStatus, now: Timestamp) {
    let field = match to {
        ShipmentStatus::OnHold => &mut shipment.on_hold_at,
        ShipmentStatus::Picking => &mut shipment.picking_at,
        ShipmentStatus::Packing => &mut shipment.packing_at,
        ShipmentStatus::ReadyToShip => &mut shipment.ready_to_ship_at,
        ShipmentStatus::Shipped => &mut shipment.shipped_at,
        ShipmentStatus::Delivered => &mut shipment.delivered_at,
        ShipmentStatus::Draft | ShipmentStatus::Upcoming | ShipmentStatus::Cancelled => return,
    };
    *field = Some(now);
}

fn topic(to: ShipmentStatus) -> &'static str {
    match to {
        ShipmentStatus::Draft => "shipments.create",
        ShipmentStatus::Upcoming => "shipments.upcoming",
        ShipmentStatus::Cancelled => "shipments.cancel",
        ShipmentStatus::OnHold => "shipments.on_hold",
        ShipmentStatus::Picking => "shipments.picking",
        ShipmentStatus::Packing => "shipments.packing",
        ShipmentStatus::ReadyToShip => "shipments.ready_to_ship",
        ShipmentStatus::Shipped => "shipments.ship",
        ShipmentStatus::Delivered => "shipments.deliver",
    }
}
