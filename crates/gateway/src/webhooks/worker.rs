//! The worker over the outbox: takes what is due under a lease and makes the attempts, several at a time.
//!
//! Invariant: a lease saves work and is never the guard. A worker that dies, or is slower than its lease, means that
//! an attempt is made once more, with the same id.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::join_all;
use futures_util::stream::{FuturesUnordered, StreamExt};
use kassa_environment::timeout;
use kassa_storage::{Lease, OutboxMessage, Realm};

use super::attempt;
use crate::error::GatewayError;
use crate::gateway::Gateway;

/// Attempts made at once: slow receivers hold a place for five seconds at most, and their circuit opens in the end.
const AT_ONCE: usize = 64;

/// Machine seconds that a lease holds: longer than an attempt may take.
const LEASE_SECONDS: i64 = 30;

/// Longest sleep: another process may have sent a message without waking this one.
const LONGEST_SLEEP: Duration = Duration::from_secs(5);

/// Makes every attempt of one batch that is due and waits for all; returns how many there were.
pub(crate) async fn work(gateway: &Gateway) -> Result<usize, GatewayError> {
    let leased = lease(gateway, AT_ONCE).await?;
    let count = leased.len();
    join_all(
        leased
            .iter()
            .map(|(realm, message)| one(gateway, realm, message)),
    )
    .await;
    Ok(count)
}

/// Works until it is dropped.
pub(crate) async fn run(gateway: &Gateway) {
    let mut under_way = FuturesUnordered::new();
    loop {
        let room = AT_ONCE - under_way.len();
        match lease(gateway, room).await {
            Ok(leased) => {
                let more = leased.len() == room && room > 0;
                under_way.extend(leased.into_iter().map(|(realm, message)| async move {
                    one(gateway, &realm, &message).await;
                }));
                if more && under_way.len() < AT_ONCE {
                    continue;
                }
            }
            Err(error) => tracing::error!(%error, "the outbox cannot be read"),
        }
        let wait = until_due(gateway).await;
        if under_way.is_empty() {
            // Elapsed or woken, the answer is the same: look again.
            let _ = timeout(wait, gateway.message_arrived()).await;
        } else {
            tokio::select! {
                _ = under_way.next() => {}
                _ = timeout(wait, gateway.message_arrived()), if under_way.len() < AT_ONCE => {}
            }
        }
    }
}

/// How long nothing will be due, as far as is known.
async fn until_due(gateway: &Gateway) -> Duration {
    if gateway.outward().is_none() {
        return LONGEST_SLEEP;
    }
    let due = gateway.store().next_due().await;
    let Some(due) = due.ok().and_then(|due| due.message) else {
        return LONGEST_SLEEP;
    };
    let wait = u64::try_from(due - gateway.machine().now_us()).unwrap_or(0);
    Duration::from_micros(wait).clamp(Duration::from_millis(1), LONGEST_SLEEP)
}

async fn lease(
    gateway: &Gateway,
    limit: usize,
) -> Result<Vec<(Realm, OutboxMessage)>, GatewayError> {
    // Without a way out messages wait for a process that has one.
    if limit == 0 || gateway.outward().is_none() {
        return Ok(Vec::new());
    }
    let machine_now = gateway.machine().now_us();
    let lease = Lease {
        buckets: Vec::new(),
        now: machine_now,
        live_now: machine_now,
        machine_now,
        lease_until: machine_now + LEASE_SECONDS * 1_000_000,
        limit: limit as u64,
    };
    Ok(gateway.store().lease_outbox(lease).await?)
}

/// One attempt. A fault in it must not end the work of all the others; its lease keeps it quiet for a while.
async fn one(gateway: &Gateway, realm: &Realm, message: &OutboxMessage) {
    let Some(outward) = gateway.outward() else {
        return;
    };
    let made = AssertUnwindSafe(attempt::make(gateway, outward, realm, message)).catch_unwind();
    match made.await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            tracing::warn!(message = %message.id, topic = %message.topic, %error, "a message waits");
        }
        Err(_) => {
            tracing::error!(message = %message.id, topic = %message.topic, "an attempt panicked");
        }
    }
}
