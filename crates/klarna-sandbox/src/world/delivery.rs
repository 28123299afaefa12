//! Callbacks that the world owes its merchant, and every attempt to make them.
//!
//! Invariant: the world only lists what is due; the request itself is made in `notify/`, and its result comes back as
//! a command, so a replay knows every attempt without connecting anywhere. A callback is owed until it was accepted,
//! given up or withdrawn.

mod owed;
mod schedule;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(crate) use owed::Deliveries;

/// Attempts of one delivery after which nothing more is tried by hand.
const MAX_ATTEMPTS: usize = 500;

/// What a callback tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryKind {
    /// `merchant_urls.authorization`.
    Authorization,
    /// `merchant_urls.push`.
    Push,
    /// `merchant_urls.notification`.
    Notification,
    /// `merchant_urls.status_update` of a hosted page.
    StatusUpdate,
}

impl DeliveryKind {
    /// The name by which logs and fault rules know the kind.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Authorization => "authorization",
            Self::Push => "push",
            Self::Notification => "notification",
            Self::StatusUpdate => "status_update",
        }
    }
}

/// Where a callback stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// Will be tried at `due_at`.
    Waiting,
    /// Was accepted.
    Delivered,
    /// Was tried as often as the contract says.
    GivenUp,
    /// Lost its reason, for example by a cancelled order.
    Withdrawn,
    /// Got lost on its way by a fault; Klarna takes it for delivered.
    Lost,
}

/// What a fault does to a callback.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum CallbackFault {
    /// It never arrives and is not repeated.
    CallbackLost,
    /// It is first tried later.
    CallbackDelayed {
        /// By so much of the world's time.
        seconds: u32,
    },
    /// It is made again after it was accepted.
    CallbackDuplicated {
        /// So many times more.
        copies: u32,
    },
    /// It is made only after the next one that the world owes.
    CallbackReordered {
        /// Or after so much of the world's time, if no other comes.
        seconds: u32,
    },
}

/// One callback with its history.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Delivery {
    /// Number within the world.
    pub id: u64,
    /// What it tells.
    pub kind: DeliveryKind,
    /// Where it goes, placeholders filled in.
    pub url: String,
    /// The JSON body; `None` sends an empty one.
    pub body: Option<Value>,
    /// The session or order that it belongs to.
    pub subject: String,
    /// When it is tried next.
    pub due_at: Timestamp,
    /// When it stops being repeated, if a time and not a count limits it.
    pub until: Option<Timestamp>,
    /// Where it stands.
    pub state: DeliveryState,
    /// What was tried so far.
    pub attempts: Vec<Attempt>,
    /// The fault that struck it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<CallbackFault>,
    /// Whether it waits for a later callback to overtake it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub behind: bool,
}

/// One try.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// When.
    pub at: Timestamp,
    /// What came back.
    #[serde(flatten)]
    pub outcome: AttemptOutcome,
}

/// What came of one try.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptOutcome {
    /// The answer's status, if there was an answer.
    pub status: Option<u16>,
    /// Why there was none.
    pub error: Option<String>,
    /// The first bytes of the answer's body, as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// How long it took, in microseconds of the machine's time.
    #[serde(default)]
    pub duration_us: i64,
    /// Whether a person asked for it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub by_hand: bool,
}

fn is_false(value: &bool) -> bool {
    !*value
}

impl Delivery {
    /// What came of the attempts that count against the schedule: all but those made by hand.
    fn scheduled(&self) -> impl Iterator<Item = &AttemptOutcome> {
        self.attempts
            .iter()
            .map(|attempt| &attempt.outcome)
            .filter(|outcome| !outcome.by_hand)
    }

    /// Whether it may be tried by hand once more.
    #[must_use]
    pub fn can_be_replayed(&self) -> bool {
        self.attempts.len() < MAX_ATTEMPTS
    }

    /// What follows from the attempt at `at` that was just added: the next try, or the state to end in.
    fn follow(&self, at: Timestamp) -> Result<Timestamp, DeliveryState> {
        let schedule = self.kind.schedule();
        let tries = self.scheduled().count();
        let accepted = self
            .scheduled()
            .position(|outcome| schedule.accepts(outcome.status));
        let Some(accepted) = accepted else {
            let next = schedule.next(tries, self.until, at);
            return next.ok_or(DeliveryState::GivenUp);
        };
        let copies = match self.fault {
            Some(CallbackFault::CallbackDuplicated { copies }) => copies,
            _ => 0,
        };
        // Copies go out whatever is answered to them: the first acceptance was the end for the schedule.
        let sent = tries.saturating_sub(accepted + 1);
        if sent < usize::try_from(copies).unwrap_or(usize::MAX) {
            Ok(at)
        } else {
            Err(DeliveryState::Delivered)
        }
    }
}
