//! Stock that a placed order holds, from its placing until the goods have left or the order has ended.

use jiff::Timestamp;

use super::{StockHold, StockOf, StockReservation, StockReservationStatus, draft, end_of_draft};
use crate::aggregate::{Event, OrderAggregate};
use crate::cart::{self, NewId};
use crate::catalogue::{Catalogue, InventoryModel};
use crate::error::CommerceError;
use crate::ids::{LineItemId, ShipmentId, SkuId, StockItemId, StockLineItemId, StockTransferId};
use crate::reservation;
use crate::states::{OrderStatus, StockTransferStatus};

/// Holds all that the order takes, for good: drafts become pending, and what had none gets its row.
pub(crate) fn place(
    aggregate: &mut OrderAggregate,
    catalogue: &Catalogue,
    now: Timestamp,
    new_id: NewId<'_>,
) {
    aggregate.order.reservations = reservation::reservations(aggregate, catalogue);
    for line in &mut aggregate.stock_line_items {
        line.hold = StockHold::Reserved;
    }
    for transfer in &mut aggregate.stock_transfers {
        transfer.hold = StockHold::Reserved;
    }
    let end = end_of_draft(&catalogue.inventory_model, now);
    let known = std::mem::take(&mut aggregate.stock_reservations);
    for held in held(aggregate, catalogue) {
        let row = held.row(aggregate, &known, end, &mut *new_id);
        aggregate.stock_reservations.push(row);
    }
}

/// Lets everything go: the order is not placed after all.
pub(crate) fn not_placed(aggregate: &mut OrderAggregate) {
    aggregate.order.reservations.clear();
    aggregate.stock_reservations.clear();
    for line in &mut aggregate.stock_line_items {
        line.hold = StockHold::None;
    }
    for transfer in &mut aggregate.stock_transfers {
        transfer.hold = StockHold::None;
    }
}

/// Takes off what the order holds, unless the shop does so by hand.
pub(crate) fn approved(aggregate: &mut OrderAggregate, model: &InventoryModel) {
    if model.manual_stock_decrement {
        return;
    }
    reservation::decrement_all(&mut aggregate.order.reservations);
    let holds = aggregate
        .stock_line_items
        .iter_mut()
        .map(|line| &mut line.hold);
    let transfers = aggregate
        .stock_transfers
        .iter_mut()
        .map(|transfer| &mut transfer.hold);
    for hold in holds.chain(transfers) {
        if *hold == StockHold::Reserved {
            *hold = StockHold::Decremented;
        }
    }
    aggregate.stock_reservations.clear();
}

/// Restocks an order that ended, all but what has left the house. What was transferred is stock of the place where it
/// arrived; what is on its way stays taken until it arrives or comes back.
pub(crate) fn ended(aggregate: &mut OrderAggregate, now: Timestamp, events: &mut Vec<Event>) {
    let mut taken = std::mem::take(&mut aggregate.order.reservations);
    let mut kept = Vec::new();
    let gone: Vec<ShipmentId> = aggregate
        .shipments
        .iter()
        .filter(|shipment| shipment.status.has_left())
        .map(|shipment| shipment.id.clone())
        .collect();
    for line in &mut aggregate.stock_line_items {
        if gone.contains(&line.shipment_id) {
            let item = line.stock_item_id.as_str();
            reservation::keep(&mut taken, &mut kept, item, line.quantity);
        } else {
            line.hold = StockHold::None;
        }
    }
    for transfer in &mut aggregate.stock_transfers {
        let Some(item) = &transfer.stock_item_id else {
            continue;
        };
        let shipped = transfer
            .shipment_id
            .as_ref()
            .is_some_and(|id| gone.contains(id));
        if shipped || transfer.status == StockTransferStatus::InTransit {
            reservation::keep(&mut taken, &mut kept, item.as_str(), transfer.quantity);
            continue;
        }
        if transfer.status == StockTransferStatus::Completed
            && let Some(destination) = &transfer.destination_stock_item_id
        {
            reservation::keep(&mut taken, &mut kept, item.as_str(), transfer.quantity);
            reservation::arrive(&mut kept, destination.as_str(), transfer.quantity);
        }
        transfer.hold = StockHold::None;
        if transfer.is_open() {
            // Every step from an open transfer that has not left to its end is in the table.
            let _ = transfer.advance(StockTransferStatus::Cancelled, now, events);
        }
    }
    aggregate.order.reservations = kept;
    aggregate.stock_reservations.clear();
}

/// Restocks what a shipment that was given up held, and gives its transfers up that have not left.
pub(crate) fn shipment_cancelled(
    aggregate: &mut OrderAggregate,
    id: &ShipmentId,
    now: Timestamp,
    events: &mut Vec<Event>,
) {
    let taken = &mut aggregate.order.reservations;
    let lines = aggregate.stock_line_items.iter_mut();
    for line in lines.filter(|line| line.shipment_id == *id) {
        if line.hold != StockHold::None {
            line.hold = StockHold::None;
            reservation::release(taken, line.stock_item_id.as_str(), line.quantity);
        }
    }
    let transfers = aggregate.stock_transfers.iter_mut();
    for transfer in transfers.filter(|own| own.shipment_id.as_ref() == Some(id)) {
        let Some(item) = transfer.stock_item_id.clone() else {
            continue;
        };
        if transfer.status == StockTransferStatus::InTransit || transfer.hold == StockHold::None {
            continue;
        }
        transfer.hold = StockHold::None;
        match &transfer.destination_stock_item_id {
            Some(destination) if transfer.status == StockTransferStatus::Completed => {
                reservation::arrive(taken, destination.as_str(), transfer.quantity);
            }
            _ => reservation::release(taken, item.as_str(), transfer.quantity),
        }
        if transfer.is_open() {
            // Every step from an open transfer that has not left to its end is in the table.
            let _ = transfer.advance(StockTransferStatus::Cancelled, now, events);
        }
    }
    drop_rows(aggregate);
}

/// Holds the stock of some goods (`_reserve_stock`): for a while before placing, for good afterwards.
///
/// # Errors
/// An order that is being placed or has ended; out of stock.
pub fn reserve(
    aggregate: OrderAggregate,
    of: &StockOf,
    catalogue: &Catalogue,
    now: Timestamp,
    new_id: NewId<'_>,
) -> Result<OrderAggregate, CommerceError> {
    if draft::is_open(&aggregate) {
        return draft::reserve(aggregate, of, catalogue, now, new_id);
    }
    let mut aggregate = aggregate;
    let changed = change_holds(&mut aggregate, of, |taken, hold, item, quantity| {
        if *hold == StockHold::None {
            *hold = StockHold::Reserved;
            reservation::hold(taken, item, quantity);
        }
    });
    changed?;
    let end = end_of_draft(&catalogue.inventory_model, now);
    let known = aggregate.stock_reservations.clone();
    for held in held_by_parts(&aggregate) {
        let is_known = known.iter().any(|row| held.is(row));
        if held.hold == StockHold::Reserved && !is_known {
            let row = held.row(&aggregate, &known, end, &mut *new_id);
            aggregate.stock_reservations.push(row);
        }
    }
    Ok(aggregate)
}

/// Lets others have some goods again (`_release_stock`), whether they are reserved or taken off already.
///
/// # Errors
/// An order that is being placed or has ended.
pub fn release(aggregate: OrderAggregate, of: &StockOf) -> Result<OrderAggregate, CommerceError> {
    if draft::is_open(&aggregate) {
        return Ok(draft::let_go(aggregate, of));
    }
    let mut aggregate = aggregate;
    change_holds(&mut aggregate, of, |taken, hold, item, quantity| {
        if *hold != StockHold::None {
            *hold = StockHold::None;
            reservation::release(taken, item, quantity);
        }
    })?;
    drop_rows(&mut aggregate);
    Ok(aggregate)
}

/// Takes some reserved goods off for good (`_decrement_stock`), for shops that do so by hand.
///
/// # Errors
/// An order that is not placed or has ended.
pub fn decrement(aggregate: OrderAggregate, of: &StockOf) -> Result<OrderAggregate, CommerceError> {
    let mut aggregate = aggregate;
    change_holds(&mut aggregate, of, |taken, hold, item, quantity| {
        if *hold == StockHold::Reserved {
            *hold = StockHold::Decremented;
            reservation::decrement(taken, item, quantity);
        }
    })?;
    drop_rows(&mut aggregate);
    Ok(aggregate)
}

/// Changes what the parts of a bought order hold.
fn change_holds(
    aggregate: &mut OrderAggregate,
    of: &StockOf,
    change: impl Fn(&mut Vec<reservation::Reservation>, &mut StockHold, &str, i64),
) -> Result<(), CommerceError> {
    match aggregate.order.status {
        OrderStatus::Placed | OrderStatus::Approved => {}
        OrderStatus::Placing => return Err(CommerceError::OrderBeingPlaced),
        status => return Err(CommerceError::OrderNotEditable { status }),
    }
    let seen = aggregate.clone();
    let taken = &mut aggregate.order.reservations;
    for line in &mut aggregate.stock_line_items {
        if of.names(&seen, &line.line_item_id, &line.stock_item_id) {
            let item = line.stock_item_id.as_str();
            change(taken, &mut line.hold, item, line.quantity);
        }
    }
    for transfer in &mut aggregate.stock_transfers {
        let line = transfer.line_item_id.clone().unwrap_or_default();
        let left = matches!(
            transfer.status,
            StockTransferStatus::InTransit | StockTransferStatus::Completed
        );
        if left {
            continue;
        }
        if let Some(item) = &transfer.stock_item_id
            && of.names(&seen, &line, item)
        {
            change(taken, &mut transfer.hold, item.as_str(), transfer.quantity);
        }
    }
    Ok(())
}

/// A row is there exactly as long as its part is reserved.
pub(crate) fn drop_rows(aggregate: &mut OrderAggregate) {
    let parts: Vec<Held> = held_by_parts(aggregate);
    aggregate.stock_reservations.retain(|row| {
        let mut own = parts.iter().filter(|held| held.is(row));
        own.all(|held| held.hold == StockHold::Reserved)
    });
}

/// What one part of an order holds.
struct Held {
    line_item_id: LineItemId,
    stock_line_item_id: Option<StockLineItemId>,
    stock_transfer_id: Option<StockTransferId>,
    stock_item_id: StockItemId,
    sku_id: SkuId,
    quantity: i64,
    hold: StockHold,
}

impl Held {
    /// Whether the row is this part's own.
    fn is(&self, row: &StockReservation) -> bool {
        row.stock_item_id == self.stock_item_id
            && row.stock_line_item_id == self.stock_line_item_id
            && row.stock_transfer_id == self.stock_transfer_id
            && row.line_item_id.as_ref() == Some(&self.line_item_id)
    }

    /// Its row; the draft of the same goods lives on in it.
    fn row(
        self,
        aggregate: &OrderAggregate,
        known: &[StockReservation],
        end: Option<Timestamp>,
        new_id: NewId<'_>,
    ) -> StockReservation {
        let taken = &aggregate.stock_reservations;
        let same = known.iter().find(|row| {
            row.stock_item_id == self.stock_item_id
                && row.line_item_id.as_ref() == Some(&self.line_item_id)
                && !taken.iter().any(|other| other.id == row.id)
        });
        StockReservation {
            id: same.map_or_else(|| new_id().into(), |row| row.id.clone()),
            status: StockReservationStatus::Pending,
            quantity: self.quantity,
            expires_at: same.and_then(|row| row.expires_at).or(end),
            order_id: Some(aggregate.order.id.clone()),
            line_item_id: Some(self.line_item_id),
            stock_line_item_id: self.stock_line_item_id,
            stock_transfer_id: self.stock_transfer_id,
            stock_item_id: self.stock_item_id,
            sku_id: self.sku_id,
            extra: same.map(|row| row.extra.clone()).unwrap_or_default(),
        }
    }
}

/// What stock lines and transfers hold, and what counted goods take that do not ship.
fn held(aggregate: &OrderAggregate, catalogue: &Catalogue) -> Vec<Held> {
    let mut all = held_by_parts(aggregate);
    for part in cart::allocate(aggregate, catalogue) {
        if let Some(item) = part.stock_item.filter(|_| part.sku.do_not_ship) {
            all.push(Held {
                line_item_id: part.line_item_id,
                stock_line_item_id: None,
                stock_transfer_id: None,
                stock_item_id: item.id.clone(),
                sku_id: part.sku.id.clone(),
                quantity: part.quantity,
                hold: StockHold::Reserved,
            });
        }
    }
    all
}

fn held_by_parts(aggregate: &OrderAggregate) -> Vec<Held> {
    let lines = aggregate.stock_line_items.iter().map(|line| Held {
        line_item_id: line.line_item_id.clone(),
        stock_line_item_id: Some(line.id.clone()),
        stock_transfer_id: None,
        stock_item_id: line.stock_item_id.clone(),
        sku_id: line.sku_id.clone(),
        quantity: line.quantity,
        hold: line.hold,
    });
    let transfers = aggregate.stock_transfers.iter().filter_map(|transfer| {
        Some(Held {
            line_item_id: transfer.line_item_id.clone()?,
            stock_line_item_id: None,
            stock_transfer_id: Some(transfer.id.clone()),
            stock_item_id: transfer.stock_item_id.clone()?,
            sku_id: transfer.sku_id.clone(),
            quantity: transfer.quantity,
            hold: transfer.hold,
        })
    });
    lines.chain(transfers).collect()
}
