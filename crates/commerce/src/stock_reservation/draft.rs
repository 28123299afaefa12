//! Stock held for an order that is not placed: for a while, and never more than its lines still need.

use jiff::Timestamp;

use super::{StockOf, StockReservation, StockReservationStatus, end_of_draft};
use crate::aggregate::OrderAggregate;
use crate::cart::{self, NewId};
use crate::catalogue::Catalogue;
use crate::error::CommerceError;
use crate::reservation;
use crate::states::OrderStatus;

/// When the first draft ends.
pub fn next_expiry(aggregate: &OrderAggregate) -> Option<Timestamp> {
    let drafts = aggregate.stock_reservations.iter();
    drafts
        .filter(|own| own.status == StockReservationStatus::Draft)
        .filter_map(|own| own.expires_at)
        .min()
}

/// Lets go of the drafts that have ended by `now`. An order that is being placed keeps them.
pub fn expire(aggregate: OrderAggregate, now: Timestamp) -> OrderAggregate {
    let mut aggregate = aggregate;
    if is_open(&aggregate) {
        let lives = |own: &StockReservation| own.expires_at.is_none_or(|end| now < end);
        aggregate.stock_reservations.retain(lives);
        hold_drafts(&mut aggregate);
    }
    aggregate
}

/// Holds stock for as long as the inventory model says. What is held already is held anew.
///
/// # Errors
/// Out of stock.
pub(super) fn reserve(
    aggregate: OrderAggregate,
    of: &StockOf,
    catalogue: &Catalogue,
    now: Timestamp,
    new_id: NewId<'_>,
) -> Result<OrderAggregate, CommerceError> {
    let mut aggregate = aggregate;
    let own = reservation::own_returned(&aggregate, catalogue);
    cart::ensure_in_stock(&aggregate, &own)?;
    let expires_at = end_of_draft(&catalogue.inventory_model, now);
    for part in cart::allocate(&aggregate, &own) {
        let Some(item) = part.stock_item else {
            continue;
        };
        if !of.names(&aggregate, &part.line_item_id, &item.id) {
            continue;
        }
        let same = |row: &&mut StockReservation| {
            row.line_item_id.as_ref() == Some(&part.line_item_id) && row.stock_item_id == item.id
        };
        if let Some(row) = aggregate.stock_reservations.iter_mut().find(same) {
            row.quantity = part.quantity;
            row.expires_at = expires_at;
            continue;
        }
        let row = StockReservation {
            id: new_id().into(),
            quantity: part.quantity,
            expires_at,
            order_id: Some(aggregate.order.id.clone()),
            line_item_id: Some(part.line_item_id),
            stock_item_id: item.id.clone(),
            sku_id: part.sku.id.clone(),
            ..StockReservation::default()
        };
        aggregate.stock_reservations.push(row);
    }
    hold_drafts(&mut aggregate);
    Ok(aggregate)
}

/// Lets the drafts of some goods go before they end.
pub(super) fn let_go(aggregate: OrderAggregate, of: &StockOf) -> OrderAggregate {
    let mut aggregate = aggregate;
    let mut rows = std::mem::take(&mut aggregate.stock_reservations);
    rows.retain(|row| {
        let line = row.line_item_id.clone().unwrap_or_default();
        !of.names(&aggregate, &line, &row.stock_item_id)
    });
    aggregate.stock_reservations = rows;
    hold_drafts(&mut aggregate);
    aggregate
}

/// Follows a changed cart: drafts never hold more than their line still needs from there.
pub(crate) fn follow_cart(aggregate: &mut OrderAggregate, catalogue: &Catalogue) {
    if aggregate.stock_reservations.is_empty() || !is_open(aggregate) {
        return;
    }
    let parts = cart::allocate(aggregate, catalogue);
    for row in &mut aggregate.stock_reservations {
        let same = parts.iter().filter(|part| {
            row.line_item_id.as_ref() == Some(&part.line_item_id)
                && part
                    .stock_item
                    .is_some_and(|item| item.id == row.stock_item_id)
        });
        let needed = same.fold(0_i64, |sum, part| sum.saturating_add(part.quantity));
        row.quantity = row.quantity.min(needed);
    }
    aggregate.stock_reservations.retain(|row| row.quantity > 0);
    hold_drafts(aggregate);
}

/// Whether the order is not bought and nobody is buying it.
pub(super) fn is_open(aggregate: &OrderAggregate) -> bool {
    matches!(
        aggregate.order.status,
        OrderStatus::Draft | OrderStatus::Pending
    )
}

/// Nothing but drafts moves counters before placing.
fn hold_drafts(aggregate: &mut OrderAggregate) {
    let mut taken = Vec::new();
    for row in &aggregate.stock_reservations {
        reservation::hold(&mut taken, row.stock_item_id.as_str(), row.quantity);
    }
    aggregate.order.reservations = taken;
}
