//! What has run out is forgotten: refresh tokens, authorization codes, marks of revoked tokens, and the tokens of requests
//! for a new password.
//!
//! Invariant: only what could not be used any more goes, judged by the clock that its use is judged by. Whoever writes the
//! first of them sets the organization's timer, which comes back for as long as something is left.

use kassa_storage::{
    ChangeSet, Filter, ListQuery, Page, QueueChange, Realm, Record, Scope, Snapshot, Sort, Test,
    Timer,
};
use serde_json::json;

use super::{REVOKED, authorization, grant, revocation_of};
use crate::error::GatewayError;
use crate::gateway::{Gateway, Outcome};
use crate::jobs::After;
use crate::shop::password_reset;
use crate::shop::read::rows;

/// Kind of the timer.
pub(crate) const SWEEP: &str = "sweep_expired";

/// Rows ended in one change set.
const BATCH: u64 = 100;

/// Change sets of one run for each type; what is left then waits for the next run, so that others get their turn.
const BATCHES: usize = 20;

/// Seconds between two runs at least.
const PAUSE_SECONDS: i64 = 3600;

const SECOND: i64 = 1_000_000;

/// What runs out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    /// Rows of a type whose `expires_at` is machine time, in seconds.
    Rows(&'static str),
    /// Requests for a new password, in business time: the row stays, its token goes.
    PasswordResets,
}

const FAMILIES: [Family; 4] = [
    Family::Rows(grant::REFRESH_TOKENS),
    Family::Rows(authorization::KIND),
    Family::Rows(REVOKED),
    Family::PasswordResets,
];

/// What a run leaves of a family.
enum Left {
    Nothing,
    /// The first of them runs out in so many seconds.
    For(i64),
    /// More that has run out.
    More,
}

/// Adds the timer to `set`, unless the organization has it.
pub(crate) async fn see_to_it(
    gateway: &Gateway,
    snapshot: &mut dyn Snapshot,
    set: &mut ChangeSet,
) -> Result<(), GatewayError> {
    if snapshot.timers(SWEEP).await?.is_empty() {
        set.queues.push(QueueChange::Set(Timer {
            id: SWEEP.to_owned(),
            kind: SWEEP.to_owned(),
            subject: SWEEP.to_owned(),
            payload: json!({}),
            due_at: gateway.now_us(&set.realm) + PAUSE_SECONDS * SECOND,
            attempts: 0,
        }));
    }
    Ok(())
}

/// Runs it.
pub(crate) async fn run_timer(gateway: &Gateway, realm: &Realm) -> Result<After, GatewayError> {
    let mut next: Option<i64> = None;
    for family in FAMILIES {
        let left = match family.sweep(gateway, realm).await? {
            Left::Nothing => continue,
            Left::More => 0,
            Left::For(seconds) => seconds.max(PAUSE_SECONDS),
        };
        next = Some(next.map_or(left, |next| next.min(left)));
    }
    let now_us = gateway.now_us(realm);
    Ok(next.map_or(After::Done, |seconds| After::At(now_us + seconds * SECOND)))
}

impl Family {
    async fn sweep(self, gateway: &Gateway, realm: &Realm) -> Result<Left, GatewayError> {
        for _ in 0..BATCHES {
            let oldest = {
                let mut snapshot = gateway.snapshot(&Scope::realm(realm.clone())).await?;
                snapshot.list(&self.oldest()).await?
            };
            let now = self.now(gateway, realm);
            let full = u64::try_from(oldest.len()).is_ok_and(|count| count >= BATCH);
            let (over, alive): (Vec<Record>, Vec<Record>) =
                oldest.into_iter().partition(|row| self.until(row) <= now);
            self.end(gateway, realm, &over).await?;
            if let Some(first) = alive.iter().map(|row| self.until(row)).min() {
                return Ok(Left::For(first.saturating_sub(now)));
            }
            if !full {
                return Ok(Left::Nothing);
            }
        }
        Ok(Left::More)
    }

    /// The rows that were written first: those of one type live equally long, or nearly so.
    fn oldest(self) -> ListQuery {
        let (kind, filter) = match self {
            Self::Rows(kind) => (kind, Filter::Everything),
            Self::PasswordResets => {
                let token = rows::field(password_reset::KEPT_TOKEN, Test::Null);
                (password_reset::KIND, Filter::Not(Box::new(token)))
            }
        };
        ListQuery {
            kinds: vec![kind],
            filter,
            sort: vec![Sort {
                field: "created_at",
                descending: false,
            }],
            page: Page {
                offset: 0,
                limit: BATCH,
            },
        }
    }

    /// Seconds of the clock that decides.
    fn now(self, gateway: &Gateway, realm: &Realm) -> i64 {
        match self {
            Self::Rows(_) => gateway.machine().now().as_second(),
            Self::PasswordResets => gateway.business_now(realm).as_second(),
        }
    }

    /// The second from which a row cannot be used; one that does not say cannot be used at all.
    fn until(self, row: &Record) -> i64 {
        let until = match self {
            Self::Rows(_) => row.integer("expires_at"),
            Self::PasswordResets => password_reset::until(row).map(|until| until.as_second()),
        };
        until.unwrap_or(i64::MIN)
    }

    /// A conflict means that somebody used or ended one of them meanwhile: the next look shows what is left.
    async fn end(
        self,
        gateway: &Gateway,
        realm: &Realm,
        rows: &[Record],
    ) -> Result<(), GatewayError> {
        if rows.is_empty() {
            return Ok(());
        }
        let mut set = gateway.change_set(realm);
        for row in rows {
            match self {
                Self::Rows(kind) => {
                    set.delete(row);
                    if kind == REVOKED {
                        let mark = (revocation_of(&row.key.id), REVOKED.to_owned());
                        set.releases.push(mark);
                    }
                }
                Self::PasswordResets => {
                    set.put(password_reset::without_token(row.clone()));
                }
            }
        }
        match gateway.commit(set).await? {
            Outcome::Done | Outcome::Conflict(_) => Ok(()),
            Outcome::Refused(refusal) => Err(crate::gateway::refused(&refusal)),
        }
    }
}
