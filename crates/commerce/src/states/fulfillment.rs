//! What moves the fulfilment of an order, from where to where.

use crate::states::FulfillmentStatus;

/// What can move a fulfilment on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FulfillmentEvent {
    /// The order was placed and has shipments.
    PlaceShipping,
    /// The order was placed and nothing ships.
    PlaceNothing,
    /// The order is approved and paid, and has shipments.
    Begin,
    /// Everything left the house, or `_fulfill`.
    Fulfill,
    /// The order was given up.
    Cancel,
    /// All of its money went back.
    Refund,
}

impl FulfillmentEvent {
    /// Every event, as they are documented.
    pub const ALL: [Self; 6] = [
        Self::PlaceShipping,
        Self::PlaceNothing,
        Self::Begin,
        Self::Fulfill,
        Self::Cancel,
        Self::Refund,
    ];
}

use FulfillmentEvent as E;
use FulfillmentStatus as S;

/// Which event leads where from which status; whatever is not listed changes nothing.
pub static FULFILLMENT_EVENTS: &[(FulfillmentEvent, FulfillmentStatus, FulfillmentStatus)] = &[
    (E::PlaceNothing, S::Unfulfilled, S::NotRequired),
    (E::Begin, S::Unfulfilled, S::InProgress),
    (E::Fulfill, S::Unfulfilled, S::Fulfilled),
    (E::Fulfill, S::InProgress, S::Fulfilled),
    (E::Fulfill, S::NotRequired, S::Fulfilled),
    (E::Cancel, S::InProgress, S::Unfulfilled),
    (E::Cancel, S::Fulfilled, S::Unfulfilled),
    (E::Refund, S::InProgress, S::Unfulfilled),
];

impl FulfillmentStatus {
    /// Every status.
    pub const ALL: [Self; 4] = [
        Self::Unfulfilled,
        Self::InProgress,
        Self::Fulfilled,
        Self::NotRequired,
    ];

    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Unfulfilled => "unfulfilled",
            Self::InProgress => "in_progress",
            Self::Fulfilled => "fulfilled",
            Self::NotRequired => "not_required",
        }
    }

    /// Where the event leads, by [`FULFILLMENT_EVENTS`].
    #[must_use]
    pub fn on(self, event: FulfillmentEvent) -> Self {
        FULFILLMENT_EVENTS
            .iter()
            .find(|(by, from, _)| (*by, *from) == (event, self))
            .map_or(self, |(_, _, to)| *to)
    }
}
