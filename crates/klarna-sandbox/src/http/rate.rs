//! Rate limits per merchant and category, counted per second of machine time. Off unless the world's switch is on.
//!
//! Source: docs.klarna.com, rate limits, the playground column; see `docs/klarna/payments.md#rate-limits`.

use axum::http::{HeaderMap, HeaderName};
use jiff::Timestamp;

use super::render::set;
use super::route::Route;

/// What is counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Category {
    CreateSession,
    CustomerToken,
    Other,
}

impl Category {
    pub(crate) fn of(route: &Route) -> Self {
        match route {
            Route::CreateSession => Self::CreateSession,
            Route::CreateCustomerToken(_) => Self::CustomerToken,
            _ => Self::Other,
        }
    }

    /// Calls per second on the playground.
    fn limit(self) -> u32 {
        match self {
            Self::CreateSession | Self::CustomerToken => 5,
            Self::Other => 50,
        }
    }
}

/// The counters of one merchant.
#[derive(Debug, Default)]
pub(crate) struct RateCounters {
    second: i64,
    counts: [u32; 3],
}

/// Where a call stands against its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standing {
    limit: u32,
    remaining: u32,
    pub(crate) allowed: bool,
}

impl RateCounters {
    pub(crate) fn count(&mut self, category: Category, now: Timestamp) -> Standing {
        if now.as_second() != self.second {
            self.second = now.as_second();
            self.counts = [0; 3];
        }
        let count = &mut self.counts[category as usize];
        *count = count.saturating_add(1);
        let limit = category.limit();
        Standing {
            limit,
            remaining: limit.saturating_sub(*count),
            allowed: *count <= limit,
        }
    }
}

impl Standing {
    pub(crate) fn write(self, headers: &mut HeaderMap) {
        let limit = self.limit;
        for (name, value) in [
            ("x-ratelimit-limit", format!("{limit}, {limit};w=1")),
            ("x-ratelimit-remaining", self.remaining.to_string()),
            ("x-ratelimit-reset", "1".to_owned()),
        ] {
            set(headers, HeaderName::from_static(name), &value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sixth_session_in_a_second_is_refused_on_the_playground() {
        let mut counters = RateCounters::default();
        let now = Timestamp::UNIX_EPOCH;
        for _ in 0..5 {
            assert!(counters.count(Category::CreateSession, now).allowed);
        }
        assert!(!counters.count(Category::CreateSession, now).allowed);
        assert!(counters.count(Category::Other, now).allowed);
        let later = now + jiff::SignedDuration::from_secs(1);
        assert!(counters.count(Category::CreateSession, later).allowed);
    }

    #[test]
    fn the_headers_have_the_documented_form() {
        let mut headers = HeaderMap::new();
        let mut counters = RateCounters::default();
        counters
            .count(Category::Other, Timestamp::UNIX_EPOCH)
            .write(&mut headers);
        assert_eq!(headers["x-ratelimit-limit"], "50, 50;w=1");
        assert_eq!(headers["x-ratelimit-remaining"], "49");
    }
}
