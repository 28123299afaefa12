//! Subscriptions and copies of orders: made, run on the business clock, charged and ended.
//!
//! A copy makes one target order and carries it to its end; a run of a subscription is a copy for one period. What is
//! allowed, and when, is decided in `kassa_commerce`. Invariant: a period is claimed in the change set that begins it,
//! together with its target order, so whoever crashes or comes twice finds that order and no other; nobody is charged
//! after a cancellation was answered, because the intent to charge is guarded by the subscription's version.

mod copy;
mod hand;
mod make;
mod row;
mod run;
mod source;
mod wallet;
mod write;

use kassa_storage::{Realm, Timer};

use crate::error::GatewayError;
use crate::gateway::Gateway;
use crate::jobs::After;

pub(crate) use source::{ask, timer as source_timer};
pub(crate) use write::{
    copy as complete_copy, item as complete_item, model as complete_model,
    subscription as complete_subscription, take_down,
};

/// Kind of the timer that looks after a subscription.
pub(crate) const SUBSCRIPTION: &str = "order_subscription";
/// Kind of the timer that carries a copy by hand.
pub(crate) const COPY: &str = "order_copy";
/// Kind of the timer that follows a source order.
pub(crate) const SOURCE: &str = "subscription_source";

/// Whether a timer belongs to this room.
pub(crate) fn is_own(kind: &str) -> bool {
    matches!(kind, SUBSCRIPTION | COPY | SOURCE)
}

/// Runs one timer of this room.
pub(crate) async fn run_timer(
    gateway: &Gateway,
    realm: &Realm,
    timer: &Timer,
) -> Result<After, GatewayError> {
    match timer.kind.as_str() {
        SUBSCRIPTION => run::look_after(gateway, realm, &timer.subject).await,
        COPY => hand::carry(gateway, realm, timer).await,
        _ => source::follow(gateway, realm, &timer.subject).await,
    }
}
