//! What is to be done with a subscription at a moment, and when somebody has to look at it next.
//!
//! Invariant: a look that comes too early, too late or twice finds the same period due, or nothing.

use jiff::Timestamp;

use super::OrderSubscription;
use crate::states::SubscriptionStatus;

/// What a look at a subscription finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// A run that was begun goes on.
    Running,
    /// A period begins, the one that was due at this time.
    Run(Timestamp),
    /// Its end has come.
    Expired,
    /// People shall be reminded of the run at this time.
    Alert(Timestamp),
    /// Nothing before this time.
    Wait(Timestamp),
    /// Nothing.
    Nothing,
}

impl OrderSubscription {
    /// What is to be done with it at `now`.
    pub fn due(&self, now: Timestamp) -> Due {
        if self.run_copy_id.is_some() {
            return Due::Running;
        }
        if self.status != SubscriptionStatus::Active {
            return Due::Nothing;
        }
        let ends = |at: &Timestamp| self.expires_at.is_none_or(|end| *at < end);
        match self.next_run_at.filter(ends) {
            Some(at) if at <= now => Due::Run(at),
            Some(at) => match self.alert_at() {
                Some(alert) if alert <= now => Due::Alert(at),
                alert => Due::Wait(alert.unwrap_or(at)),
            },
            None => match self.expires_at {
                Some(end) if end <= now => Due::Expired,
                Some(end) => Due::Wait(end),
                None => Due::Nothing,
            },
        }
    }

    /// When somebody has to look at it, unless a run is under way: that looks after itself.
    pub fn wakes_at(&self) -> Option<Timestamp> {
        if self.run_copy_id.is_some() || self.status != SubscriptionStatus::Active {
            return None;
        }
        let due = match (self.next_run_at, self.expires_at) {
            (Some(next), Some(end)) => Some(next.min(end)),
            (next, end) => next.or(end),
        };
        self.alert_at()
            .filter(|at| due.is_some_and(|due| *at < due))
            .or(due)
    }

    /// When people are to be reminded of the next run, as long as they were not. A rhythm shorter than the notice
    /// leaves no time for one.
    fn alert_at(&self) -> Option<Timestamp> {
        let next = self.next_run_at?;
        if self.alerted_for == Some(next) {
            return None;
        }
        let notice = self.renewal_alert_period.checked_mul(3_600_000_000)?;
        let at = Timestamp::from_microsecond(next.as_microsecond().checked_sub(notice)?).ok()?;
        self.last_run_at.is_none_or(|last| at > last).then_some(at)
    }
}
