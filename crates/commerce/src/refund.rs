//! Refunds: giving captured money back, whole or in parts, never beyond the capture.

use jiff::Timestamp;
use kassa_klarna_api::{PreparedRequest, RefundRequest};
use kassa_money::{Currency, MinorUnits};
use serde::{Deserialize, Serialize};

use crate::aggregate::{Event, OrderAggregate};
use crate::balances;
use crate::capture::{Folded, folded_before, klarna_order_id, whole_order};
use crate::cart::NewId;
use crate::error::CommerceError;
use crate::fulfillment;
use crate::ids::CaptureId;
use crate::states::{OrderStatus, PaymentStatus};
use crate::transaction::{
    Capture, LedgerMove, Movement, Outcome, Refund, Transaction, TransactionFacts,
};

/// A refund that is about to be tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundIntent {
    /// The operation; Klarna's idempotency key and `reference`.
    pub operation_id: String,
    /// The capture it takes from.
    pub capture_id: CaptureId,
    /// How much.
    pub amount: MinorUnits,
    /// Of what.
    pub currency: Currency,
    /// The call to make; `None` where no gateway has to be asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<PreparedRequest>,
}

impl RefundIntent {
    /// The entry to reserve.
    pub fn ledger(&self) -> LedgerMove {
        LedgerMove {
            movement: Movement::Refunded,
            amount: self.amount,
            currency: self.currency,
        }
    }
}

/// Captures that still have something to give back, oldest first: what `_refund` on an order refunds one by one.
pub fn refundable(aggregate: &OrderAggregate) -> impl Iterator<Item = &Capture> {
    aggregate
        .captures()
        .filter(|capture| capture.facts.succeeded && capture.refund_balance_cents.is_positive())
}

/// Decides a refund of `amount`, or of everything left. Without a capture named, the newest that has something left.
///
/// # Errors
/// Nothing captured; unknown or failed capture; amount not positive or beyond what is left.
pub fn begin(
    aggregate: &OrderAggregate,
    capture: Option<&CaptureId>,
    amount: Option<MinorUnits>,
    operation_id: &str,
) -> Result<RefundIntent, CommerceError> {
    if aggregate.order.status == OrderStatus::Placing {
        return Err(CommerceError::OrderBeingPlaced);
    }
    let capture = find_capture(aggregate, capture)?;
    let remaining = capture.refund_balance_cents;
    let amount = amount.unwrap_or(remaining);
    if amount > remaining || remaining.is_zero() {
        return Err(CommerceError::RefundExceedsRemaining {
            remaining,
            requested: amount,
        });
    }
    if !amount.is_positive() {
        return Err(CommerceError::AmountNotPositive { requested: amount });
    }
    // The capture's own gateway id names the capture; the order stands on its authorization.
    let authorization = aggregate
        .authorizations()
        .find(|row| row.id == capture.reference_authorization_id);
    let order_id = authorization.and_then(|row| klarna_order_id(aggregate, &row.facts));
    let request = order_id.map(|order_id| {
        // Lines allocate the refund to its capture at Klarna, which works for a whole capture of a whole order.
        let whole = capture.facts.amount_cents == amount && remaining == amount;
        let lines = if whole {
            whole_order(aggregate, amount)
        } else {
            None
        };
        let body = RefundRequest {
            refunded_amount: amount.minor(),
            reference: Some(operation_id.to_owned()),
            order_lines: lines.unwrap_or_default(),
            ..RefundRequest::default()
        };
        PreparedRequest::refund(order_id, &body, operation_id)
    });
    Ok(RefundIntent {
        operation_id: operation_id.to_owned(),
        capture_id: capture.id.clone(),
        amount,
        currency: aggregate.currency()?,
        request,
    })
}

/// The row of a refund before anybody has said how it went.
pub fn attempt(aggregate: &OrderAggregate, intent: &RefundIntent, id: String) -> Refund {
    Refund {
        id: id.into(),
        facts: TransactionFacts {
            number: aggregate.next_transaction_number("refunds", 'R'),
            amount_cents: intent.amount,
            token: Some(intent.operation_id.clone()),
            ..TransactionFacts::of(aggregate)
        },
        reference_capture_id: intent.capture_id.clone(),
        ..Refund::default()
    }
}

/// Folds the outcome of a refund in. An order whose money went back entirely is cancelled.
///
/// # Errors
/// A capture that is not part of the order; figures that cannot be money.
pub fn finish(
    aggregate: OrderAggregate,
    intent: &RefundIntent,
    outcome: &Outcome,
    now: Timestamp,
    new_id: NewId<'_>,
) -> Result<Folded, CommerceError> {
    if folded_before(&aggregate, &intent.operation_id) {
        return Ok(Folded {
            aggregate,
            ..Folded::default()
        });
    }
    find_capture(&aggregate, Some(&intent.capture_id))?;
    let mut aggregate = aggregate;
    let mut row = attempt(&aggregate, intent, new_id());
    row.facts.decided(outcome);
    let transaction_id = row.id.as_str().to_owned();
    aggregate.transactions.push(Transaction::Refund(row));
    let mut events = vec![Event::new("refunds.create", "refunds", &transaction_id)];
    let before = aggregate.order.payment_status;
    balances::settle(&mut aggregate, now)?;
    if aggregate.order.payment_status != before {
        events.push(Event::order("orders.refund", &aggregate));
    }
    if aggregate.order.payment_status == PaymentStatus::Refunded {
        fulfillment::refunded(&mut aggregate, now, &mut events);
    }
    Ok(Folded {
        aggregate,
        events,
        transaction_id: Some(transaction_id),
    })
}

fn find_capture<'a>(
    aggregate: &'a OrderAggregate,
    id: Option<&CaptureId>,
) -> Result<&'a Capture, CommerceError> {
    let Some(id) = id else {
        if !aggregate.captures().any(|capture| capture.facts.succeeded) {
            return Err(CommerceError::NothingCaptured);
        }
        let newest = refundable(aggregate).last();
        return newest.ok_or(CommerceError::RefundExceedsRemaining {
            remaining: MinorUnits::ZERO,
            requested: MinorUnits::ZERO,
        });
    };
    let found = aggregate.captures().find(|capture| capture.id == *id);
    let found = found.ok_or_else(|| CommerceError::TransactionNotFound {
        id: id.as_str().to_owned(),
    })?;
    if found.facts.succeeded {
        Ok(found)
    } else {
        Err(CommerceError::TransactionNotSucceeded)
    }
}
