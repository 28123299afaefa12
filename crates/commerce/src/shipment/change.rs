//! Changes to one shipment: how it travels, and how far it is.

use jiff::Timestamp;

use crate::aggregate::{Event, OrderAggregate};
use crate::cart::{self, CartContext, NewId, Refreshed, available_shipping_methods};
use crate::error::CommerceError;
use crate::ids::{ShipmentId, ShippingMethodId};
use crate::patch::Patch;
use crate::shipment::Shipment;
use crate::states::{FulfillmentEvent, FulfillmentStatus, OrderStatus, ShipmentStatus};

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
/// Unknown shipment; a step that the table does not list.
pub fn advance(
    aggregate: OrderAggregate,
    id: &ShipmentId,
    to: ShipmentStatus,
    now: Timestamp,
) -> Result<(OrderAggregate, Vec<Event>), CommerceError> {
    let mut aggregate = aggregate;
    let index = position(&aggregate, id)?;
    let shipment = &mut aggregate.shipments[index];
    if shipment.status == to {
        return Ok((aggregate, Vec::new()));
    }
    shipment.status = shipment.status.advance(to)?;
    stamp(shipment, to, now);
    let mut events = vec![Event::new(topic(to), "shipments", id.as_str())];
    let mut open = aggregate
        .shipments
        .iter()
        .filter(|shipment| shipment.status != ShipmentStatus::Cancelled);
    let gone = |shipment: &Shipment| {
        matches!(
            shipment.status,
            ShipmentStatus::Shipped | ShipmentStatus::Delivered
        )
    };
    if aggregate.order.status == OrderStatus::Approved
        && aggregate.order.fulfillment_status != FulfillmentStatus::Fulfilled
        && open.all(gone)
    {
        aggregate.order.fulfil(FulfillmentEvent::Fulfill, now);
        events.push(Event::order("orders.fulfill", &aggregate));
    }
    Ok((aggregate, events))
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
