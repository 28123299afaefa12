//! Stock reservations: pieces that lie in stock and that nobody else may sell.
//!
//! An order holds stock from its placing, or earlier for a while when a back office asks for it; approval takes it
//! off, and what ends an order before its goods have left lets it go. Invariants: what is held stands in the order's
//! [`Reservation`](crate::reservation::Reservation) list, the only thing that moves counters; a part says what it
//! holds itself, so that no step is counted twice.

mod draft;
mod placed;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::aggregate::OrderAggregate;
use crate::body::{entity, time};
use crate::catalogue::InventoryModel;
use crate::ids::{
    LineItemId, OrderId, ShipmentId, SkuId, StockItemId, StockLineItemId, StockReservationId,
    StockTransferId,
};
use crate::limits;

pub(crate) use draft::follow_cart;
pub use draft::{expire, next_expiry};
pub(crate) use placed::{approved, drop_rows, ended, not_placed, place, shipment_cancelled};
pub use placed::{decrement, release, reserve};

/// What a part of an order holds of a stock item.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StockHold {
    /// Nothing.
    #[default]
    None,
    /// It is reserved and still lies there.
    Reserved,
    /// It has been taken off.
    Decremented,
}

impl StockHold {
    /// Whether there is nothing to write down.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands references")]
    pub(crate) fn is_none(&self) -> bool {
        *self == Self::None
    }
}

/// Whether an order has been placed on it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StockReservationStatus {
    /// Held for a while.
    #[default]
    Draft,
    /// Held until the goods leave.
    Pending,
}

/// Pieces held for an order.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StockReservation {
    /// Stands beside the body.
    #[serde(skip)]
    pub id: StockReservationId,
    /// Whether it ends by itself.
    pub status: StockReservationStatus,
    /// How many.
    pub quantity: i64,
    /// When a draft ends.
    #[serde(with = "time", skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// The order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_id: Option<OrderId>,
    /// The line it serves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line_item_id: Option<LineItemId>,
    /// The part of a shipment it serves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stock_line_item_id: Option<StockLineItemId>,
    /// The transfer it serves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stock_transfer_id: Option<StockTransferId>,
    /// What counts the pieces.
    pub stock_item_id: StockItemId,
    /// The SKU.
    pub sku_id: SkuId,
    /// Everything this version does not interpret.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

entity!(StockReservation, "stock_reservations");

/// Which goods of an order a request is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StockOf {
    /// One line, in whatever shipments.
    Line(LineItemId),
    /// Everything in one shipment.
    Shipment(ShipmentId),
    /// One part of a shipment.
    StockLine(StockLineItemId),
}

impl StockOf {
    /// Whether what a line takes from a stock item is meant.
    fn names(
        &self,
        aggregate: &OrderAggregate,
        line_item: &LineItemId,
        stock_item: &StockItemId,
    ) -> bool {
        let mut parts = aggregate.stock_line_items.iter();
        let mut transfers = aggregate.stock_transfers.iter();
        match self {
            Self::Line(id) => id == line_item,
            Self::StockLine(id) => parts.any(|part| {
                part.id == *id
                    && part.line_item_id == *line_item
                    && part.stock_item_id == *stock_item
            }),
            Self::Shipment(id) => {
                parts.any(|part| {
                    part.shipment_id == *id
                        && part.line_item_id == *line_item
                        && part.stock_item_id == *stock_item
                }) || transfers.any(|transfer| {
                    transfer.shipment_id.as_ref() == Some(id)
                        && transfer.line_item_id.as_ref() == Some(line_item)
                        && transfer.stock_item_id.as_ref() == Some(stock_item)
                })
            }
        }
    }
}

/// When a draft that is made now ends.
fn end_of_draft(model: &InventoryModel, now: Timestamp) -> Option<Timestamp> {
    let seconds = model
        .stock_reservation_cutoff
        .unwrap_or(limits::STOCK_RESERVATION_SECONDS)
        .max(0);
    now.checked_add(SignedDuration::from_secs(seconds)).ok()
}
