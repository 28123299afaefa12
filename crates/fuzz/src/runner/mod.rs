//! The runner on a stable toolchain: every function for its share of the time, from one seed.
//!
//! Invariant: a failure costs its function the rest of its share and nothing else. Which inputs a function gets hangs on
//! the seed and on its name alone, never on time or on the other functions; time decides only how many.

mod explore;
mod panics;
mod table;
#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use kassa_environment::Clock;

pub use explore::{Failure, Report, explore, repeat};
pub use table::{failure_text, headline, line};

use crate::Parser;

/// How long to go on.
#[derive(Debug, Clone, Copy)]
pub enum Budget {
    /// All functions together, by the clock.
    Time(Duration),
    /// Each function, in inputs made from its seeds.
    Inputs(u64),
}

/// What a run is told.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// The seed of all inputs.
    pub seed: u64,
    /// How long to go on.
    pub budget: Budget,
    /// Threads.
    pub jobs: usize,
}

/// Feeds every function; `told` hears of each as soon as it is done, in no certain order.
pub fn smoke(
    parsers: &[&Parser],
    plan: &Plan,
    clock: &dyn Clock,
    told: &(dyn Fn(&Report) + Sync),
) -> Vec<Report> {
    let end = match plan.budget {
        Budget::Time(time) => clock.now() + SignedDuration::try_from(time).unwrap_or_default(),
        Budget::Inputs(_) => Timestamp::MAX,
    };
    let next = AtomicUsize::new(0);
    let reports = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..plan.jobs.max(1) {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(parser) = parsers.get(number) else {
                        break;
                    };
                    let share = share(end, clock, parsers.len() - number, plan.jobs.max(1));
                    let report = explore(parser, plan.seed, |inputs| match plan.budget {
                        Budget::Time(_) => clock.now() < share,
                        Budget::Inputs(most) => inputs < most,
                    });
                    told(&report);
                    let mut reports = reports.lock().unwrap_or_else(PoisonError::into_inner);
                    reports.push((number, report));
                }
            });
        }
    });
    let mut reports = reports.into_inner().unwrap_or_else(PoisonError::into_inner);
    reports.sort_by_key(|(number, _)| *number);
    reports.into_iter().map(|(_, report)| report).collect()
}

/// When a function must end, so that those behind it get as much.
fn share(end: Timestamp, clock: &dyn Clock, functions: usize, jobs: usize) -> Timestamp {
    if end == Timestamp::MAX {
        return end;
    }
    let now = clock.now();
    let left = end.duration_since(now).max(SignedDuration::ZERO);
    let rounds = i32::try_from(functions.div_ceil(jobs)).unwrap_or(i32::MAX);
    now + left / rounds.max(1)
}
