//! Who waits in this process for an operation to end.
//!
//! Invariant: only a shortcut. A waiter also looks at the store from time to time, because the operation may be
//! ended by another process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

/// Operations with waiters.
#[derive(Debug, Default)]
pub(crate) struct Running {
    waiters: Mutex<HashMap<String, Arc<Notify>>>,
}

impl Running {
    /// The bell that rings when `operation_id` ends.
    pub(crate) fn bell(&self, operation_id: &str) -> Arc<Notify> {
        let mut waiters = self.waiters.lock().unwrap_or_else(PoisonError::into_inner);
        waiters.entry(operation_id.to_owned()).or_default().clone()
    }

    /// Wakes everybody who waits for `operation_id`.
    pub(crate) fn ended(&self, operation_id: &str) {
        let mut waiters = self.waiters.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bell) = waiters.remove(operation_id) {
            bell.notify_waiters();
        }
    }
}
