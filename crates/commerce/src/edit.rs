//! Editing a placed order: open it, change its lines, close it again with Klarna brought up to date.
//!
//! Klarna deletes the lines that an update leaves out, so an update always carries all of them. The total may fall but
//! not rise above what it was at placing.

use kassa_klarna_api::{PreparedRequest, UpdateAuthorizationRequest};
use kassa_money::{Currency, MinorUnits};
use serde::{Deserialize, Serialize};

use crate::aggregate::{Event, OrderAggregate};
use crate::balances;
use crate::capture::klarna_order_id;
use crate::cart::{self, CartContext, NewId};
use crate::catalogue::Catalogue;
use crate::error::CommerceError;
use crate::ids::AuthorizationId;
use crate::klarna_payment::basket;
use crate::reservation::{self, Reservation};
use crate::states::{OrderStatus, OrderTrigger};
use crate::stock_reservation;
use crate::transaction::{LedgerMove, Movement, Outcome};

/// The end of an edit that is about to be told to Klarna.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditIntent {
    /// The operation; Klarna's idempotency key.
    pub operation_id: String,
    /// The authorization that changes; `None` for an order that had nothing to pay.
    pub authorization_id: Option<AuthorizationId>,
    /// What the order costs now.
    pub amount: MinorUnits,
    /// By how much the guarantee changes; zero or less.
    pub delta: MinorUnits,
    /// Of what.
    pub currency: Currency,
    /// What the order takes out of shared counters now.
    pub reservations: Vec<Reservation>,
    /// What it took before: what it takes again if Klarna refuses.
    #[serde(default)]
    pub reservations_before: Vec<Reservation>,
    /// The call to make; `None` where no gateway has to be asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<PreparedRequest>,
}

impl EditIntent {
    /// The entry to reserve; `None` when the amount stays.
    pub fn ledger(&self) -> Option<LedgerMove> {
        let moved = LedgerMove {
            movement: Movement::Authorized,
            amount: self.delta,
            currency: self.currency,
        };
        (!self.delta.is_zero()).then_some(moved)
    }
}

/// Opens a placed or approved order for changes (`_start_editing`).
///
/// # Errors
/// Any other status; an order with captures, whose lines are settled.
pub fn start(aggregate: OrderAggregate) -> Result<OrderAggregate, CommerceError> {
    let mut aggregate = aggregate;
    let status = aggregate.order.status;
    let editing = status.on(OrderTrigger::StartEditing)?;
    if editing == status {
        return Ok(aggregate);
    }
    if aggregate.captures().any(|capture| capture.facts.succeeded) {
        return Err(CommerceError::OrderTransition {
            from: status,
            to: OrderStatus::Editing,
        });
    }
    aggregate.order.status = editing;
    aggregate.order.editable = true;
    Ok(aggregate)
}

/// Decides the end of an edit (`_stop_editing`).
///
/// # Errors
/// Order not being edited; nothing left to buy; total above the one of the placed order; out of stock.
pub fn begin_stop(
    aggregate: &OrderAggregate,
    catalogue: &Catalogue,
    operation_id: &str,
) -> Result<EditIntent, CommerceError> {
    aggregate.order.status.on(OrderTrigger::StopEditing)?;
    if aggregate.goods().next().is_none() {
        return Err(CommerceError::NothingToBuy);
    }
    let total = aggregate.order.payable();
    let ceiling = aggregate.order.place_total_amount_cents.unwrap_or(total);
    if total > ceiling {
        return Err(CommerceError::EditBeyondPlacedTotal { total, ceiling });
    }
    if total.is_negative() {
        return Err(CommerceError::TotalNegative { total });
    }
    let own = reservation::own_returned(aggregate, catalogue);
    cart::ensure_in_stock(aggregate, &own)?;
    let reservations = reservation::reservations(aggregate, &own);
    let authorization = aggregate.authorization();
    let before = authorization.map_or(MinorUnits::ZERO, |row| row.facts.amount_cents);
    let request = match authorization.and_then(|row| klarna_order_id(aggregate, &row.facts)) {
        None => None,
        Some(order_id) => {
            let basket = basket(aggregate)?;
            let body = UpdateAuthorizationRequest {
                order_amount: basket.order_amount.minor(),
                description: None,
                order_lines: basket.order_lines,
            };
            Some(PreparedRequest::update_authorization(
                order_id,
                &body,
                operation_id,
            ))
        }
    };
    Ok(EditIntent {
        operation_id: operation_id.to_owned(),
        authorization_id: authorization.map(|row| row.id.clone()),
        amount: total,
        delta: total.checked_sub(before)?,
        currency: aggregate.currency()?,
        reservations,
        reservations_before: aggregate.order.reservations.clone(),
        request,
    })
}

/// Folds the end of an edit in: placed again with the new amount, or still being edited when Klarna refused.
///
/// # Errors
/// Klarna's refusal as [`CommerceError::PaymentRefused`]; figures that cannot be money.
pub fn finish_stop(
    aggregate: OrderAggregate,
    intent: &EditIntent,
    outcome: &Outcome,
    context: &CartContext<'_>,
    new_id: NewId<'_>,
) -> Result<(OrderAggregate, Vec<Event>), CommerceError> {
    if aggregate.order.status != OrderStatus::Editing {
        return Ok((aggregate, Vec::new()));
    }
    if let Outcome::Refused(refusal) = outcome {
        let (code, message) = (refusal.code.clone(), refusal.message.clone());
        return Err(CommerceError::PaymentRefused { code, message });
    }
    let mut aggregate = aggregate;
    stock_reservation::place(&mut aggregate, context.catalogue, context.now, new_id);
    if let Some(authorization) = intent
        .authorization_id
        .as_ref()
        .and_then(|id| aggregate.authorization_mut(id))
    {
        authorization.facts.amount_cents = intent.amount;
    }
    aggregate
        .order
        .reservations
        .clone_from(&intent.reservations);
    aggregate.order.status = aggregate.order.status.on(OrderTrigger::StopEditing)?;
    aggregate.order.editable = false;
    cart::keep_source_bound(&mut aggregate);
    balances::settle(&mut aggregate, context.now)?;
    let events = vec![Event::order("orders.stop_editing", &aggregate)];
    Ok((aggregate, events))
}
