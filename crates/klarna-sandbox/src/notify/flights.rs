//! Which callbacks of one world are being made right now.
//!
//! Invariant: a callback, named by the epoch of its world and its number, is in flight once at a time, and a world has at most [`AT_ONCE`] in flight, so slow merchants
//! of one world take nothing from another.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Callbacks of one world that are made at the same time.
pub(crate) const AT_ONCE: usize = 16;

/// The epoch of the world and the number of the callback: another timeline numbers its own anew.
pub(super) type Flight = (u64, u64);

/// The callbacks in flight.
#[derive(Debug, Default)]
pub(crate) struct Flights(Mutex<HashSet<Flight>>);

impl Flights {
    fn all(&self) -> MutexGuard<'_, HashSet<Flight>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many more may begin.
    pub(super) fn room(&self) -> usize {
        AT_ONCE.saturating_sub(self.all().len())
    }

    /// Begins one, unless it is in flight already.
    pub(super) fn begin(&self, flight: Flight) -> bool {
        self.all().insert(flight)
    }

    pub(super) fn end(&self, flight: Flight) {
        self.all().remove(&flight);
    }

    pub(super) fn contains(&self, flight: Flight) -> bool {
        self.all().contains(&flight)
    }
}
