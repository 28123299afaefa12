//! The object that holds what use cases need: the store, Klarna, the clocks, entropy and settings.
//!
//! Invariant: every write goes through [`Gateway::commit`], which knows what an unknown outcome means and wakes
//! the background jobs when a change set left work for them.

use std::sync::Arc;
use std::time::Duration;

use kassa_environment::{BusinessClock, Clock, Entropy, letters, sleep, time_ordered_id};
use kassa_klarna_client::Klarna;
use kassa_storage::{ChangeSet, Commit, ConflictOn, Key, Realm, Refusal, Scope, Snapshot, Store};
use tokio::sync::Notify;

use crate::access::Access;
use crate::calls::CallLog;
use crate::error::{GatewayError, Violation};
use crate::settings::Settings;
use crate::shop::catalogue::Cache;
use crate::webhooks::{self, KnownTopics, Outward, Subscriptions};

/// Rounds after which a decision that keeps losing races is given up. Ours: one round always wins, so this many
/// writers at one order at the same moment are served.
const CONFLICT_ROUNDS: u32 = 100;

/// Times a change set is resent while its outcome is unknown.
const UNKNOWN_ROUNDS: u32 = 5;

/// The gateway: cheap to share behind an `Arc`.
#[derive(Debug)]
pub struct Gateway {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) klarna: Arc<dyn Klarna>,
    pub(crate) business: Arc<BusinessClock>,
    /// Live mode's business time, which nobody moves.
    live: BusinessClock,
    pub(crate) machine: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) settings: Settings,
    pub(crate) access: Access,
    pub(crate) running: crate::payments::Running,
    pub(crate) configurations: Cache,
    pub(crate) subscriptions: Subscriptions,
    pub(crate) topics_known: KnownTopics,
    outward: Option<Outward>,
    calls: CallLog,
    work: Notify,
    messages: Notify,
}

/// What became of a commit, once unknown outcomes are settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Applied and durable.
    Done,
    /// This root changed meanwhile: read again and decide again.
    Conflict(Key),
    /// A bound, a claim or the ledger says no.
    Refused(Refusal),
}

/// Counts the rounds of a decision that must be taken again when it meets a conflict.
#[derive(Debug, Default)]
pub struct Rounds(u32);

impl Rounds {
    /// A first round.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Another round after a conflict on `key`.
    ///
    /// # Errors
    /// 422 on the base once others have won too many times in a row.
    pub async fn again(&mut self, key: &Key) -> Result<(), GatewayError> {
        self.0 += 1;
        if self.0 >= CONFLICT_ROUNDS {
            let message = format!(
                "others kept changing {}/{} at the same moment; nothing was written, send the request again",
                key.kind, key.id
            );
            return Err(GatewayError::violation(Violation::base("busy", message)));
        }
        // Losers step aside for a moment that grows, so that a crowd thins out instead of colliding again.
        sleep(Duration::from_micros(u64::from(self.0) * 200)).await;
        Ok(())
    }
}

impl Gateway {
    /// A gateway over `store` and `klarna`.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        klarna: Arc<dyn Klarna>,
        business: Arc<BusinessClock>,
        machine: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        settings: Settings,
    ) -> Self {
        let live = BusinessClock::new(machine.clone(), 0);
        Self {
            live,
            store,
            klarna,
            business,
            machine,
            entropy,
            settings,
            access: Access::default(),
            running: crate::payments::Running::default(),
            configurations: Cache::default(),
            subscriptions: Subscriptions::default(),
            topics_known: KnownTopics::default(),
            outward: None,
            calls: CallLog::default(),
            work: Notify::new(),
            messages: Notify::new(),
        }
    }

    /// The same gateway with a way to addresses that users gave. Without one, messages wait in the outbox.
    #[must_use]
    pub fn reaching(mut self, outward: Outward) -> Self {
        self.outward = Some(outward);
        self
    }

    /// The way to addresses that users gave, if there is one.
    #[must_use]
    pub fn outward(&self) -> Option<&Outward> {
        self.outward.as_ref()
    }

    /// The database.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// Klarna.
    #[must_use]
    pub fn klarna(&self) -> &Arc<dyn Klarna> {
        &self.klarna
    }

    /// Test mode's business time, the clock that can be moved. Decisions ask [`Gateway::now_us`] for their realm's.
    #[must_use]
    pub fn business(&self) -> &Arc<BusinessClock> {
        &self.business
    }

    /// Machine time: tokens, leases, time limits.
    #[must_use]
    pub fn machine(&self) -> &Arc<dyn Clock> {
        &self.machine
    }

    /// Randomness.
    #[must_use]
    pub fn entropy(&self) -> &Arc<dyn Entropy> {
        &self.entropy
    }

    /// Where answered API calls are taken down.
    #[must_use]
    pub fn calls(&self) -> &CallLog {
        &self.calls
    }

    /// Configuration.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// A new resource id: ten letters, opaque and case-sensitive.
    #[must_use]
    pub fn new_id(&self) -> String {
        letters(self.entropy.as_ref(), 10)
    }

    /// A new time-ordered id, for internal rows (operations, change sets, messages).
    #[must_use]
    pub fn new_ordered_id(&self) -> String {
        time_ordered_id(self.entropy.as_ref(), self.machine.now())
    }

    /// Business time of `realm`, microseconds since the epoch: test mode's may have been moved, live mode's never is.
    #[must_use]
    pub fn now_us(&self, realm: &Realm) -> i64 {
        self.business_now(realm).as_microsecond()
    }

    /// Business time of `realm` as an instant.
    #[must_use]
    pub fn business_now(&self, realm: &Realm) -> jiff::Timestamp {
        if realm.test() {
            self.business.now()
        } else {
            self.live.now()
        }
    }

    /// Business time of both modes, microseconds: test, then live.
    pub(crate) fn now_of_modes(&self) -> (i64, i64) {
        (self.business.now_us(), self.live.now_us())
    }

    /// An empty change set for `realm`.
    #[must_use]
    pub fn change_set(&self, realm: &Realm) -> ChangeSet {
        ChangeSet::new(self.new_ordered_id(), realm.clone())
    }

    /// A consistent view of what `scope` may see.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn snapshot(&self, scope: &Scope) -> Result<Box<dyn Snapshot>, GatewayError> {
        Ok(self.store.snapshot(scope).await?)
    }

    /// Commits `set` with the messages that it raises, settling an unknown outcome by looking its id up and sending it
    /// again.
    ///
    /// # Errors
    /// [`GatewayError::Unavailable`] when the store takes no writes or the outcome stays unknown,
    /// [`GatewayError::Internal`] when the set itself is malformed.
    pub async fn commit(&self, mut set: ChangeSet) -> Result<Outcome, GatewayError> {
        webhooks::raise(self, &mut set).await?;
        let leaves_work = !set.queues.is_empty();
        let mut round = 0;
        loop {
            match self.store.commit(set.clone()).await {
                Commit::Committed => break,
                Commit::Conflict(ConflictOn::Record(key)) => return Ok(Outcome::Conflict(key)),
                Commit::Refused(Refusal::Malformed(reason)) => {
                    return Err(GatewayError::Internal(format!(
                        "malformed change set: {reason}"
                    )));
                }
                Commit::Refused(refusal) => return Ok(Outcome::Refused(refusal)),
                Commit::Unavailable(reason) => return Err(GatewayError::Unavailable(reason)),
                Commit::Unknown => {
                    if self.store.committed(&set.realm, &set.id).await? {
                        break;
                    }
                    round += 1;
                    if round >= UNKNOWN_ROUNDS {
                        let reason = "the outcome of a commit could not be established".to_owned();
                        return Err(GatewayError::Unavailable(reason));
                    }
                    sleep(Duration::from_millis(20 << round)).await;
                }
            }
        }
        self.subscriptions.written(&set);
        if leaves_work {
            self.wake_jobs();
        }
        Ok(Outcome::Done)
    }

    /// Commits `set` where a conflict cannot happen or is a fault (new rows only, seeds).
    ///
    /// # Errors
    /// As [`Gateway::commit`]; a conflict or refusal is answered as a violation.
    pub async fn commit_once(&self, set: ChangeSet) -> Result<(), GatewayError> {
        match self.commit(set).await? {
            Outcome::Done => Ok(()),
            Outcome::Conflict(key) => Err(GatewayError::violation(Violation::base(
                "busy",
                format!(
                    "{}/{} was changed by somebody else at this moment",
                    key.kind, key.id
                ),
            ))),
            Outcome::Refused(refusal) => Err(refused(&refusal)),
        }
    }

    /// Tells the background jobs that there may be work.
    pub fn wake_jobs(&self) {
        self.work.notify_one();
        self.messages.notify_one();
    }

    /// Waits until [`Gateway::wake_jobs`] was called since the last wait.
    pub async fn work_arrived(&self) {
        self.work.notified().await;
    }

    /// The same for whoever sends messages.
    pub(crate) async fn message_arrived(&self) {
        self.messages.notified().await;
    }
}

/// What a refusal means to the caller when the use case has nothing better to say.
#[must_use]
pub fn refused(refusal: &Refusal) -> GatewayError {
    match refusal {
        Refusal::Bound { counter, value } => GatewayError::violation(Violation::base(
            "out_of_bounds",
            format!("{counter} stands at {value} and cannot be changed that far"),
        )),
        Refusal::Taken { claim, .. } => {
            let field = claim.kind.rsplit('.').next().unwrap_or(&claim.kind);
            GatewayError::violation(
                Violation::attribute(field, "taken", "has already been taken")
                    .with_value(claim.value.clone().into()),
            )
        }
        Refusal::Ledger(reason) => {
            GatewayError::violation(Violation::base("ledger", reason.clone()))
        }
        Refusal::IdempotencyKey { .. } => GatewayError::violation(Violation::base(
            "in_progress",
            "the same request is being worked on",
        )),
        Refusal::Malformed(reason) => GatewayError::Internal(reason.clone()),
    }
}
