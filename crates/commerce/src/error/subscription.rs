//! What stops a decision about a subscription.

use thiserror::Error;

use crate::states::SubscriptionStatus;

/// Why a decision about a subscription or its model cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SubscriptionError {
    /// The subscription cannot go from one status to the other.
    #[error("cannot go from {} to {}", from.word(), to.word())]
    Transition {
        /// Status it has.
        from: SubscriptionStatus,
        /// Status it should get.
        to: SubscriptionStatus,
    },
    /// Neither a named frequency nor a cron line that comes true.
    #[error("is neither a named frequency nor a cron line of whole hours that comes true")]
    FrequencyInvalid {
        /// The text as sent.
        frequency: String,
    },
    /// The strategy of a model is unknown.
    #[error("is not included in the list: by_frequency, by_line_items")]
    StrategyInvalid,
    /// The market has no subscription model.
    #[error("the market has no subscription model")]
    ModelMissing,
    /// It has a subscription model already.
    #[error("has a subscription model already")]
    ModelTaken,
    /// No line of the order recurs.
    #[error("no line has a frequency")]
    NothingRecurs,
    /// Subscriptions are for customers: a guest has no wallet.
    #[error("guests cannot subscribe")]
    Guest,
    /// A time that must lie after another one.
    #[error("must be after {after}")]
    NotAfter {
        /// The attribute.
        attribute: &'static str,
        /// The other time.
        after: &'static str,
    },
    /// Without its source order a subscription has to say when it starts.
    #[error("can't be blank")]
    StartMissing,
    /// Hours of the renewal alert out of range.
    #[error("must be between 1 and {most}")]
    AlertOutOfRange {
        /// The longest, hours.
        most: i64,
    },
}
