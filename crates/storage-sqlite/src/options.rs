//! What can be chosen when a store is opened.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use kassa_environment::{Clock, SystemClock};
use kassa_storage::CallLimits;

/// When a commit counts as durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Synchronous {
    /// After an fsync of the log: what was answered survives a power cut.
    Full,
    /// After the write: for tests, where a power cut does not matter.
    Off,
}

/// How a store is opened; [`Options::default`] is right for production.
#[derive(Clone)]
pub struct Options {
    /// When a commit counts as durable.
    pub synchronous: Synchronous,
    /// Machine time: bounds queries, ages rows that are pruned, tells which leases still hold.
    pub clock: Arc<dyn Clock>,
    /// Called when a COMMIT failed; the default ends the process. The store takes no writes afterwards.
    pub on_fatal: Arc<dyn Fn(&str) + Send + Sync>,
    /// How long a list or a count may run before it is too broad.
    pub query_time: Duration,
    /// How many rows a count may count before it is too broad.
    pub count_rows: u64,
    /// Below how many rows that meet a condition a list fetches and sorts those; with more it walks the type in the
    /// order asked for, until the page is full.
    pub few_rows: u64,
    /// How long the ids of applied change sets are kept, for resends after an unknown outcome.
    pub commits_kept: Duration,
    /// How long idempotency records are kept.
    pub idempotency_kept: Duration,
    /// How many calls are kept for people to look at, and for how long.
    pub calls: CallLimits,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            synchronous: Synchronous::Full,
            clock: Arc::new(SystemClock),
            on_fatal: Arc::new(|reason| {
                tracing::error!(reason, "a commit failed; ending the process");
                std::process::abort();
            }),
            query_time: Duration::from_secs(1),
            count_rows: 1_000_000,
            few_rows: 1_000,
            commits_kept: Duration::from_secs(15 * 60),
            idempotency_kept: Duration::from_secs(7 * 24 * 3600),
            calls: CallLimits::default(),
        }
    }
}

impl Options {
    /// For tests: no fsync, everything else as in production.
    #[must_use]
    pub fn unsynchronised() -> Self {
        Self {
            synchronous: Synchronous::Off,
            ..Self::default()
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Options")
            .field("synchronous", &self.synchronous)
            .field("query_time", &self.query_time)
            .finish_non_exhaustive()
    }
}
