//! What moves a subscription and a copy of an order, from where to where: tables, and the functions that read them.

use serde::{Deserialize, Serialize};

use crate::error::SubscriptionError;

/// Where a subscription stands. Source: commerce-api, `order_subscriptions.status`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubscriptionStatus {
    /// Has never run.
    #[default]
    Draft,
    /// Paused, or ended by its date.
    Inactive,
    /// Waits for its next run.
    Active,
    /// Its order is being made and placed.
    Running,
    /// Given up for good.
    Cancelled,
}

/// What can move a subscription on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SubscriptionTrigger {
    /// `_activate`, or the source order was placed.
    Activate,
    /// `_deactivate`.
    Deactivate,
    /// A run is due.
    Run,
    /// The run came to its end, whatever that was.
    RunEnded,
    /// `expires_at` has come.
    Expire,
    /// `_cancel`, or the source order was cancelled.
    Cancel,
}

impl SubscriptionTrigger {
    /// Every trigger, as they are documented.
    pub const ALL: [Self; 6] = [
        Self::Activate,
        Self::Deactivate,
        Self::Run,
        Self::RunEnded,
        Self::Expire,
        Self::Cancel,
    ];

    /// Where it leads, when it leads anywhere else.
    pub fn target(self) -> SubscriptionStatus {
        match self {
            Self::Activate | Self::RunEnded => SubscriptionStatus::Active,
            Self::Deactivate | Self::Expire => SubscriptionStatus::Inactive,
            Self::Run => SubscriptionStatus::Running,
            Self::Cancel => SubscriptionStatus::Cancelled,
        }
    }
}

use SubscriptionStatus as S;
use SubscriptionTrigger as T;

/// Which trigger leads where from which status. The same status on both sides changes nothing; whatever is not listed is
/// refused. A run that was paused or cancelled in its middle ends where it was put.
pub static SUBSCRIPTION_TRIGGERS: &[(
    SubscriptionTrigger,
    SubscriptionStatus,
    SubscriptionStatus,
)] = &[
    (T::Activate, S::Draft, S::Active),
    (T::Activate, S::Inactive, S::Active),
    (T::Activate, S::Active, S::Active),
    (T::Activate, S::Running, S::Running),
    (T::Deactivate, S::Inactive, S::Inactive),
    (T::Deactivate, S::Active, S::Inactive),
    (T::Deactivate, S::Running, S::Inactive),
    (T::Run, S::Active, S::Running),
    (T::RunEnded, S::Inactive, S::Inactive),
    (T::RunEnded, S::Active, S::Active),
    (T::RunEnded, S::Running, S::Active),
    (T::RunEnded, S::Cancelled, S::Cancelled),
    (T::Expire, S::Inactive, S::Inactive),
    (T::Expire, S::Active, S::Inactive),
    (T::Cancel, S::Draft, S::Cancelled),
    (T::Cancel, S::Inactive, S::Cancelled),
    (T::Cancel, S::Active, S::Cancelled),
    (T::Cancel, S::Running, S::Cancelled),
    (T::Cancel, S::Cancelled, S::Cancelled),
];

impl SubscriptionStatus {
    /// Every status, in the order of a subscription's life.
    pub const ALL: [Self; 5] = [
        Self::Draft,
        Self::Active,
        Self::Running,
        Self::Inactive,
        Self::Cancelled,
    ];

    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Inactive => "inactive",
            Self::Active => "active",
            Self::Running => "running",
            Self::Cancelled => "cancelled",
        }
    }

    /// Where the trigger leads, by [`SUBSCRIPTION_TRIGGERS`].
    ///
    /// # Errors
    /// [`SubscriptionError::Transition`] with both ends, when the table does not list it.
    pub fn on(self, trigger: SubscriptionTrigger) -> Result<Self, SubscriptionError> {
        SUBSCRIPTION_TRIGGERS
            .iter()
            .find(|(by, from, _)| (*by, *from) == (trigger, self))
            .map(|(_, _, to)| *to)
            .ok_or(SubscriptionError::Transition {
                from: self,
                to: trigger.target(),
            })
    }
}

/// Where a copy of an order stands. Source: commerce-api, `order_factories.status`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CopyStatus {
    /// Nothing was made yet.
    #[default]
    Pending,
    /// The target order is there and on its way.
    InProgress,
    /// Given up before anybody was charged.
    Aborted,
    /// Ended by an error.
    Failed,
    /// As it was wanted.
    Completed,
}

impl CopyStatus {
    /// Whether nothing more will happen to the copy.
    pub fn has_ended(self) -> bool {
        matches!(self, Self::Aborted | Self::Failed | Self::Completed)
    }

    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::InProgress => "in_progress",
            Self::Aborted => "aborted",
            Self::Failed => "failed",
            Self::Completed => "completed",
        }
    }
}
