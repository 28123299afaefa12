//! When each kind of callback is tried, how long its receiver may take, and which answer ends it.
//!
//! Invariant: one table, a row for each kind; nothing else in the sandbox knows a pause or a limit of a callback.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::super::time;
use super::DeliveryKind;

/// How one kind of callback is tried.
pub(super) struct Schedule {
    /// Time for connecting and answering together.
    answer: Duration,
    repeat: Repeat,
    accepts: Accepts,
}

/// What follows an attempt that was not accepted.
enum Repeat {
    /// So many more, the pause doubling from `first`.
    Doubling {
        first: SignedDuration,
        retries: usize,
    },
    /// So many more at this pause.
    Counted {
        pause: SignedDuration,
        retries: usize,
    },
    /// At this pause, until the delivery's own limit.
    Steady {
        pause: SignedDuration,
        lasting: SignedDuration,
    },
}

/// Which status is an acceptance.
enum Accepts {
    AnySuccess,
    /// 200 and nothing else.
    Ok,
}

/// Authorization and push: four seconds, three retries after 1, 2 and 4 seconds.
const QUICK: Schedule = Schedule {
    answer: Duration::from_secs(4),
    repeat: Repeat::Doubling {
        first: SignedDuration::from_secs(1),
        retries: 3,
    },
    accepts: Accepts::AnySuccess,
};

/// Fraud decisions: every ten minutes for a day, until exactly 200.
const PATIENT: Schedule = Schedule {
    answer: Duration::from_secs(4),
    repeat: Repeat::Steady {
        pause: SignedDuration::from_mins(10),
        lasting: SignedDuration::from_hours(24),
    },
    accepts: Accepts::Ok,
};

/// Statuses of a hosted page: three seconds, three retries "a few seconds" apart.
const STATUS: Schedule = Schedule {
    answer: Duration::from_secs(3),
    repeat: Repeat::Counted {
        pause: SignedDuration::from_secs(5),
        retries: 3,
    },
    accepts: Accepts::AnySuccess,
};

impl DeliveryKind {
    pub(super) fn schedule(self) -> &'static Schedule {
        match self {
            Self::Authorization | Self::Push => &QUICK,
            Self::Notification => &PATIENT,
            Self::StatusUpdate => &STATUS,
        }
    }

    /// Time for connecting and answering together.
    #[must_use]
    pub(crate) fn answer_within(self) -> Duration {
        self.schedule().answer
    }
}

impl Schedule {
    pub(super) fn accepts(&self, status: Option<u16>) -> bool {
        match self.accepts {
            Accepts::AnySuccess => status.is_some_and(|status| (200..300).contains(&status)),
            Accepts::Ok => status == Some(200),
        }
    }

    /// When a callback that is first due at `due_at` stops being repeated, if a time limits it and not a count.
    pub(super) fn until(&self, due_at: Timestamp) -> Option<Timestamp> {
        match self.repeat {
            Repeat::Doubling { .. } | Repeat::Counted { .. } => None,
            Repeat::Steady { lasting, .. } => Some(time::after(due_at, lasting)),
        }
    }

    /// When to try again after `tries` attempts, none of them accepted and the last one at `at`; `None` gives up.
    pub(super) fn next(
        &self,
        tries: usize,
        until: Option<Timestamp>,
        at: Timestamp,
    ) -> Option<Timestamp> {
        match self.repeat {
            Repeat::Doubling { first, retries } => {
                let doubled = i32::try_from(tries).map_or(1, |tries| 1 << (tries - 1).clamp(0, 8));
                (tries <= retries).then(|| time::after(at, first * doubled))
            }
            Repeat::Counted { pause, retries } => {
                (tries <= retries).then(|| time::after(at, pause))
            }
            Repeat::Steady { pause, .. } => {
                let next = time::after(at, pause);
                until.is_none_or(|until| next <= until).then_some(next)
            }
        }
    }
}
