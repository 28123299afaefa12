//! The states of orders, payments, fulfilments, shipments and subscriptions, and which may follow which, as tables.
//!
//! Nothing else in this room compares states to decide a transition: it asks here, so the tables can be tested as data.

mod fulfillment;
mod order;
mod payment;
mod subscription;

use serde::{Deserialize, Serialize};

use crate::error::CommerceError;

pub use fulfillment::{FULFILLMENT_EVENTS, FulfillmentEvent};
pub use order::{ORDER_TRIGGERS, OrderTrigger};
pub use payment::{PAYMENT_EVENTS, PAYMENT_STATUSES, PaymentEvent, PaymentRule, Share, Shares};
pub use subscription::{
    CopyStatus, SUBSCRIPTION_TRIGGERS, SubscriptionStatus, SubscriptionTrigger,
};

/// Where an order stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    /// No customer, or nothing to buy.
    #[default]
    Draft,
    /// May be placed.
    Pending,
    /// A placed order whose lines are being changed.
    Editing,
    /// Klarna is being asked; nobody else may write.
    Placing,
    /// Bought.
    Placed,
    /// Accepted by the shop.
    Approved,
    /// Given up, or wholly refunded.
    Cancelled,
}

/// Where the money of an order stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    /// Nothing happened.
    #[default]
    Unpaid,
    /// The whole amount is guaranteed.
    Authorized,
    /// A part is guaranteed.
    PartiallyAuthorized,
    /// The whole amount is captured.
    Paid,
    /// A part is captured.
    PartiallyPaid,
    /// The guarantee was given up.
    Voided,
    /// A part was captured, the rest given up.
    PartiallyVoided,
    /// All that was captured went back.
    Refunded,
    /// A part of what was captured went back.
    PartiallyRefunded,
    /// Nothing to pay.
    Free,
}

/// Where the goods of an order stand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FulfillmentStatus {
    /// Nothing left the house.
    #[default]
    Unfulfilled,
    /// Being prepared.
    InProgress,
    /// All of it left.
    Fulfilled,
    /// Nothing to send.
    NotRequired,
}

/// Where a shipment stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShipmentStatus {
    /// Rebuilt with every change of the cart.
    #[default]
    Draft,
    /// The order was approved.
    Upcoming,
    /// The order was cancelled.
    Cancelled,
    /// Waits for somebody.
    OnHold,
    /// Being collected.
    Picking,
    /// Being packed.
    Packing,
    /// Waits for the carrier.
    ReadyToShip,
    /// With the carrier.
    Shipped,
    /// With the customer.
    Delivered,
}

/// Where a stock transfer stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StockTransferStatus {
    /// Rebuilt with every change of the cart.
    #[default]
    Draft,
    /// Wanted.
    Upcoming,
    /// Waits for somebody.
    OnHold,
    /// Being collected.
    Picking,
    /// Has left its origin.
    InTransit,
    /// Has arrived.
    Completed,
    /// Given up.
    Cancelled,
}

/// What may follow what, for shipments. Forward jumps are allowed: a shop need not use every station.
pub const SHIPMENT_TRANSITIONS: &[(ShipmentStatus, ShipmentStatus)] = &[
    (ShipmentStatus::Draft, ShipmentStatus::Upcoming),
    (ShipmentStatus::Draft, ShipmentStatus::Cancelled),
    (ShipmentStatus::Upcoming, ShipmentStatus::OnHold),
    (ShipmentStatus::Upcoming, ShipmentStatus::Picking),
    (ShipmentStatus::Upcoming, ShipmentStatus::Cancelled),
    (ShipmentStatus::OnHold, ShipmentStatus::Picking),
    (ShipmentStatus::OnHold, ShipmentStatus::Cancelled),
    (ShipmentStatus::Picking, ShipmentStatus::OnHold),
    (ShipmentStatus::Picking, ShipmentStatus::Packing),
    (ShipmentStatus::Picking, ShipmentStatus::ReadyToShip),
    (ShipmentStatus::Picking, ShipmentStatus::Cancelled),
    (ShipmentStatus::Packing, ShipmentStatus::OnHold),
    (ShipmentStatus::Packing, ShipmentStatus::Picking),
    (ShipmentStatus::Packing, ShipmentStatus::ReadyToShip),
    (ShipmentStatus::Packing, ShipmentStatus::Cancelled),
    (ShipmentStatus::ReadyToShip, ShipmentStatus::OnHold),
    (ShipmentStatus::ReadyToShip, ShipmentStatus::Packing),
    (ShipmentStatus::ReadyToShip, ShipmentStatus::Shipped),
    (ShipmentStatus::ReadyToShip, ShipmentStatus::Cancelled),
    (ShipmentStatus::Shipped, ShipmentStatus::Delivered),
];

/// What may follow what, for stock transfers. Once the goods have left, they arrive or come back.
pub const STOCK_TRANSFER_TRANSITIONS: &[(StockTransferStatus, StockTransferStatus)] = &[
    (StockTransferStatus::Draft, StockTransferStatus::Upcoming),
    (StockTransferStatus::Draft, StockTransferStatus::Cancelled),
    (StockTransferStatus::Upcoming, StockTransferStatus::OnHold),
    (StockTransferStatus::Upcoming, StockTransferStatus::Picking),
    (
        StockTransferStatus::Upcoming,
        StockTransferStatus::InTransit,
    ),
    (
        StockTransferStatus::Upcoming,
        StockTransferStatus::Cancelled,
    ),
    (StockTransferStatus::OnHold, StockTransferStatus::Upcoming),
    (StockTransferStatus::OnHold, StockTransferStatus::Picking),
    (StockTransferStatus::OnHold, StockTransferStatus::Cancelled),
    (StockTransferStatus::Picking, StockTransferStatus::OnHold),
    (StockTransferStatus::Picking, StockTransferStatus::InTransit),
    (StockTransferStatus::Picking, StockTransferStatus::Cancelled),
    (
        StockTransferStatus::InTransit,
        StockTransferStatus::Completed,
    ),
    (
        StockTransferStatus::InTransit,
        StockTransferStatus::Cancelled,
    ),
];

impl OrderStatus {
    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Pending => "pending",
            Self::Editing => "editing",
            Self::Placing => "placing",
            Self::Placed => "placed",
            Self::Approved => "approved",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether lines, addresses and the payment method may change.
    pub fn editable(self) -> bool {
        matches!(self, Self::Draft | Self::Pending | Self::Editing)
    }

    /// Whether the order has been bought and not given up.
    pub fn bought(self) -> bool {
        matches!(self, Self::Placed | Self::Approved | Self::Editing)
    }
}

impl ShipmentStatus {
    /// Whether the goods are no longer in the house.
    pub fn has_left(self) -> bool {
        matches!(self, Self::Shipped | Self::Delivered)
    }

    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Upcoming => "upcoming",
            Self::Cancelled => "cancelled",
            Self::OnHold => "on_hold",
            Self::Picking => "picking",
            Self::Packing => "packing",
            Self::ReadyToShip => "ready_to_ship",
            Self::Shipped => "shipped",
            Self::Delivered => "delivered",
        }
    }

    /// `Ok` when [`SHIPMENT_TRANSITIONS`] lists the step, else the error that names both ends.
    pub fn advance(self, to: Self) -> Result<Self, CommerceError> {
        if SHIPMENT_TRANSITIONS.contains(&(self, to)) {
            return Ok(to);
        }
        Err(CommerceError::ShipmentTransition { from: self, to })
    }
}

impl StockTransferStatus {
    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Upcoming => "upcoming",
            Self::OnHold => "on_hold",
            Self::Picking => "picking",
            Self::InTransit => "in_transit",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
        }
    }

    /// `Ok` when [`STOCK_TRANSFER_TRANSITIONS`] lists the step, else the error that names both ends.
    pub fn advance(self, to: Self) -> Result<Self, CommerceError> {
        if STOCK_TRANSFER_TRANSITIONS.contains(&(self, to)) {
            return Ok(to);
        }
        Err(CommerceError::StockTransferTransition { from: self, to })
    }
}

impl PaymentStatus {
    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Unpaid => "unpaid",
            Self::Authorized => "authorized",
            Self::PartiallyAuthorized => "partially_authorized",
            Self::Paid => "paid",
            Self::PartiallyPaid => "partially_paid",
            Self::Voided => "voided",
            Self::PartiallyVoided => "partially_voided",
            Self::Refunded => "refunded",
            Self::PartiallyRefunded => "partially_refunded",
            Self::Free => "free",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delivered_and_cancelled_shipments_stay() {
        for last in [ShipmentStatus::Cancelled, ShipmentStatus::Delivered] {
            assert!(!SHIPMENT_TRANSITIONS.iter().any(|(from, _)| *from == last));
        }
    }

    #[test]
    fn only_open_orders_are_editable() {
        let editable: Vec<_> = OrderStatus::ALL
            .into_iter()
            .filter(|status| status.editable())
            .collect();
        assert_eq!(
            editable,
            [
                OrderStatus::Draft,
                OrderStatus::Pending,
                OrderStatus::Editing
            ]
        );
    }

    #[test]
    fn words_equal_the_wire() {
        for status in OrderStatus::ALL {
            assert_eq!(serde_json::to_value(status).unwrap(), status.word());
        }
        for (from, to) in SHIPMENT_TRANSITIONS {
            assert_eq!(serde_json::to_value(from).unwrap(), from.word());
            assert_eq!(serde_json::to_value(to).unwrap(), to.word());
        }
        for status in PaymentStatus::ALL {
            assert_eq!(serde_json::to_value(status).unwrap(), status.word());
        }
        for status in FulfillmentStatus::ALL {
            assert_eq!(serde_json::to_value(status).unwrap(), status.word());
        }
        for (from, to) in STOCK_TRANSFER_TRANSITIONS {
            assert_eq!(serde_json::to_value(from).unwrap(), from.word());
            assert_eq!(serde_json::to_value(to).unwrap(), to.word());
        }
    }
}
