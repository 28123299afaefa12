//! Approvals that come after the browser was told no: the shopper is refused, Klarna changes its mind, and the
//! authorization callback is how the merchant hears of it.
//!
//! Invariant: a late approval is for the cart that the shopper saw, is granted at most once, and is dropped when the
//! shopper is approved in the ordinary way first. Klarna's own cases are not documented; the sandbox makes them on
//! demand (`late_authorization` in `docs/klarna/sandbox.md`).

use jiff::{SignedDuration, Timestamp};
use kassa_environment::Entropy;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::document::Document;
use super::reply::{Outcome, Reply};
use super::session::session_completed;
use super::shopper::Approval;
use super::{World, time};

/// The longest that an approval can be late: the life of a session.
pub(crate) const LONGEST_SECONDS: u32 = 48 * 3600;

/// An approval that is still to be told.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LateApproval {
    due_at: Timestamp,
    approval: Approval,
    /// The session's body when the shopper was refused.
    authorized: Document,
}

impl World {
    /// Refuses the shopper and remembers the approval for later.
    pub(super) fn refuse_for_now(
        &mut self,
        session_id: &str,
        approval: Approval,
        seconds: u32,
        now: Timestamp,
    ) -> Reply {
        if let Some(session) = self.sessions.get(session_id) {
            let late = LateApproval {
                due_at: time::after(now, SignedDuration::from_secs(seconds.into())),
                approval,
                authorized: session.body.clone(),
            };
            self.late_approvals.insert(session_id.to_owned(), late);
        }
        Reply::json(200, json!({"approved": false, "show_form": false}))
    }

    /// Grants a late approval, unless its session ended meanwhile.
    pub(super) fn grant_late(
        &mut self,
        session_id: &str,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Outcome {
        let Some(late) = self.late_approvals.remove(session_id) else {
            return Err(Reply::error(404, "NOT_FOUND", "No approval is late"));
        };
        if self.session(session_id, now)?.completed {
            return Err(session_completed());
        }
        Ok(self.grant(
            session_id,
            late.approval,
            Some(late.authorized),
            now,
            entropy,
        ))
    }

    /// Sessions whose late approval is to be granted at `now`.
    pub(super) fn due_late_approvals(&self, now: Timestamp) -> Vec<String> {
        self.late_approvals
            .iter()
            .filter(|(_, late)| late.due_at <= now)
            .map(|(session_id, _)| session_id.clone())
            .collect()
    }

    /// When the next late approval is to be granted.
    pub(super) fn next_late_approval_at(&self) -> Option<Timestamp> {
        self.late_approvals.values().map(|late| late.due_at).min()
    }
}
