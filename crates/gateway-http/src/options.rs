//! What the binary may decide about this door.
//!
//! Invariant: the defaults suit a machine on which the demo runs; nothing here changes what a document says.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

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
    pub rate_limit: RateLimit,
    /// Runs after `POST /kassa/v1/clock/advance` moved the gateway's own clock.
    pub clock_moved: Option<ClockHook>,
}

/// Requests per client address in a sliding minute, by class.
///
/// The published service allows 1,000 cacheable reads, 200 other reads, 200 writes and 30 token requests; one
/// checkout makes about 45 requests, so a server of one's own is far more generous by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    /// GET and HEAD.
    pub reads: u64,
    /// POST, PATCH and DELETE.
    pub writes: u64,
    /// `POST /oauth/token`.
    pub tokens: u64,
}

impl Default for RateLimit {
    fn default() -> Self {
        Self {
            reads: 1_000_000,
            writes: 1_000_000,
            tokens: 100_000,
        }
    }
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            body_limit_bytes: 1024 * 1024,
            trust_forwarded: true,
            rate_limit: RateLimit::default(),
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
            .field("rate_limit", &self.rate_limit)
            .field("clock_moved", &self.clock_moved.is_some())
            .finish()
    }
}
