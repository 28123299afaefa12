//! What time alone brings about, as commands for the shell to give when they are due.
//!
//! Invariant: a command that was given is not due any more, so giving all of them again and again comes to an end.

use jiff::Timestamp;

use super::World;
use super::command::Command;

impl World {
    /// What is to be done at `now` without anybody asking.
    #[must_use]
    pub fn due_commands(&self, now: Timestamp) -> Vec<Command> {
        let late = self
            .due_late_approvals(now)
            .into_iter()
            .map(|session_id| Command::GrantLate { session_id });
        let ended = self
            .due_page_timeouts(now)
            .into_iter()
            .map(|session_id| Command::TimeOutHostedPage { session_id });
        late.chain(ended).collect()
    }

    /// When the next of them is due.
    #[must_use]
    pub fn next_command_at(&self) -> Option<Timestamp> {
        [self.next_late_approval_at(), self.next_page_timeout_at()]
            .into_iter()
            .flatten()
            .min()
    }
}
