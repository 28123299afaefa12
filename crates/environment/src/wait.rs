//! Waiting: the only sleeps and time limits of the program.
//!
//! Invariant: waiting is machine time; a moved business clock never shortens or lengthens it. Whoever waits for
//! business time asks its timer what is due and waits here until then.

use std::future::Future;
use std::time::Duration;

use jiff::Timestamp;

use crate::Clock;

/// The time limit of [`timeout`] ran out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Elapsed;

/// Waits for `duration`.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place that sleeps"
)]
pub async fn sleep(duration: Duration) {
    tokio::time::sleep(duration).await;
}

/// Waits until `clock` shows `instant`, at most a day; returns at once when it already does.
pub async fn sleep_until(clock: &dyn Clock, instant: Timestamp) {
    let wait = instant.duration_since(clock.now());
    let longest = Duration::from_secs(24 * 3600);
    if let Ok(wait) = Duration::try_from(wait) {
        sleep(wait.min(longest)).await;
    }
}

/// Runs `work` for at most `limit`.
///
/// # Errors
/// [`Elapsed`] when the limit runs out first; `work` is dropped then.
pub async fn timeout<T>(limit: Duration, work: impl Future<Output = T>) -> Result<T, Elapsed> {
    tokio::time::timeout(limit, work).await.map_err(|_| Elapsed)
}
