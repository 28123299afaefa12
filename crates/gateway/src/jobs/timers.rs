//! Timers: take what is due, hand each to its handler, and settle it.
//!
//! Invariant: a timer disappears only after its handler succeeded; a failed one comes back later, each time after a
//! longer wait. What a handler, or anybody else, did to the timer meanwhile counts more than its end here.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use futures_util::future::join_all;
use kassa_storage::{Lease, QueueChange, Realm, Timer};

use super::{BATCH, LEASE_SECONDS};
use crate::access::sweep;
use crate::error::GatewayError;
use crate::gateway::Gateway;
use crate::payments;
use crate::renewals;
use crate::shop::stock_reservation;
use crate::webhooks;

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

/// A timer under this worker's lease.
struct Leased {
    realm: Realm,
    timer: Timer,
    lease_until: i64,
}

/// Handles one batch of due timers; returns how many there were.
pub(super) async fn work(gateway: &Gateway) -> Result<usize, GatewayError> {
    let leased = lease(gateway, 0).await?;
    let count = leased.len();
    let jobs = leased.into_iter().map(|leased| run(gateway, leased));
    for result in join_all(jobs).await {
        result?;
    }
    Ok(count)
}

/// Handles the finishers that would be due soon; gives every other timer back.
pub(super) async fn recover(gateway: &Gateway) -> Result<(), GatewayError> {
    let leased = lease(gateway, payments::FINISH_AFTER_SECONDS * SECOND).await?;
    let jobs = leased.into_iter().map(|leased| async move {
        if leased.timer.kind == payments::FINISH {
            return run(gateway, leased).await;
        }
        let change = QueueChange::Again {
            timer: leased.timer,
            lease_until: leased.lease_until,
        };
        settle(gateway, &leased.realm, change).await
    });
    for result in join_all(jobs).await {
        result?;
    }
    Ok(())
}

/// Leases timers that are due within `ahead` microseconds of their mode's business time.
async fn lease(gateway: &Gateway, ahead: i64) -> Result<Vec<Leased>, GatewayError> {
    let machine_now = gateway.machine().now_us();
    let (test_now, live_now) = gateway.now_of_modes();
    let lease_until = machine_now + LEASE_SECONDS * SECOND;
    let lease = Lease {
        buckets: Vec::new(),
        now: test_now + ahead,
        live_now: live_now + ahead,
        machine_now,
        lease_until,
        limit: BATCH,
    };
    let timers = gateway.store().lease_timers(lease).await?;
    let leased = timers.into_iter().map(|(realm, timer)| Leased {
        realm,
        timer,
        lease_until,
    });
    Ok(leased.collect())
}

async fn run(gateway: &Gateway, leased: Leased) -> Result<(), GatewayError> {
    let Leased {
        realm,
        timer,
        lease_until,
    } = leased;
    // A fault in one handler must not end the work of all the others.
    let handled = AssertUnwindSafe(handle(gateway, &realm, &timer)).catch_unwind();
    let after = match handled.await {
        Ok(Ok(after)) => after,
        Ok(Err(error)) => {
            tracing::warn!(kind = %timer.kind, subject = %timer.subject, %error, "a timer failed");
            After::Later
        }
        Err(_) => {
            tracing::error!(kind = %timer.kind, subject = %timer.subject, "a timer's handler panicked");
            After::Later
        }
    };
    let due_at = match after {
        After::Done => {
            let id = timer.id;
            return settle(gateway, &realm, QueueChange::Done { id, lease_until }).await;
        }
        After::At(due_at) => due_at,
        After::Later => gateway.now_us(&realm) + back_off(timer.attempts) * SECOND,
    };
    let timer = Timer {
        due_at,
        attempts: timer.attempts + 1,
        ..timer
    };
    settle(gateway, &realm, QueueChange::Again { timer, lease_until }).await
}

/// Hands a timer to the room that set it.
async fn handle(gateway: &Gateway, realm: &Realm, timer: &Timer) -> Result<After, GatewayError> {
    match timer.kind.as_str() {
        stock_reservation::EXPIRE => stock_reservation::run_timer(gateway, realm, timer).await,
        kind if renewals::is_own(kind) => {
            Box::pin(renewals::run_timer(gateway, realm, timer)).await
        }
        stock_reservation::EXPIRE_BY_HAND => {
            stock_reservation::run_timer_by_hand(gateway, realm, timer).await
        }
        sweep::SWEEP => sweep::run_timer(gateway, realm).await,
        webhooks::FORGET_CALLBACKS => webhooks::forget_expired(gateway, realm).await,
        _ => Box::pin(payments::run_timer(gateway, realm, timer)).await,
    }
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
