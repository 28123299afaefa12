//! Requests per client address in a sliding minute.
//!
//! Invariant: memory is bounded; when too many addresses are known the oldest windows go first, so a flood of
//! addresses can make limits lenient but never large.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use http::Method;

use crate::options::RateLimit;

/// Length of a window, seconds (published: the interval header says 60).
pub(crate) const INTERVAL_SECONDS: i64 = 60;

/// Addresses that are remembered.
const MOST_WINDOWS: usize = 20_000;

/// Which limit a request counts against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Class {
    Read,
    Write,
    Token,
}

impl Class {
    pub(crate) fn of(method: &Method, path: &str) -> Self {
        if path == "/oauth/token" {
            Self::Token
        } else if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
            Self::Read
        } else {
            Self::Write
        }
    }
}

/// What is left after a request was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) limit: u64,
    pub(crate) remaining: u64,
    pub(crate) exceeded: bool,
}

#[derive(Debug, Clone, Copy, Default)]
struct Window {
    index: i64,
    current: u64,
    previous: u64,
}

/// Counts requests.
#[derive(Debug)]
pub(crate) struct Limiter {
    limits: RateLimit,
    windows: Mutex<HashMap<(IpAddr, Class), Window>>,
}

impl Limiter {
    pub(crate) fn new(limits: RateLimit) -> Self {
        Self {
            limits,
            windows: Mutex::new(HashMap::new()),
        }
    }

    /// Counts one request at machine time `now_us`.
    pub(crate) fn count(&self, address: IpAddr, class: Class, now_us: i64) -> Standing {
        let limit = match class {
            Class::Read => self.limits.reads,
            Class::Write => self.limits.writes,
            Class::Token => self.limits.tokens,
        };
        let now = now_us.div_euclid(1_000_000);
        let index = now.div_euclid(INTERVAL_SECONDS);
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        if windows.len() >= MOST_WINDOWS {
            windows.retain(|_, window| window.index >= index - 1);
            if windows.len() >= MOST_WINDOWS {
                windows.clear();
            }
        }
        let window = windows.entry((address, class)).or_default();
        if window.index != index {
            window.previous = if window.index == index - 1 {
                window.current
            } else {
                0
            };
            window.current = 0;
            window.index = index;
        }
        // The part of the previous window that still lies within the last minute, rounded down.
        let left = u64::try_from(INTERVAL_SECONDS - now.rem_euclid(INTERVAL_SECONDS)).unwrap_or(0);
        let carried = window.previous.saturating_mul(left) / INTERVAL_SECONDS.unsigned_abs();
        let used = carried.saturating_add(window.current);
        let exceeded = used >= limit;
        if !exceeded {
            window.current += 1;
        }
        Standing {
            limit,
            remaining: limit.saturating_sub(used.saturating_add(1)),
            exceeded,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limiter(reads: u64) -> Limiter {
        Limiter::new(RateLimit {
            reads,
            ..RateLimit::default()
        })
    }

    #[test]
    fn the_window_slides() {
        let address = IpAddr::from([127, 0, 0, 1]);
        let limiter = limiter(2);
        let at = |second: i64| limiter.count(address, Class::Read, second * 1_000_000);
        assert_eq!((at(0).remaining, at(1).remaining), (1, 0));
        assert!(at(59).exceeded);
        assert!(at(60).exceeded, "the whole last minute still counts");
        assert!(!at(90).exceeded, "half of it has passed");
        assert!(!at(180).exceeded);
    }

    #[test]
    fn addresses_and_classes_are_apart() {
        let limiter = limiter(1);
        let (one, two) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        assert!(!limiter.count(one, Class::Read, 0).exceeded);
        assert!(limiter.count(one, Class::Read, 0).exceeded);
        assert!(!limiter.count(one, Class::Write, 0).exceeded);
        assert!(!limiter.count(two, Class::Read, 0).exceeded);
    }
}
