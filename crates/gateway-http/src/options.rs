//! What the binary may decide about this door.
//!
//! Invariant: the defaults suit a machine on which the demo runs; nothing here changes what a document says.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

pub use crate::request::limits::{Limit, RateLimits};

/// Called after the business clock moved, with the seconds: the demo moves its sandbox along.
pub type ClockHook =
    Arc<dyn Fn(i64) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send>> + Send + Sync>;

/// Options of [`crate::router()`].
#[derive(Clone)]
pub struct HttpOptions {
    /// Largest request body, bytes.
    pub body_limit_bytes: usize,
    /// Whether `X-Forwarded-Host` and `X-Forwarded-Proto` are believed: they choose the organization and write
    /// `links.self`, never a permission.
    pub trust_forwarded: bool,
    /// Requests allowed per client address.
    pub rate_limits: RateLimits,
    /// Runs after `POST /kassa/v1/clock/advance` moved the gateway's own clock.
    pub clock_moved: Option<ClockHook>,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            body_limit_bytes: 1024 * 1024,
            trust_forwarded: true,
            rate_limits: RateLimits::default(),
            clock_moved: None,
        }
    }
}

impl std::fmt::Debug for HttpOptions {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("HttpOptions")
            .field("body_limit_bytes", &self.body_limit_bytes)
            .field("trust_forwarded", &self.trust_forwarded)
            .field("rate_limits", &self.rate_limits)
            .field("clock_moved", &self.clock_moved.is_some())
            .finish()
    }
}
