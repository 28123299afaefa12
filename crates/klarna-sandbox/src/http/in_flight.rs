//! Idempotency keys whose first call has not been answered yet.
//!
//! Invariant: a key is in flight from the moment its call is understood until its answer is on the way, however the
//! call ends. Only worlds with the switch on look at it; in others a second call waits for the first.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::slot::SharedSlot;

/// The keys of one world.
#[derive(Debug, Default)]
pub(crate) struct KeysInFlight(Mutex<HashSet<String>>);

impl KeysInFlight {
    fn keys(&self) -> MutexGuard<'_, HashSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A key that is taken until this is dropped.
pub(super) struct Flight {
    slot: SharedSlot,
    key: String,
}

impl Flight {
    /// Takes the key; `None` while another call has it.
    pub(super) fn begin(slot: &SharedSlot, key: &str) -> Option<Self> {
        let free = slot.in_flight.keys().insert(key.to_owned());
        free.then(|| Self {
            slot: SharedSlot::clone(slot),
            key: key.to_owned(),
        })
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.slot.in_flight.keys().remove(&self.key);
    }
}
