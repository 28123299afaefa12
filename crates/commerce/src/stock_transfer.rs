//! Stock transfers: goods that go from one stock location to another, for an order's shipment or by themselves.
//!
//! Those of an order are its parts: they are rebuilt with its shipments while it is open and follow it when it is
//! approved or given up. What they take from stock stands in the order's reservations.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::aggregate::{Event, OrderAggregate};
use crate::body::{entity, time};
use crate::error::CommerceError;
use crate::ids::{LineItemId, ShipmentId, SkuId, StockItemId, StockLocationId, StockTransferId};
use crate::reservation;
use crate::states::{OrderStatus, ShipmentStatus, StockTransferStatus};
use crate::stock_reservation::{self, StockHold};

/// Goods on their way between two stock locations.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StockTransfer {
    /// Stands beside the body.
    #[serde(skip)]
    pub id: StockTransferId,
    /// `<order number or id>/T/<index>` for those of an order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// Where it stands.
    pub status: StockTransferStatus,
    /// The SKU.
    pub sku_id: SkuId,
    /// Its code.
    pub sku_code: String,
    /// How many.
    pub quantity: i64,
    /// Where they lie.
    pub origin_stock_location_id: StockLocationId,
    /// Where they are wanted.
    pub destination_stock_location_id: StockLocationId,
    /// What counts them at the origin. Not part of the API.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stock_item_id: Option<StockItemId>,
    /// What counts them at the destination, where somebody counts them there. Not part of the API.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destination_stock_item_id: Option<StockItemId>,
    /// What it holds of the stock item at the origin. Not part of the API.
    #[serde(skip_serializing_if = "StockHold::is_none")]
    pub hold: StockHold,
    /// The shipment that waits for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shipment_id: Option<ShipmentId>,
    /// The line they serve.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line_item_id: Option<LineItemId>,
    /// When somebody had to wait.
    #[serde(with = "time", skip_serializing_if = "Option::is_none")]
    pub on_hold_at: Option<Timestamp>,
    /// When collecting began.
    #[serde(with = "time", skip_serializing_if = "Option::is_none")]
    pub picking_at: Option<Timestamp>,
    /// When they left the origin.
    #[serde(with = "time", skip_serializing_if = "Option::is_none")]
    pub in_transit_at: Option<Timestamp>,
    /// When they arrived.
    #[serde(with = "time", skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<Timestamp>,
    /// When it was given up.
    #[serde(with = "time", skip_serializing_if = "Option::is_none")]
    pub cancelled_at: Option<Timestamp>,
    /// Everything this version does not interpret.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

entity!(StockTransfer, "stock_transfers");

impl StockTransfer {
    /// Whether the goods are still wanted elsewhere.
    pub fn is_open(&self) -> bool {
        !matches!(
            self.status,
            StockTransferStatus::Completed | StockTransferStatus::Cancelled
        )
    }
}

impl StockTransfer {
    /// Moves it on by itself; what that means for stock is the caller's to say.
    pub(crate) fn advance(
        &mut self,
        to: StockTransferStatus,
        now: Timestamp,
        events: &mut Vec<Event>,
    ) -> Result<(), CommerceError> {
        self.status = self.status.advance(to)?;
        let field = match to {
            StockTransferStatus::OnHold => &mut self.on_hold_at,
            StockTransferStatus::Picking => &mut self.picking_at,
            StockTransferStatus::InTransit => &mut self.in_transit_at,
            StockTransferStatus::Completed => &mut self.completed_at,
            StockTransferStatus::Cancelled => &mut self.cancelled_at,
            StockTransferStatus::Draft | StockTransferStatus::Upcoming => &mut None,
        };
        *field = Some(now);
        events.push(Event::new(topic(to), "stock_transfers", self.id.as_str()));
        Ok(())
    }
}

/// Moves a transfer of an order on. Goods that arrive for a shipment which was given up meanwhile can be sold where
/// they are, or count where they came from if nobody counts them there; goods that do not go can be sold where they lie.
///
/// # Errors
/// Unknown transfer; a step that the table does not list; an order that is not placed.
pub fn advance(
    aggregate: OrderAggregate,
    id: &StockTransferId,
    to: StockTransferStatus,
    now: Timestamp,
) -> Result<(OrderAggregate, Vec<Event>), CommerceError> {
    match aggregate.order.status {
        OrderStatus::Placing => return Err(CommerceError::OrderBeingPlaced),
        status if status.editable() => return Err(CommerceError::OrderNotEditable { status }),
        _ => {}
    }
    let mut aggregate = aggregate;
    let mut events = Vec::new();
    let found = aggregate
        .stock_transfers
        .iter_mut()
        .find(|own| own.id == *id);
    let transfer = found.ok_or_else(|| CommerceError::StockTransferNotFound { id: id.clone() })?;
    if transfer.status == to {
        return Ok((aggregate, events));
    }
    transfer.advance(to, now, &mut events)?;
    let wanted = aggregate.shipments.iter().any(|shipment| {
        transfer.shipment_id.as_ref() == Some(&shipment.id)
            && shipment.status != ShipmentStatus::Cancelled
    });
    let taken = &mut aggregate.order.reservations;
    match (&transfer.stock_item_id, to) {
        (Some(origin), StockTransferStatus::Cancelled) if transfer.hold != StockHold::None => {
            transfer.hold = StockHold::None;
            reservation::release(taken, origin.as_str(), transfer.quantity);
        }
        (Some(origin), StockTransferStatus::Completed) if !wanted => {
            transfer.hold = StockHold::None;
            match &transfer.destination_stock_item_id {
                Some(item) => reservation::arrive(taken, item.as_str(), transfer.quantity),
                None => reservation::release(taken, origin.as_str(), transfer.quantity),
            }
        }
        _ => {}
    }
    stock_reservation::drop_rows(&mut aggregate);
    Ok((aggregate, events))
}

/// The event of reaching a status.
pub fn topic(to: StockTransferStatus) -> &'static str {
    match to {
        StockTransferStatus::Draft => "stock_transfers.create",
        StockTransferStatus::Upcoming => "stock_transfers.upcoming",
        StockTransferStatus::OnHold => "stock_transfers.on_hold",
        StockTransferStatus::Picking => "stock_transfers.picking",
        StockTransferStatus::InTransit => "stock_transfers.in_transit",
        StockTransferStatus::Completed => "stock_transfers.complete",
        StockTransferStatus::Cancelled => "stock_transfers.cancel",
    }
}
