//! Timers and the outbox: work that a commit leaves for later.
//!
//! Invariant: a lease saves work and is never the guard; whoever handles a message or timer must be harmless when
//! two do.

use serde_json::Value;

/// A message for the world outside, written with the change that caused it.
#[derive(Debug, Clone, PartialEq)]
pub struct OutboxMessage {
    /// Time-ordered id.
    pub id: String,
    /// What happened, e.g. `orders.place`.
    pub topic: String,
    /// What to tell.
    pub payload: Value,
    /// Machine time from which it may be sent, microseconds.
    pub due_at: i64,
    /// Deliveries tried so far; each lease counts as one, so a crash while handling is counted too.
    pub attempts: i64,
}

/// Something to do at a moment of business time.
#[derive(Debug, Clone, PartialEq)]
pub struct Timer {
    /// Unique within the realm; setting the same id again moves the timer.
    pub id: String,
    /// What to do, e.g. `finish`.
    pub kind: String,
    /// What it is about, e.g. the operation's or order's id.
    pub subject: String,
    /// Free data.
    pub payload: Value,
    /// Business time, microseconds.
    pub due_at: i64,
    /// Times it was handled so far; each lease counts as one, so a crash while handling is counted too.
    pub attempts: i64,
}

/// A change to a queue.
#[derive(Debug, Clone, PartialEq)]
pub enum QueueChange {
    /// Adds a message, or puts it off: sending the same id again replaces it and clears its lease.
    Send(OutboxMessage),
    /// The message was delivered or given up.
    Sent {
        /// The message.
        id: String,
    },
    /// Sets or moves a timer; clears its lease.
    Set(Timer),
    /// Removes a timer, leased or not; a missing one is fine.
    Cancel {
        /// The timer.
        id: String,
    },
    /// The timer was handled under the lease that ends at `lease_until`. Nothing happens when somebody has set,
    /// cancelled or leased it since: what they want counts.
    Done {
        /// The timer.
        id: String,
        /// Machine time, microseconds.
        lease_until: i64,
    },
    /// The timer was handled under that lease and shall come back, moved; nothing happens likewise.
    Again {
        /// The timer with its new time and count.
        timer: Timer,
        /// Machine time, microseconds.
        lease_until: i64,
    },
}
