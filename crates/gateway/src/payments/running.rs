//! Which operations somebody in this process is driving, and who waits for them to end.
//!
//! Invariant: only a shortcut. A driver may vanish with its connection; then one of those who wait takes over, and
//! if nobody waits the finisher does. Operations driven by another process are found by looking at the store.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// Operations that are driven or waited for.
#[derive(Debug, Default)]
pub(crate) struct Running {
    seats: Mutex<HashMap<String, Seat>>,
}

#[derive(Debug, Default)]
struct Seat {
    taken: bool,
    bell: Arc<Notify>,
}

/// The right to drive one operation; given up when dropped.
#[derive(Debug)]
pub(crate) struct Driver<'a> {
    running: &'a Running,
    operation_id: String,
}

impl Running {
    /// The right to drive, unless somebody in this process has it.
    pub(crate) fn take(&self, operation_id: &str) -> Option<Driver<'_>> {
        let mut seats = self.seats();
        let seat = seats.entry(operation_id.to_owned()).or_default();
        if seat.taken {
            return None;
        }
        seat.taken = true;
        Some(Driver {
            running: self,
            operation_id: operation_id.to_owned(),
        })
    }

    /// The bell that rings when the driver of `operation_id` stops driving, for whatever reason.
    pub(crate) fn bell(&self, operation_id: &str) -> Arc<Notify> {
        self.seats()
            .entry(operation_id.to_owned())
            .or_default()
            .bell
            .clone()
    }

    /// Forgets the bell of an operation that nobody drives any more.
    pub(crate) fn forget(&self, operation_id: &str) {
        let mut seats = self.seats();
        if seats.get(operation_id).is_some_and(|seat| !seat.taken) {
            seats.remove(operation_id);
        }
    }

    fn seats(&self) -> MutexGuard<'_, HashMap<String, Seat>> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Driver<'_> {
    /// What is driven.
    pub(crate) fn operation_id(&self) -> &str {
        &self.operation_id
    }
}

impl Drop for Driver<'_> {
    fn drop(&mut self) {
        if let Some(seat) = self.running.seats().remove(&self.operation_id) {
            seat.bell.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_drives_at_a_time_and_the_seat_is_free_again() {
        let running = Running::default();
        let driver = running.take("a").unwrap();
        assert!(running.take("a").is_none());
        assert!(running.take("b").is_some());
        drop(driver);
        assert!(running.take("a").is_some());
    }
}
