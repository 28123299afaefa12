//! How the goods follow the money: approval, start of fulfilment, and the end of an order that was given up.

use jiff::Timestamp;

use crate::aggregate::{Event, OrderAggregate};
use crate::catalogue::Catalogue;
use crate::error::CommerceError;
use crate::reservation::Reservation;
use crate::shipment;
use crate::states::{
    FulfillmentEvent, FulfillmentStatus, OrderStatus, OrderTrigger, PaymentStatus, ShipmentStatus,
    StockTransferStatus,
};
use crate::stock_reservation;

/// Accepts a placed order (`_approve`). An approved order stays as it is.
///
/// # Errors
/// Any other status, told on `status`; a fraud review that is not won.
pub fn approve(
    aggregate: OrderAggregate,
    catalogue: &Catalogue,
    now: Timestamp,
) -> Result<(OrderAggregate, Vec<Event>), CommerceError> {
    let mut aggregate = aggregate;
    if aggregate.order.status == OrderStatus::Placing {
        return Err(CommerceError::OrderBeingPlaced);
    }
    let status = aggregate.order.status.on(OrderTrigger::Approve)?;
    if status == aggregate.order.status {
        return Ok((aggregate, Vec::new()));
    }
    if let Some(authorization) = aggregate.authorization() {
        match authorization.fraud_review.as_deref() {
            Some("pending") => return Err(CommerceError::FraudReviewPending),
            Some("rejected") => return Err(CommerceError::FraudReviewRejected),
            _ => {}
        }
    }
    aggregate.order.status = status;
    aggregate.order.approved_at = Some(now);
    let mut events = vec![Event::order("orders.approve", &aggregate)];
    stock_reservation::approved(&mut aggregate, &catalogue.inventory_model);
    start_shipments(&mut aggregate, catalogue, now, &mut events)?;
    follow(&mut aggregate, now, &mut events);
    Ok((aggregate, events))
}

/// Shipments and the transfers they wait for become upcoming; those from a location that holds its shipments back
/// are put on hold at once.
fn start_shipments(
    aggregate: &mut OrderAggregate,
    catalogue: &Catalogue,
    now: Timestamp,
    events: &mut Vec<Event>,
) -> Result<(), CommerceError> {
    let mut held_back = Vec::new();
    for shipment in &mut aggregate.shipments {
        if shipment.status != ShipmentStatus::Draft {
            continue;
        }
        shipment.status = shipment.status.advance(ShipmentStatus::Upcoming)?;
        let id = shipment.id.clone();
        events.push(Event::new("shipments.upcoming", "shipments", id.as_str()));
        let place = catalogue
            .inventory_stock_locations
            .iter()
            .find(|place| shipment.inventory_stock_location_id.as_ref() == Some(&place.id));
        if place.is_some_and(|place| place.on_hold) {
            held_back.push(id);
        }
    }
    for transfer in &mut aggregate.stock_transfers {
        if transfer.status == StockTransferStatus::Draft {
            transfer.advance(StockTransferStatus::Upcoming, now, events)?;
        }
    }
    for id in held_back {
        let to = ShipmentStatus::OnHold;
        shipment::change::step(aggregate, &id, to, &catalogue.inventory_model, now, events)?;
    }
    Ok(())
}

/// Says that everything left the house (`_fulfill`), for shops that do not move shipments one by one.
///
/// # Errors
/// An order that was not accepted, told on `status`.
pub fn fulfill(
    aggregate: OrderAggregate,
    now: Timestamp,
) -> Result<(OrderAggregate, Vec<Event>), CommerceError> {
    let status = aggregate.order.status;
    if status != OrderStatus::Approved {
        return Err(CommerceError::OrderNotEditable { status });
    }
    if aggregate.order.fulfillment_status == FulfillmentStatus::Fulfilled {
        return Ok((aggregate, Vec::new()));
    }
    let mut aggregate = aggregate;
    aggregate.order.fulfil(FulfillmentEvent::Fulfill, now);
    let events = vec![Event::order("orders.fulfill", &aggregate)];
    Ok((aggregate, events))
}

/// Starts fulfilment once an order is both accepted and paid, and there is something to send.
pub(crate) fn follow(aggregate: &mut OrderAggregate, now: Timestamp, events: &mut Vec<Event>) {
    let paid = matches!(
        aggregate.order.payment_status,
        PaymentStatus::Paid | PaymentStatus::Free
    );
    let waits = aggregate.order.fulfillment_status == FulfillmentStatus::Unfulfilled;
    if aggregate.order.status == OrderStatus::Approved
        && paid
        && waits
        && !aggregate.shipments.is_empty()
    {
        aggregate.order.fulfil(FulfillmentEvent::Begin, now);
        events.push(Event::order("orders.start_fulfilling", aggregate));
    }
}

/// Ends an order whose money went back: goods on their way are stopped, goods that left stay fulfilled. What a gift card
/// paid is money too and goes back; usages of promotions and coupons stay taken.
pub(crate) fn refunded(aggregate: &mut OrderAggregate, now: Timestamp, events: &mut Vec<Event>) {
    aggregate.order.fulfil(FulfillmentEvent::Refund, now);
    let own = aggregate.order.reservations.iter();
    let usages: Vec<Reservation> = own.filter(|own| own.is_usage()).cloned().collect();
    let ended_before = aggregate.order.status == OrderStatus::Cancelled;
    end(aggregate, now, events);
    if !ended_before {
        aggregate.order.reservations.extend(usages);
    }
}

/// Ends an order that was given up before it was paid.
pub(crate) fn cancelled(aggregate: &mut OrderAggregate, now: Timestamp, events: &mut Vec<Event>) {
    aggregate.order.fulfil(FulfillmentEvent::Cancel, now);
    end(aggregate, now, events);
}

fn end(aggregate: &mut OrderAggregate, now: Timestamp, events: &mut Vec<Event>) {
    let before = aggregate.order.status;
    let Ok(ended) = before.on(OrderTrigger::End) else {
        return;
    };
    if ended == before {
        return;
    }
    aggregate.order.status = ended;
    aggregate.order.editable = false;
    aggregate.order.cancelled_at = Some(now);
    events.push(Event::order("orders.cancel", aggregate));
    for shipment in &mut aggregate.shipments {
        if let Ok(status) = shipment.status.advance(ShipmentStatus::Cancelled) {
            shipment.status = status;
            events.push(Event::new(
                "shipments.cancel",
                "shipments",
                shipment.id.as_str(),
            ));
        }
    }
    stock_reservation::ended(aggregate, now, events);
}
