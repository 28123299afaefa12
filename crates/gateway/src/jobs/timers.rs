//! Timers: take what is due, hand each to its handler, and settle it.
//!
//! Invariant: a timer disappears only after its handler succeeded; a failed one comes back later, each time after a
//! longer wait.

use futures_util::future::join_all;
use kassa_storage::{Lease, QueueChange, Realm, Timer};

use super::{BATCH, LEASE_SECONDS};
use crate::error::GatewayError;
use crate::gateway::Gateway;
use crate::payments;

/// Business seconds before the first repetition of a failed timer; doubles up to [`LONGEST_BACK_OFF`].
const FIRST_BACK_OFF: i64 = 2;
const LONGEST_BACK_OFF: i64 = 3600;

const SECOND: i64 = 1_000_000;

/// What a handler wants to become of its timer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum After {
    /// Nothing is left to do.
    Done,
    /// Come back at this business time, microseconds.
    At(i64),
    /// Come back after the usual growing wait.
    Later,
}

/// Handles one batch of due timers; returns how many there were.
pub(super) async fn work(gateway: &Gateway) -> Result<usize, GatewayError> {
    let leased = lease(gateway, gateway.now_us()).await?;
    let count = leased.len();
    let jobs = leased
        .into_iter()
        .map(|(realm, timer)| run(gateway, realm, timer));
    for result in join_all(jobs).await {
        result?;
    }
    Ok(count)
}

/// Handles the finishers that would be due soon; gives every other timer back.
pub(super) async fn recover(gateway: &Gateway) -> Result<(), GatewayError> {
    let horizon = gateway.now_us() + payments::FINISH_AFTER_SECONDS * SECOND;
    let leased = lease(gateway, horizon).await?;
    let jobs = leased.into_iter().map(|(realm, timer)| async move {
        if timer.kind == payments::FINISH {
            return run(gateway, realm, timer).await;
        }
        // Setting a timer clears its lease.
        settle(gateway, &realm, QueueChange::Set(timer)).await
    });
    for result in join_all(jobs).await {
        result?;
    }
    Ok(())
}

async fn lease(gateway: &Gateway, now: i64) -> Result<Vec<(Realm, Timer)>, GatewayError> {
    let machine_now = gateway.machine().now_us();
    let lease = Lease {
        buckets: Vec::new(),
        now,
        machine_now,
        lease_until: machine_now + LEASE_SECONDS * SECOND,
        limit: BATCH,
    };
    Ok(gateway.store().lease_timers(lease).await?)
}

async fn run(gateway: &Gateway, realm: Realm, timer: Timer) -> Result<(), GatewayError> {
    let after = match payments::run_timer(gateway, &realm, &timer).await {
        Ok(after) => after,
        Err(error) => {
            tracing::warn!(kind = %timer.kind, subject = %timer.subject, %error, "a timer failed");
            After::Later
        }
    };
    let change = match after {
        After::Done => QueueChange::Cancel {
            id: timer.id.clone(),
        },
        After::At(due_at) => QueueChange::Set(Timer {
            due_at,
            attempts: timer.attempts + 1,
            ..timer
        }),
        After::Later => {
            let due_at = gateway.now_us() + back_off(timer.attempts) * SECOND;
            QueueChange::Set(Timer {
                due_at,
                attempts: timer.attempts + 1,
                ..timer
            })
        }
    };
    settle(gateway, &realm, change).await
}

async fn settle(gateway: &Gateway, realm: &Realm, change: QueueChange) -> Result<(), GatewayError> {
    let mut set = gateway.change_set(realm);
    set.queues.push(change);
    gateway.commit_once(set).await
}

fn back_off(attempts: i64) -> i64 {
    let doublings = u32::try_from(attempts.clamp(0, 16)).unwrap_or(16);
    (FIRST_BACK_OFF << doublings).min(LONGEST_BACK_OFF)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_an_hour() {
        assert_eq!([0, 1, 5, 11, 90].map(back_off), [2, 4, 64, 3600, 3600]);
    }
}
