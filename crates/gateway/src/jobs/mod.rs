//! Work that commits leave for later: timers of business time and the outbox.
//!
//! [`tick`] does what is due and says when to come back; [`run`] loops over it, woken by commits and by clock
//! advances. Invariant: a lease saves work and is never the guard; every handler is harmless when run twice.

pub mod clock;
mod timers;

use std::future::Future;
use std::time::Duration;

use jiff::Timestamp;
use kassa_environment::{sleep, timeout};

use crate::calls;
use crate::error::GatewayError;
use crate::gateway::Gateway;
use crate::webhooks;

pub(crate) use timers::After;

/// Work taken at once.
const BATCH: u64 = 32;

/// Machine seconds that a lease holds: longer than the slowest handler, short enough that a crash costs little.
const LEASE_SECONDS: i64 = 30;

/// Longest sleep: another process may have set a timer without waking this one.
const LONGEST_SLEEP: Duration = Duration::from_secs(5);

/// Wait after the store could not be used.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// Does everything that is due and returns the machine time at which more will be, if anything is known.
///
/// # Errors
/// When the store cannot be used; failures of single jobs are logged and tried again later.
pub async fn tick(gateway: &Gateway) -> Result<Option<Timestamp>, GatewayError> {
    loop {
        let timers = timers::work(gateway).await?;
        let messages = webhooks::work(gateway).await?;
        if timers + messages == 0 {
            break;
        }
    }
    next_due(gateway).await
}

/// Handles the timers alone: slow receivers of messages must not keep them waiting.
async fn timers_due(gateway: &Gateway) -> Result<Option<Timestamp>, GatewayError> {
    while timers::work(gateway).await? > 0 {}
    next_due(gateway).await
}

/// Machine time at which more will be due, if anything is known.
async fn next_due(gateway: &Gateway) -> Result<Option<Timestamp>, GatewayError> {
    let due = gateway.store().next_due().await?;
    let (test_now, _) = gateway.now_of_modes();
    let shift = test_now - gateway.machine().now_us();
    let test_timer = due.test_timer.map(|due| due.saturating_sub(shift));
    // Without a way out a message that is due stays due, and nobody has to come back for it.
    let message = due.message.filter(|_| gateway.outward().is_some());
    let waiting = [test_timer, due.live_timer, message];
    let next = waiting.into_iter().flatten().min();
    Ok(next.and_then(|due| Timestamp::from_microsecond(due).ok()))
}

/// Ends at once what a crashed process left unfinished, instead of waiting for its timers. Called once at start,
/// before [`run`], by a program that is alone on its store.
///
/// # Errors
/// When the store cannot be used.
pub async fn recover(gateway: &Gateway) -> Result<(), GatewayError> {
    timers::recover(gateway).await
}

/// Works, and keeps the API calls that were answered, until `shutdown` ends.
pub async fn run(gateway: &Gateway, shutdown: impl Future<Output = ()> + Send) {
    let work = async {
        loop {
            let wait = match timers_due(gateway).await {
                Ok(next) => until(gateway, next),
                Err(error) => {
                    tracing::error!(%error, "background work cannot use the store");
                    sleep(AFTER_FAILURE).await;
                    continue;
                }
            };
            // Elapsed or woken, the answer is the same: look again.
            let _ = timeout(wait, gateway.work_arrived()).await;
        }
    };
    tokio::select! {
        () = work => {}
        () = webhooks::run(gateway) => {}
        () = calls::keep_on(gateway) => {}
        () = shutdown => {}
    }
}

fn until(gateway: &Gateway, next: Option<Timestamp>) -> Duration {
    let Some(next) = next else {
        return LONGEST_SLEEP;
    };
    let wait = next.duration_since(gateway.machine().now());
    Duration::try_from(wait)
        .unwrap_or(Duration::ZERO)
        .clamp(Duration::from_millis(1), LONGEST_SLEEP)
}
