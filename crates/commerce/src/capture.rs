//! Captures: claiming guaranteed money, whole or in parts.
//!
//! Same shape as every transaction after placing: [`begin`] decides and is stored as an intent, the gateway is asked,
//! [`finish`] folds the outcome in. Klarna's `reference` is always our operation id, so a lost answer can be found.

use jiff::Timestamp;
use kassa_klarna_api::{CaptureRequest, PreparedRequest};
use kassa_money::{Currency, MinorUnits};
use serde::{Deserialize, Serialize};

use crate::aggregate::{Event, OrderAggregate};
use crate::balances;
use crate::body::Entity;
use crate::cart::NewId;
use crate::error::CommerceError;
use crate::fulfillment;
use crate::ids::AuthorizationId;
use crate::klarna_payment::{KlarnaPayment, basket};
use crate::payment_source::PaymentSource;
use crate::states::{OrderStatus, PaymentStatus};
use crate::transaction::{
    Authorization, Capture, LedgerMove, Movement, Outcome, Transaction, TransactionFacts,
};

/// A capture that is about to be tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaptureIntent {
    /// The operation; Klarna's idempotency key and `reference`.
    pub operation_id: String,
    /// The authorization it draws on.
    pub authorization_id: AuthorizationId,
    /// How much.
    pub amount: MinorUnits,
    /// Of what.
    pub currency: Currency,
    /// The call to make; `None` where no gateway has to be asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<PreparedRequest>,
}

impl CaptureIntent {
    /// The entry to reserve.
    pub fn ledger(&self) -> LedgerMove {
        LedgerMove {
            movement: Movement::Captured,
            amount: self.amount,
            currency: self.currency,
        }
    }
}

/// An order after a transaction was decided.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Folded {
    /// The order.
    pub aggregate: OrderAggregate,
    /// What happened.
    pub events: Vec<Event>,
    /// Id of the row that was added; `None` when the outcome had been folded in before.
    pub transaction_id: Option<String>,
}

/// Decides a capture of `amount`, or of everything left. Without an authorization named, the order's newest one.
///
/// # Errors
/// Order not bought; no authorization; fraud review pending or lost; expired; amount not positive or beyond what is left.
pub fn begin(
    aggregate: &OrderAggregate,
    authorization: Option<&AuthorizationId>,
    amount: Option<MinorUnits>,
    operation_id: &str,
    now: Timestamp,
) -> Result<CaptureIntent, CommerceError> {
    ensure_bought(aggregate)?;
    if aggregate.order.status == OrderStatus::Editing {
        // Its lines and amount are in motion, and Klarna has not heard of them.
        let status = OrderStatus::Editing;
        return Err(CommerceError::OrderNotEditable { status });
    }
    let authorization = find_authorization(aggregate, authorization)?;
    match authorization.fraud_review.as_deref() {
        Some("pending") => return Err(CommerceError::FraudReviewPending),
        Some("rejected") => return Err(CommerceError::FraudReviewRejected),
        _ => {}
    }
    if authorization.expires_at.is_some_and(|end| end <= now) {
        return Err(CommerceError::AuthorizationExpired);
    }
    let remaining = authorization.capture_balance_cents;
    let amount = amount.unwrap_or(remaining);
    if amount > remaining || remaining.is_zero() {
        return Err(CommerceError::CaptureExceedsRemaining {
            remaining,
            requested: amount,
        });
    }
    if !amount.is_positive() {
        return Err(CommerceError::AmountNotPositive { requested: amount });
    }
    let request = match (
        klarna_order_id(aggregate, &authorization.facts),
        whole_order(aggregate, amount),
    ) {
        (None, _) => None,
        (Some(order_id), lines) => {
            let body = CaptureRequest {
                captured_amount: amount.minor(),
                reference: Some(operation_id.to_owned()),
                order_lines: lines.unwrap_or_default(),
                ..CaptureRequest::default()
            };
            Some(PreparedRequest::capture(order_id, &body, operation_id))
        }
    };
    Ok(CaptureIntent {
        operation_id: operation_id.to_owned(),
        authorization_id: authorization.id.clone(),
        amount,
        currency: aggregate.currency()?,
        request,
    })
}

/// The row of a capture before anybody has said how it went.
pub fn attempt(aggregate: &OrderAggregate, intent: &CaptureIntent, id: String) -> Capture {
    Capture {
        id: id.into(),
        facts: TransactionFacts {
            number: aggregate.next_transaction_number("captures", 'C'),
            amount_cents: intent.amount,
            token: Some(intent.operation_id.clone()),
            ..TransactionFacts::of(aggregate)
        },
        reference_authorization_id: intent.authorization_id.clone(),
        ..Capture::default()
    }
}

/// Folds the outcome of a capture in: a row, the balances, the payment status.
///
/// # Errors
/// An authorization that is not part of the order; figures that cannot be money.
pub fn finish(
    aggregate: OrderAggregate,
    intent: &CaptureIntent,
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
    find_authorization(&aggregate, Some(&intent.authorization_id))?;
    let mut aggregate = aggregate;
    let mut row = attempt(&aggregate, intent, new_id());
    row.facts.decided(outcome);
    let transaction_id = row.id.as_str().to_owned();
    let mut events = vec![Event::new("captures.create", "captures", &transaction_id)];
    aggregate.transactions.push(Transaction::Capture(row));
    let before = aggregate.order.payment_status;
    balances::settle(&mut aggregate, now)?;
    if aggregate.order.payment_status == PaymentStatus::Paid && before != PaymentStatus::Paid {
        events.push(Event::order("orders.pay", &aggregate));
    }
    fulfillment::follow(&mut aggregate, now, &mut events);
    Ok(Folded {
        aggregate,
        events,
        transaction_id: Some(transaction_id),
    })
}

/// Orders that were bought and not given up; only they have money to move.
pub(crate) fn ensure_bought(aggregate: &OrderAggregate) -> Result<(), CommerceError> {
    match aggregate.order.status {
        OrderStatus::Placing => Err(CommerceError::OrderBeingPlaced),
        status if status.bought() => Ok(()),
        status => Err(CommerceError::OrderNotEditable { status }),
    }
}

/// The authorization named, or the order's newest successful one.
pub(crate) fn find_authorization<'a>(
    aggregate: &'a OrderAggregate,
    id: Option<&AuthorizationId>,
) -> Result<&'a Authorization, CommerceError> {
    let Some(id) = id else {
        return aggregate
            .authorization()
            .ok_or(CommerceError::AuthorizationMissing);
    };
    let found = aggregate
        .authorizations()
        .find(|authorization| authorization.id == *id);
    let found = found.ok_or_else(|| CommerceError::TransactionNotFound {
        id: id.as_str().to_owned(),
    })?;
    if found.facts.succeeded {
        Ok(found)
    } else {
        Err(CommerceError::TransactionNotSucceeded)
    }
}

/// Klarna's order behind a transaction; `None` for sources without a gateway. What the transaction was made with
/// counts, whatever became of the order's source since.
pub(crate) fn klarna_order_id<'a>(
    aggregate: &'a OrderAggregate,
    facts: &'a TransactionFacts,
) -> Option<&'a str> {
    let source = aggregate.payment_source.as_ref();
    let Some(klarna) = source.and_then(PaymentSource::klarna) else {
        let made_with_klarna = facts.payment_source_type.as_deref() == Some(KlarnaPayment::TYPE);
        return facts
            .gateway_transaction_id
            .as_deref()
            .filter(|_| made_with_klarna);
    };
    facts
        .gateway_transaction_id
        .as_deref()
        .or(klarna.klarna_order_id.as_deref())
}

/// All lines, when the amount is the whole order: Klarna shows them to the shopper and allocates refunds by them.
pub(crate) fn whole_order(
    aggregate: &OrderAggregate,
    amount: MinorUnits,
) -> Option<Vec<kassa_klarna_api::OrderLine>> {
    let basket = basket(aggregate).ok()?;
    (basket.order_amount == amount).then_some(basket.order_lines)
}

/// Whether a row of this operation is there already: folding twice must not count twice.
pub(crate) fn folded_before(aggregate: &OrderAggregate, operation_id: &str) -> bool {
    aggregate
        .transactions
        .iter()
        .any(|row| row.facts().is_of_operation(operation_id))
}
