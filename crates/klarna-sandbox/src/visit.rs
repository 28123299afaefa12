//! The shopper's way in: by the widget, by a hosted page, or by the control API.
//!
//! Invariant: the rules decide about a visit; here it only meets the faults that lie before them: maintenance, and a
//! refusal that is taken back later.

use std::sync::PoisonError;

use bytes::Bytes;

use crate::fault::{FaultKind, HeaderFaults, StruckBy, Target, VISIT};
use crate::http::Script;
use crate::journal::Call;
use crate::request_log::Logged;
use crate::slot::SharedSlot;
use crate::world::{Action, Command, PageAction, Reply, Visit, uuid};
use crate::{Sandbox, SandboxError};

impl Sandbox {
    /// Lets the shopper of a payment session act, under the faults that a request asked for.
    pub(crate) async fn visit(
        &self,
        slot: &SharedSlot,
        session_id: &str,
        visit: Visit,
        asked: &HeaderFaults,
    ) -> Result<Reply, SandboxError> {
        let unrecorded = |reply, _| (reply, None);
        self.visit_by_request(slot, session_id, visit, asked, unrecorded)
            .await
    }

    /// The same for a request that the journal keeps; `render` as in [`crate::slot::Slot::answer`].
    pub(crate) async fn visit_by_request<T>(
        &self,
        slot: &SharedSlot,
        session_id: &str,
        mut visit: Visit,
        asked: &HeaderFaults,
        render: impl FnOnce(Reply, bool) -> (T, Option<Call>),
    ) -> Result<T, SandboxError> {
        let struck = self.refused_for_now(slot, &mut visit, asked);
        let command = Command::Shopper {
            session_id: session_id.to_owned(),
            visit,
        };
        self.let_in(slot, (session_id, command), struck, asked, render)
            .await
    }

    /// A visit that the journal has: the faults of then are in its command, and without one the world was closed.
    pub(crate) async fn visit_again<T>(
        &self,
        slot: &SharedSlot,
        script: &Script,
        render: impl FnOnce(Reply, bool) -> (T, Option<Call>),
    ) -> Result<T, SandboxError> {
        match script.command() {
            Some(command) => self.answer(slot, command, script.moment(), render).await,
            None => Ok(render(under_maintenance(), false).0),
        }
    }

    /// Lets the shopper of a hosted page act, under the faults that a request asked for.
    pub(crate) async fn visit_page(
        &self,
        slot: &SharedSlot,
        page_id: &str,
        mut action: PageAction,
        asked: &HeaderFaults,
    ) -> Result<Reply, SandboxError> {
        let struck = match &mut action {
            PageAction::Pay(visit) => self.refused_for_now(slot, visit, asked),
            _ => None,
        };
        let command = Command::HostedPageShopper {
            session_id: page_id.to_owned(),
            action,
        };
        let unrecorded = |reply, _| (reply, None);
        self.let_in(slot, (page_id, command), struck, asked, unrecorded)
            .await
    }

    /// Makes an approval late if it is struck, and tells by whom. During maintenance nothing is approved.
    fn refused_for_now(
        &self,
        slot: &SharedSlot,
        visit: &mut Visit,
        asked: &HeaderFaults,
    ) -> Option<StruckBy> {
        let now = slot.look(&*self.clock, |_, now| now);
        let approves = matches!(visit.action, Action::Approve | Action::Pend);
        if !approves || visit.late_seconds.is_some() || slot.faults.maintenance_until(now).is_some()
        {
            return None;
        }
        let strike = slot
            .faults
            .strike(Target::Visit, VISIT, asked, &*self.entropy)?;
        visit.late_seconds = Some(strike.seconds);
        Some(strike.by)
    }

    async fn let_in<T>(
        &self,
        slot: &SharedSlot,
        (id, command): (&str, Command),
        struck: Option<StruckBy>,
        asked: &HeaderFaults,
        render: impl FnOnce(Reply, bool) -> (T, Option<Call>),
    ) -> Result<T, SandboxError> {
        let (now, whole) = slot.look(&*self.clock, |world, now| {
            (now, world.settings().journal_answers)
        });
        if let Some(by) = slot.faults.meet_maintenance(now) {
            let reply = under_maintenance();
            self.log_struck(slot, id, reply.status, FaultKind::Maintenance, by);
            let (answer, call) = render(reply, whole);
            if let Some(call) = call {
                slot.note(&*self.clock, None, |_| call);
            }
            return Ok(answer);
        }
        let mut status = 0;
        let render = |reply: Reply, whole: bool| {
            status = reply.status;
            render(reply, whole)
        };
        let moment = self.now_under(asked);
        let answer = self.answer(slot, command, moment, render).await?;
        if let Some(by) = struck {
            self.log_struck(slot, id, status, FaultKind::LateAuthorization, by);
        }
        Ok(answer)
    }

    /// Visits are no requests to Klarna's API; only those that a fault struck are in the log.
    fn log_struck(&self, slot: &SharedSlot, id: &str, status: u16, kind: FaultKind, by: StruckBy) {
        let entry = Logged {
            at: slot.look(&*self.clock, |_, now| now),
            method: "POST".to_owned(),
            path: format!("/sandbox/v1/sessions/{id}/shopper"),
            operation: VISIT,
            status: Some(status),
            correlation_id: uuid(&*self.entropy, 4),
            idempotency_key: None,
            made: None,
            fault: Some(kind.name()),
            fault_by: Some(by.shown()),
            request: Bytes::new(),
            response: Bytes::new(),
            duration_us: 0,
        };
        let mut log = slot.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.add(entry);
    }
}

fn under_maintenance() -> Reply {
    Reply::error(503, "TEMPORARILY_UNAVAILABLE", "Temporarily unavailable")
}
