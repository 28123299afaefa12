//! Voids: giving a guarantee up. Before any capture the order is cancelled at Klarna, after one the rest is released.
//!
//! An order whose guarantee was given up before any capture is cancelled, and gives its reservations back.

use jiff::Timestamp;
use kassa_klarna_api::PreparedRequest;
use kassa_money::{Currency, MinorUnits};
use serde::{Deserialize, Serialize};

use crate::aggregate::{Event, OrderAggregate};
use crate::balances;
use crate::capture::{ensure_bought, find_authorization, folded_before, klarna_order_id};
use crate::cart::NewId;
use crate::error::CommerceError;
use crate::fulfillment;
use crate::ids::AuthorizationId;
use crate::states::{FulfillmentStatus, OrderStatus, OrderTrigger, PaymentStatus};
use crate::transaction::{LedgerMove, Movement, Outcome, Transaction, TransactionFacts, Void};

/// A void that is about to be tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VoidIntent {
    /// The operation; Klarna's idempotency key.
    pub operation_id: String,
    /// The authorization it ends; `None` for an order that had nothing to pay.
    pub authorization_id: Option<AuthorizationId>,
    /// Everything that is left.
    pub amount: MinorUnits,
    /// Of what.
    pub currency: Currency,
    /// The rest after a capture, rather than the whole order.
    pub releases: bool,
    /// The call to make; `None` where no gateway has to be asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<PreparedRequest>,
}

impl VoidIntent {
    /// The entry to reserve; `None` when there is no money to give up.
    pub fn ledger(&self) -> Option<LedgerMove> {
        let movement = if self.releases {
            Movement::Released
        } else {
            Movement::Voided
        };
        self.amount.is_positive().then_some(LedgerMove {
            movement,
            amount: self.amount,
            currency: self.currency,
        })
    }
}

/// An order after a void was decided.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Voided {
    /// The order.
    pub aggregate: OrderAggregate,
    /// What happened.
    pub events: Vec<Event>,
    /// Id of the row that was added, if one was.
    pub transaction_id: Option<String>,
}

/// Decides to give up what is left of an authorization (`_void`). Without one named, the order's newest.
///
/// Allowed during a fraud review and after a lost one: that is how a shop overrides Klarna's decision.
///
/// # Errors
/// Order not bought; no authorization; nothing left.
pub fn begin(
    aggregate: &OrderAggregate,
    authorization: Option<&AuthorizationId>,
    operation_id: &str,
) -> Result<VoidIntent, CommerceError> {
    ensure_bought(aggregate)?;
    let authorization = find_authorization(aggregate, authorization)?;
    let amount = authorization.void_balance_cents;
    if !amount.is_positive() {
        return Err(CommerceError::NothingToVoid);
    }
    let releases = authorization.capture_amount_cents.is_positive();
    let request = klarna_order_id(aggregate, &authorization.facts).map(|order_id| {
        if releases {
            PreparedRequest::release_remaining(order_id, operation_id)
        } else {
            PreparedRequest::cancel_order(order_id, operation_id)
        }
    });
    Ok(VoidIntent {
        operation_id: operation_id.to_owned(),
        authorization_id: Some(authorization.id.clone()),
        amount,
        currency: aggregate.currency()?,
        releases,
        request,
    })
}

/// Decides to cancel an order (`_cancel`): its guarantee is given up with it.
///
/// # Errors
/// A status that cannot be cancelled (told on `status`); an order with captures, which has to be refunded instead.
pub fn begin_cancel(
    aggregate: &OrderAggregate,
    operation_id: &str,
) -> Result<VoidIntent, CommerceError> {
    let status = aggregate.order.status;
    if status == OrderStatus::Placing {
        return Err(CommerceError::OrderBeingPlaced);
    }
    status.on(OrderTrigger::Cancel)?;
    if aggregate.captures().any(|capture| capture.facts.succeeded) {
        return Err(CommerceError::OrderTransition {
            from: status,
            to: OrderStatus::Cancelled,
        });
    }
    match aggregate.authorization() {
        Some(authorization) if authorization.void_balance_cents.is_positive() => {
            begin(aggregate, Some(&authorization.id), operation_id)
        }
        _ => Ok(VoidIntent {
            operation_id: operation_id.to_owned(),
            authorization_id: None,
            amount: MinorUnits::ZERO,
            currency: aggregate.currency()?,
            releases: false,
            request: None,
        }),
    }
}

/// Folds the outcome of a void or a cancellation in.
///
/// # Errors
/// An authorization that is not part of the order; figures that cannot be money.
pub fn finish(
    aggregate: OrderAggregate,
    intent: &VoidIntent,
    outcome: &Outcome,
    now: Timestamp,
    new_id: NewId<'_>,
) -> Result<Voided, CommerceError> {
    if folded_before(&aggregate, &intent.operation_id)
        || aggregate.order.status == OrderStatus::Cancelled
    {
        return Ok(Voided {
            aggregate,
            ..Voided::default()
        });
    }
    let mut aggregate = aggregate;
    let mut events = Vec::new();
    let mut transaction_id = None;
    if let Some(authorization_id) = &intent.authorization_id {
        find_authorization(&aggregate, Some(authorization_id))?;
        let mut row = void_row(
            &aggregate,
            authorization_id,
            intent.amount,
            &intent.operation_id,
            new_id,
        );
        row.facts.decided(outcome);
        transaction_id = Some(row.id.as_str().to_owned());
        events.push(Event::new("voids.create", "voids", row.id.as_str()));
        aggregate.transactions.push(Transaction::Void(row));
        balances::settle(&mut aggregate, now)?;
    }
    if matches!(outcome, Outcome::Done { .. }) {
        if transaction_id.is_some() {
            events.push(Event::order("orders.void", &aggregate));
        }
        end_if_void(&mut aggregate, now, &mut events);
    }
    Ok(Voided {
        aggregate,
        events,
        transaction_id,
    })
}

/// Whether the rest of the order's guarantee is needed no more: everything has left the house, and only a part was
/// captured at Klarna. An order of which nothing was captured still has to be.
pub fn remainder_is_free(aggregate: &OrderAggregate) -> bool {
    let Some(authorization) = aggregate.authorization() else {
        return false;
    };
    aggregate.order.status == OrderStatus::Approved
        && aggregate.order.fulfillment_status == FulfillmentStatus::Fulfilled
        && authorization.capture_amount_cents.is_positive()
        && authorization.void_balance_cents.is_positive()
        && klarna_order_id(aggregate, &authorization.facts).is_some()
}

/// Cancels an order that has no money behind it any more.
pub(crate) fn end_if_void(aggregate: &mut OrderAggregate, now: Timestamp, events: &mut Vec<Event>) {
    let nothing_left = matches!(
        aggregate.order.payment_status,
        PaymentStatus::Voided | PaymentStatus::Free | PaymentStatus::Unpaid
    );
    if nothing_left {
        fulfillment::cancelled(aggregate, now, events);
    }
}

/// A row for money given up.
pub fn void_row(
    aggregate: &OrderAggregate,
    authorization_id: &AuthorizationId,
    amount: MinorUnits,
    token: &str,
    new_id: NewId<'_>,
) -> Void {
    Void {
        id: new_id().into(),
        facts: TransactionFacts {
            number: aggregate.next_transaction_number("voids", 'V'),
            amount_cents: amount,
            token: Some(token.to_owned()),
            ..TransactionFacts::of(aggregate)
        },
        reference_authorization_id: authorization_id.clone(),
        ..Void::default()
    }
}
