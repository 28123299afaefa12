//! The answer to a placing, folded into the order: placed, or pending again with everything given back.

use jiff::Timestamp;
use kassa_klarna_api::{CreateOrderResponse, FraudStatus};
use kassa_money::MinorUnits;
use serde_json::{Map, json};

use crate::aggregate::{Event, OrderAggregate};
use crate::balances;
use crate::cart::NewId;
use crate::customer::{Customer, CustomerStatus};
use crate::error::CommerceError;
use crate::klarna_payment;
use crate::payment_method::{CaptureSkipped, PaymentMethod};
use crate::payment_source::PaymentSource;
use crate::place::default_authorization_end;
use crate::states::{FulfillmentEvent, OrderStatus, OrderTrigger};
use crate::stock_reservation;
use crate::transaction::{Authorization, Outcome, Refusal, Transaction, TransactionFacts};

/// What came of asking.
#[derive(Debug, Clone, PartialEq)]
pub enum PlaceAnswer {
    /// Klarna has an order now.
    Klarna(CreateOrderResponse),
    /// The shop's own gateway has authorized it.
    External(Outcome),
    /// Nothing had to be asked.
    NothingAsked,
    /// The gateway said no, for certain.
    Refused(Refusal),
}

/// What folding the answer looks at beside the order.
#[derive(Debug, Clone, Copy, Default)]
pub struct FinishContext<'a> {
    /// The customer, whose status moves on.
    pub customer: Option<&'a Customer>,
    /// The order's payment method, for `auto_capture`.
    pub payment_method: Option<&'a PaymentMethod>,
}

/// The order after the answer, and what has to follow.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Placed {
    /// The order: `placed`, or `pending` again.
    pub aggregate: OrderAggregate,
    /// What happened.
    pub events: Vec<Event>,
    /// The customer with its new status, when it changed.
    pub customer: Option<Customer>,
    /// Capture this much at once (`auto_capture`).
    pub capture_now: Option<MinorUnits>,
    /// Why `auto_capture` captures nothing at once.
    pub capture_skipped: Option<CaptureSkipped>,
    /// A Klarna order that must not stay: cancel it.
    pub cancel_klarna_order: Option<String>,
    /// A source that cannot be used again; its record is to be deleted.
    pub dropped_source: Option<PaymentSource>,
    /// Why the order is not placed, to be told to whoever asked.
    pub refusal: Option<CommerceError>,
}

/// Folds the answer in.
///
/// An order that is not `placing` is left as it is: the answer was folded in before.
///
/// # Errors
/// Figures that cannot be money.
pub fn finish(
    aggregate: OrderAggregate,
    answer: PlaceAnswer,
    context: FinishContext<'_>,
    now: Timestamp,
    new_id: NewId<'_>,
) -> Result<Placed, CommerceError> {
    if aggregate.order.status != OrderStatus::Placing {
        return Ok(Placed {
            aggregate,
            ..Placed::default()
        });
    }
    match answer {
        PlaceAnswer::Refused(refusal) => refused(aggregate, refusal, None, now, new_id),
        PlaceAnswer::Klarna(response) if response.fraud_status == Some(FraudStatus::Rejected) => {
            let message = "Klarna rejected the order".to_owned();
            let refusal = Refusal {
                code: "REJECTED".to_owned(),
                message,
                detail: Some(response.order_id.clone()),
            };
            refused(aggregate, refusal, Some(response.order_id), now, new_id)
        }
        answer => placed(aggregate, &answer, context, now, new_id),
    }
}

fn placed(
    aggregate: OrderAggregate,
    answer: &PlaceAnswer,
    context: FinishContext<'_>,
    now: Timestamp,
    new_id: NewId<'_>,
) -> Result<Placed, CommerceError> {
    let mut aggregate = aggregate;
    let response = match answer {
        PlaceAnswer::Klarna(response) => Some(response),
        _ => None,
    };
    let payable = aggregate.order.payable();
    let mut events = vec![Event::order("orders.place", &aggregate)];
    let pending =
        response.is_some_and(|response| response.fraud_status == Some(FraudStatus::Pending));
    if payable.is_positive() {
        let row = granted(&aggregate, answer, now, &mut *new_id);
        events.push(Event::new(
            "authorizations.create",
            "authorizations",
            row.id.as_str(),
        ));
        events.push(Event::order("orders.authorize", &aggregate));
        aggregate.transactions.push(Transaction::Authorization(row));
    }
    note_response(&mut aggregate, response);
    let order = &mut aggregate.order;
    order.status = order.status.on(OrderTrigger::Accept)?;
    order.editable = false;
    order.placed_at = Some(now);
    order.place_operation_id = None;
    order.place_total_amount_cents = Some(payable);
    let first = context
        .customer
        .is_none_or(|customer| customer.status == CustomerStatus::Prospect);
    order.customer_type = Some(if first { "new" } else { "returning" }.to_owned());
    let nothing_ships = aggregate.shipments.is_empty();
    let event = if nothing_ships {
        FulfillmentEvent::PlaceNothing
    } else {
        FulfillmentEvent::PlaceShipping
    };
    aggregate.order.fulfil(event, now);
    balances::settle(&mut aggregate, now)?;
    let customer = advanced(context.customer, &mut events);
    // Klarna lets nobody capture during its review; the fold of its decision captures then.
    let captures = context
        .payment_method
        .is_some_and(|method| method.captures_at_once(payable))
        && !pending;
    let capture_now = (captures && payable.is_positive()).then_some(payable);
    let capture_skipped = context
        .payment_method
        .filter(|_| payable.is_positive())
        .and_then(|method| method.capture_skipped(payable, pending));
    Ok(Placed {
        aggregate,
        events,
        customer,
        capture_now,
        capture_skipped,
        ..Placed::default()
    })
}

/// The row of a guarantee that was given.
fn granted(
    aggregate: &OrderAggregate,
    answer: &PlaceAnswer,
    now: Timestamp,
    new_id: NewId<'_>,
) -> Authorization {
    let mut row = authorization(aggregate, new_id);
    row.facts.succeeded = true;
    match answer {
        PlaceAnswer::Klarna(response) => {
            let pending = response.fraud_status == Some(FraudStatus::Pending);
            let review = if pending { "pending" } else { "accepted" };
            row.facts.gateway_transaction_id = Some(response.order_id.clone());
            row.fraud_review = Some(review.to_owned());
            row.expires_at = default_authorization_end(now);
        }
        PlaceAnswer::External(outcome) => row.facts.decided(outcome),
        PlaceAnswer::NothingAsked | PlaceAnswer::Refused(_) => {}
    }
    row
}

/// The customer after one more order, when that changes anything.
fn advanced(customer: Option<&Customer>, events: &mut Vec<Event>) -> Option<Customer> {
    let before = customer?;
    let status = before.status.after_order();
    if status == before.status {
        return None;
    }
    let topic = match status {
        CustomerStatus::Repeat => "customers.repeat",
        CustomerStatus::Acquired | CustomerStatus::Prospect => "customers.acquired",
    };
    events.push(Event::new(topic, "customers", before.id.as_str()));
    Some(Customer {
        status,
        ..before.clone()
    })
}

/// Notes Klarna's answer on source and order.
fn note_response(aggregate: &mut OrderAggregate, response: Option<&CreateOrderResponse>) {
    let details = match (&mut aggregate.payment_source, response) {
        (Some(PaymentSource::Klarna(payment)), Some(response)) => {
            let answer = serde_json::to_value(response).unwrap_or_default();
            let method = response.authorized_payment_method.as_ref();
            klarna_payment::placed(payment, &response.order_id, answer, method);
            Some(json!({
                "type": "klarna_payments",
                "payment_method_category": payment.payment_methods.first().and_then(|first| first.get("identifier")),
                "payment_method_type": method.map(|method| method.kind.as_str()),
            }))
        }
        (Some(source), _) => Some(json!({"type": source.resource_type()})),
        (None, _) => None,
    };
    aggregate.order.payment_source_details = details;
}

fn refused(
    aggregate: OrderAggregate,
    refusal: Refusal,
    klarna_order_id: Option<String>,
    now: Timestamp,
    new_id: NewId<'_>,
) -> Result<Placed, CommerceError> {
    let mut aggregate = aggregate;
    let mut row = authorization(&aggregate, new_id);
    row.facts.error_code = Some(refusal.code.clone());
    row.facts.message = Some(refusal.message.clone());
    row.facts.error_detail.clone_from(&refusal.detail);
    row.facts
        .gateway_transaction_id
        .clone_from(&klarna_order_id);
    let events = vec![
        Event::new("authorizations.create", "authorizations", row.id.as_str()),
        Event::order("orders.pending", &aggregate),
    ];
    aggregate.transactions.push(Transaction::Authorization(row));
    stock_reservation::not_placed(&mut aggregate);
    aggregate.order.place_operation_id = None;
    aggregate.order.status = aggregate.order.status.on(OrderTrigger::Refuse)?;
    aggregate.order.editable = true;
    let mut dropped_source = None;
    if let Some(PaymentSource::Klarna(payment)) = &mut aggregate.payment_source {
        if !spares_approval(&refusal) {
            // Klarna repeats its refusal for the same token, so the shopper has to approve again.
            payment.auth_token = None;
            payment.approved_at = None;
            payment.approved_addresses = None;
            payment.payment_instrument = None;
        }
        payment.payment_response =
            Some(json!({"error_code": refusal.code, "error_messages": [refusal.message]}));
        if payment.session_expired(now) || session_is_gone(&refusal) {
            dropped_source = aggregate.drop_payment_source();
        }
    }
    balances::settle(&mut aggregate, now)?;
    let refusal = Some(CommerceError::PaymentRefused {
        code: refusal.code,
        message: refusal.message,
    });
    Ok(Placed {
        aggregate,
        events,
        cancel_klarna_order: klarna_order_id,
        dropped_source,
        refusal,
        ..Placed::default()
    })
}

/// Refusals of the door, not of the order: the approval was never looked at and can be used again.
fn spares_approval(refusal: &Refusal) -> bool {
    matches!(
        refusal.code.as_str(),
        "NOT_SENT" | "UNAUTHORIZED" | "TOO_MANY_REQUESTS"
    )
}

/// Refusals after which the session cannot be used again.
fn session_is_gone(refusal: &Refusal) -> bool {
    refusal.code == "SESSION_COMPLETED"
        || (refusal.code == "NOT_FOUND" && refusal.message.contains("session"))
}

fn authorization(aggregate: &OrderAggregate, new_id: NewId<'_>) -> Authorization {
    Authorization {
        id: new_id().into(),
        facts: TransactionFacts {
            number: aggregate.next_transaction_number("authorizations", 'A'),
            amount_cents: aggregate.order.payable(),
            token: aggregate.order.place_operation_id.clone(),
            ..TransactionFacts::of(aggregate)
        },
        extra: Map::new(),
        ..Authorization::default()
    }
}
