//! What moves an order, from where to where: a table, and the one function that reads it.

use crate::error::CommerceError;
use crate::states::OrderStatus;

/// What can move an order on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OrderTrigger {
    /// There are a customer and something to buy.
    Complete,
    /// One of the two is gone.
    Strip,
    /// `_place`.
    Place,
    /// The placing succeeded.
    Accept,
    /// The placing was refused.
    Refuse,
    /// `_approve`.
    Approve,
    /// `_start_editing`.
    StartEditing,
    /// `_stop_editing`.
    StopEditing,
    /// `_cancel`, as long as nothing is captured.
    Cancel,
    /// The money is gone: refunded whole, voided, or ended at Klarna. A fact, which is never refused.
    End,
}

impl OrderTrigger {
    /// Every trigger, as they are documented.
    pub const ALL: [Self; 10] = [
        Self::Complete,
        Self::Strip,
        Self::Place,
        Self::Accept,
        Self::Refuse,
        Self::Approve,
        Self::StartEditing,
        Self::StopEditing,
        Self::Cancel,
        Self::End,
    ];

    /// Where it leads, when it leads anywhere.
    pub fn target(self) -> OrderStatus {
        match self {
            Self::Complete | Self::Refuse => OrderStatus::Pending,
            Self::Strip => OrderStatus::Draft,
            Self::Place => OrderStatus::Placing,
            Self::Accept | Self::StopEditing => OrderStatus::Placed,
            Self::Approve => OrderStatus::Approved,
            Self::StartEditing => OrderStatus::Editing,
            Self::Cancel | Self::End => OrderStatus::Cancelled,
        }
    }
}

use OrderStatus as S;
use OrderTrigger as T;

/// Which trigger leads where from which status. The same status on both sides is a repetition that changes nothing;
/// whatever is not listed is refused.
pub static ORDER_TRIGGERS: &[(OrderTrigger, OrderStatus, OrderStatus)] = &[
    (T::Complete, S::Draft, S::Pending),
    (T::Complete, S::Pending, S::Pending),
    (T::Strip, S::Draft, S::Draft),
    (T::Strip, S::Pending, S::Draft),
    (T::Place, S::Pending, S::Placing),
    (T::Place, S::Placing, S::Placing),
    (T::Place, S::Placed, S::Placed),
    (T::Place, S::Approved, S::Approved),
    (T::Accept, S::Placing, S::Placed),
    (T::Refuse, S::Placing, S::Pending),
    (T::Approve, S::Placed, S::Approved),
    (T::Approve, S::Approved, S::Approved),
    (T::StartEditing, S::Placed, S::Editing),
    (T::StartEditing, S::Approved, S::Editing),
    (T::StartEditing, S::Editing, S::Editing),
    (T::StopEditing, S::Editing, S::Placed),
    (T::Cancel, S::Placed, S::Cancelled),
    (T::Cancel, S::Approved, S::Cancelled),
    (T::End, S::Editing, S::Cancelled),
    (T::End, S::Placing, S::Cancelled),
    (T::End, S::Placed, S::Cancelled),
    (T::End, S::Approved, S::Cancelled),
    (T::End, S::Cancelled, S::Cancelled),
];

impl OrderStatus {
    /// Every status, in the order of an order's life.
    pub const ALL: [Self; 7] = [
        Self::Draft,
        Self::Pending,
        Self::Placing,
        Self::Placed,
        Self::Approved,
        Self::Editing,
        Self::Cancelled,
    ];

    /// Where the trigger leads, by [`ORDER_TRIGGERS`].
    ///
    /// # Errors
    /// [`CommerceError::OrderTransition`] with both ends, when the table does not list it.
    pub fn on(self, trigger: OrderTrigger) -> Result<Self, CommerceError> {
        ORDER_TRIGGERS
            .iter()
            .find(|(by, from, _)| (*by, *from) == (trigger, self))
            .map(|(_, _, to)| *to)
            .ok_or(CommerceError::OrderTransition {
                from: self,
                to: trigger.target(),
            })
    }
}
