//! The machine clock and the movable business clock.
//!
//! Invariant: a [`BusinessClock`] never runs backwards, neither through [`BusinessClock::advance`] nor when the
//! machine's own clock is set back by an operator.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;

/// A source of the current time.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// The current instant.
    fn now(&self) -> Timestamp;

    /// The current instant in microseconds since the Unix epoch, the unit that storage keeps.
    fn now_us(&self) -> i64 {
        self.now().as_microsecond()
    }
}

/// The machine's own clock.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the machine's clock"
    )]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A clock that stands still until it is told to move: for tests and simulation.
#[derive(Debug)]
pub struct ManualClock {
    now_us: AtomicI64,
}

impl ManualClock {
    /// A clock that shows `start`.
    #[must_use]
    pub fn new(start: Timestamp) -> Self {
        Self {
            now_us: AtomicI64::new(start.as_microsecond()),
        }
    }

    /// Moves the clock forward by `seconds`; negative values are ignored.
    pub fn advance(&self, seconds: i64) {
        let step = seconds.max(0).saturating_mul(1_000_000);
        self.now_us.fetch_add(step, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        timestamp(self.now_us.load(Ordering::SeqCst))
    }
}

/// Business time: another clock plus a durable offset.
///
/// The offset is kept by whoever owns the store; this type only applies it.
#[derive(Debug)]
pub struct BusinessClock {
    machine: Arc<dyn Clock>,
    offset_us: AtomicI64,
    latest_us: AtomicI64,
}

impl BusinessClock {
    /// Business time over `machine`, shifted by `offset_seconds` (at least 0).
    #[must_use]
    pub fn new(machine: Arc<dyn Clock>, offset_seconds: i64) -> Self {
        Self {
            machine,
            offset_us: AtomicI64::new(offset_seconds.max(0).saturating_mul(1_000_000)),
            latest_us: AtomicI64::new(i64::MIN),
        }
    }

    /// Moves business time forward by `seconds` and returns the new instant; negative values are ignored.
    pub fn advance(&self, seconds: i64) -> Timestamp {
        let step = seconds.max(0).saturating_mul(1_000_000);
        self.offset_us.fetch_add(step, Ordering::SeqCst);
        self.now()
    }

    /// The offset to store, in whole seconds.
    #[must_use]
    pub fn offset_seconds(&self) -> i64 {
        self.offset_us.load(Ordering::SeqCst) / 1_000_000
    }
}

impl Clock for BusinessClock {
    fn now(&self) -> Timestamp {
        let shown = self
            .machine
            .now_us()
            .saturating_add(self.offset_us.load(Ordering::SeqCst));
        let latest = self.latest_us.fetch_max(shown, Ordering::SeqCst);
        timestamp(shown.max(latest))
    }
}

/// Microseconds as an instant, held at the ends of what can be represented.
fn timestamp(us: i64) -> Timestamp {
    Timestamp::from_microsecond(us).unwrap_or(if us < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn business_time_moves_forward_only() {
        let machine = Arc::new(ManualClock::new(Timestamp::UNIX_EPOCH));
        let business = BusinessClock::new(machine.clone(), 0);
        let before = business.now();
        business.advance(49 * 3600);
        assert_eq!(business.now().duration_since(before).as_hours(), 49);
        business.advance(-10);
        assert_eq!(business.offset_seconds(), 49 * 3600);
        machine.advance(1);
        assert_eq!(
            business.now().duration_since(before).as_secs(),
            49 * 3600 + 1
        );
    }
}
