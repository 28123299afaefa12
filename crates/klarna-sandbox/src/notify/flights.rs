//! Which callbacks of one world are being made right now.
//!
//! Invariant: a callback is in flight once at a time, and a world has at most [`AT_ONCE`] in flight, so slow merchants
//! of one world take nothing from another.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Callbacks of one world that are made at the same time.
pub(crate) const AT_ONCE: usize = 16;

/// The callbacks in flight.
#[derive(Debug, Default)]
pub(crate) struct Flights(Mutex<HashSet<u64>>);

impl Flights {
    fn all(&self) -> MutexGuard<'_, HashSet<u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many more may begin.
    pub(super) fn room(&self) -> usize {
        AT_ONCE.saturating_sub(self.all().len())
    }

    /// Begins one, unless it is in flight already.
    pub(super) fn begin(&self, id: u64) -> bool {
        self.all().insert(id)
    }

    pub(super) fn end(&self, id: u64) {
        self.all().remove(&id);
    }

    pub(super) fn contains(&self, id: u64) -> bool {
        self.all().contains(&id)
    }
}
