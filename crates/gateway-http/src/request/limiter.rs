//! Requests per client address in sliding windows: a minute for each class, ten seconds for each endpoint.
//!
//! Invariant: memory is bounded; when too many addresses are known the oldest windows go first, so a flood of
//! addresses can make limits lenient but never large. A refused request counts against nothing.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use http::Method;

use crate::request::limits::{Limit, RateLimits};

/// Length of the window of a class, seconds (published: the interval header says 60).
pub(crate) const INTERVAL_SECONDS: i64 = 60;

/// Length of the window of an endpoint, seconds. Source: commerce-api, section a.
const BURST_SECONDS: i64 = 10;

/// Windows that are remembered.
const MOST_WINDOWS: usize = 20_000;

/// Types whose reads are published as cacheable. Source: commerce-api, section a.
const CACHEABLE: &[&str] = &[
    "bundles",
    "imports",
    "markets",
    "prices",
    "price_lists",
    "promotions",
    "skus",
    "sku_options",
    "stock_items",
    "stock_locations",
];

/// Which limit a request counts against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Class {
    Cacheable,
    Read,
    Write,
    Token,
}

/// A request as limits see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counted {
    class: Class,
    /// Verb and type, or the whole path of what is no resource.
    endpoint: u64,
}

impl Counted {
    pub(crate) fn of(method: &Method, path: &str) -> Self {
        let kind = path
            .strip_prefix("/api/")
            .map(|rest| rest.split('/').next().unwrap_or_default());
        let reads = matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
        let class = if !reads && matches!(path, "/oauth/token" | "/oauth/authorize") {
            Class::Token
        } else if reads && kind.is_some_and(|kind| CACHEABLE.contains(&kind)) {
            Class::Cacheable
        } else if reads {
            Class::Read
        } else {
            Class::Write
        };
        let mut hasher = DefaultHasher::new();
        (method.as_str(), kind.unwrap_or(path)).hash(&mut hasher);
        Self {
            class,
            endpoint: hasher.finish(),
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

/// Counts of the window that runs and of the one before it.
#[derive(Debug, Clone, Copy, Default)]
struct Window {
    index: i64,
    current: u64,
    previous: u64,
}

impl Window {
    /// Requests within the last `length` seconds: of the previous window the part that still lies there, rounded down.
    fn used(&mut self, now: i64, length: i64) -> u64 {
        let index = now.div_euclid(length);
        if self.index != index {
            self.previous = if self.index == index - 1 {
                self.current
            } else {
                0
            };
            self.current = 0;
            self.index = index;
        }
        let left = (length - now.rem_euclid(length)).unsigned_abs();
        let carried = self.previous.saturating_mul(left) / length.unsigned_abs();
        carried.saturating_add(self.current)
    }
}

/// Whose window: a class of an address, or one endpoint of it.
type Place = (IpAddr, Class, Option<u64>);

/// Counts requests.
#[derive(Debug)]
pub(crate) struct Limiter {
    limits: RateLimits,
    windows: Mutex<HashMap<Place, Window>>,
}

impl Limiter {
    pub(crate) fn new(limits: RateLimits) -> Self {
        Self {
            limits,
            windows: Mutex::new(HashMap::new()),
        }
    }

    fn limit(&self, class: Class) -> Limit {
        match class {
            Class::Cacheable => self.limits.cacheable,
            Class::Read => self.limits.reads,
            Class::Write => self.limits.writes,
            Class::Token => self.limits.tokens,
        }
    }

    /// Counts one request at machine time `now_us`.
    pub(crate) fn count(&self, address: IpAddr, request: Counted, now_us: i64) -> Standing {
        let Counted { class, endpoint } = request;
        let limit = self.limit(class);
        let now = now_us.div_euclid(1_000_000);
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        make_room(&mut windows, now);
        let bursting = limit.burst.is_some_and(|burst| {
            let window = windows.entry((address, class, Some(endpoint))).or_default();
            let full = window.used(now, BURST_SECONDS) >= burst;
            // The average decides too; a request that it refuses is taken back below.
            window.current += u64::from(!full);
            full
        });
        let window = windows.entry((address, class, None)).or_default();
        let used = window.used(now, INTERVAL_SECONDS);
        let exceeded = bursting || used >= limit.average;
        window.current += u64::from(!exceeded);
        if exceeded
            && !bursting
            && let Some(burst) = windows.get_mut(&(address, class, Some(endpoint)))
        {
            burst.current = burst.current.saturating_sub(1);
        }
        Standing {
            limit: limit.average,
            remaining: limit
                .average
                .saturating_sub(used.saturating_add(u64::from(!exceeded))),
            exceeded,
        }
    }
}

/// Drops windows that have passed, and all of them when that is not enough.
fn make_room(windows: &mut HashMap<Place, Window>, now: i64) {
    if windows.len() < MOST_WINDOWS {
        return;
    }
    windows.retain(|(_, _, endpoint), window| {
        let length = match endpoint {
            Some(_) => BURST_SECONDS,
            None => INTERVAL_SECONDS,
        };
        window.index >= now.div_euclid(length) - 1
    });
    if windows.len() >= MOST_WINDOWS {
        windows.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDRESS: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn limiter(limits: &str) -> Limiter {
        Limiter::new(limits.parse().unwrap())
    }

    fn get(path: &str) -> Counted {
        Counted::of(&Method::GET, path)
    }

    #[test]
    fn the_window_slides() {
        let limiter = limiter("reads=2");
        let at = |second: i64| limiter.count(ADDRESS, get("/api/orders"), second * 1_000_000);
        assert_eq!((at(0).remaining, at(1).remaining), (1, 0));
        assert!(at(59).exceeded);
        assert!(at(60).exceeded, "the whole last minute still counts");
        assert!(!at(90).exceeded, "half of it has passed");
        assert!(!at(180).exceeded);
    }

    #[test]
    fn addresses_and_classes_are_apart() {
        let limiter = limiter("reads=1,cacheable=1,writes=1,tokens=1");
        let other = IpAddr::from([10, 0, 0, 2]);
        let post = |path| Counted::of(&Method::POST, path);
        for request in [
            get("/api/orders"),
            get("/api/skus/aBc/prices"),
            post("/api/orders"),
            post("/oauth/token"),
        ] {
            assert!(!limiter.count(ADDRESS, request, 0).exceeded, "{request:?}");
            assert!(limiter.count(ADDRESS, request, 0).exceeded, "{request:?}");
            assert!(!limiter.count(other, request, 0).exceeded, "{request:?}");
        }
        // A class is one, whatever the path.
        assert!(limiter.count(ADDRESS, get("/api/customers"), 0).exceeded);
        assert!(limiter.count(ADDRESS, get("/api/markets"), 0).exceeded);
        assert!(limiter.count(ADDRESS, post("/oauth/authorize"), 0).exceeded);
    }

    #[test]
    fn a_burst_is_one_endpoints() {
        let limiter = limiter("reads=4/2");
        let at = |path, second: i64| limiter.count(ADDRESS, get(path), second * 1_000_000);
        assert!(!at("/api/orders", 0).exceeded);
        assert!(!at("/api/orders/aBc", 1).exceeded);
        let third = at("/api/orders/xYz/line_items", 2);
        assert!(third.exceeded, "the same type is the same endpoint");
        assert_eq!(
            (third.limit, third.remaining),
            (4, 2),
            "the average is told"
        );
        assert!(!at("/api/customers", 2).exceeded);
        assert!(!at("/api/orders", 20).exceeded, "ten seconds are over");
        assert!(at("/api/customers", 21).exceeded, "the minute is full");
    }
}
