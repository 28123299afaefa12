//! How the goods follow the money: approval, start of fulfilment, and the end of an order that was given up.

use jiff::Timestamp;

use crate::aggregate::{Event, OrderAggregate};
use crate::error::CommerceError;
use crate::reservation::Reservation;
use crate::states::{
    FulfillmentEvent, FulfillmentStatus, OrderStatus, OrderTrigger, PaymentStatus, ShipmentStatus,
};

/// Accepts a placed order (`_approve`). An approved order stays as it is.
///
/// # Errors
/// Any other status, told on `status`; a fraud review that is not won.
pub fn approve(
    aggregate: OrderAggregate,
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
    for shipment in &mut aggregate.shipments {
        if shipment.status == ShipmentStatus::Draft {
            shipment.status = shipment.status.advance(ShipmentStatus::Upcoming)?;
            events.push(Event::new(
                "shipments.upcoming",
                "shipments",
                shipment.id.as_str(),
            ));
        }
    }
    follow(&mut aggregate, now, &mut events);
    Ok((aggregate, events))
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

/// Ends an order whose money went back: goods on their way are stopped, goods that left stay fulfilled. Answers what
/// goes back into the shared counters: what a gift card paid is money too. Stock and usages stay taken.
pub(crate) fn refunded(
    aggregate: &mut OrderAggregate,
    now: Timestamp,
    events: &mut Vec<Event>,
) -> Vec<Reservation> {
    aggregate.order.fulfil(FulfillmentEvent::Refund, now);
    end(aggregate, now, events);
    let taken = std::mem::take(&mut aggregate.order.reservations);
    let (paid, kept): (Vec<_>, _) = taken.into_iter().partition(Reservation::is_gift_card);
    aggregate.order.reservations = kept;
    paid.iter().map(Reservation::undone).collect()
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
}
