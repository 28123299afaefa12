//! A fault with its parameters, and the fault as it strikes one call: everything drawn that is to be drawn.
//!
//! Invariant: a fault is checked when it is made, so a strike never fails.

use std::time::Duration;

use kassa_environment::timeout;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tokio::sync::watch;

use super::chance::Chance;
use super::kind::FaultKind;
use crate::world::CallbackFault;

/// The longest hold and the longest delay: an hour and two days.
const MAX_HOLD_MS: u64 = 3_600_000;
const MAX_DELAY_SECONDS: u32 = 48 * 3600;
/// Copies of one callback.
const MAX_COPIES: u32 = 10;
/// Delays that nobody gave.
const DELAY_SECONDS: u32 = 60;

/// What a fault can be told beside its kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Parameters {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) hold_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) hold_max_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) delay_seconds: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) delay_max_seconds: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) copies: Option<u32>,
}

/// A kind with parameters that were found sound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(super) kind: FaultKind,
    pub(super) parameters: Parameters,
}

/// Who made a fault strike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StruckBy {
    /// The header of the request.
    Header,
    /// The rule with this number.
    Rule(u64),
    /// The world's seeded profile.
    Seed,
}

/// What of a strike shows in the answer. The journal keeps it, so that a replay is struck the same way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Struck {
    pub(crate) kind: FaultKind,
    pub(crate) status: u16,
}

/// A fault that strikes one call.
#[derive(Debug)]
pub(crate) struct Strike {
    pub(crate) kind: FaultKind,
    pub(crate) by: StruckBy,
    /// For the kinds that answer with a status.
    pub(crate) status: u16,
    /// For the kinds that come later, of the world's time.
    pub(crate) seconds: u32,
    copies: u32,
    hold: Option<Duration>,
    /// Lets a held call go when its rule is removed.
    gate: Option<watch::Receiver<u32>>,
}

impl Parameters {
    /// Reads the members that are left of a rule, a header or a profile.
    pub(super) fn read(members: Map<String, Value>) -> Result<Self, String> {
        let parameters: Self =
            serde_json::from_value(members.into()).map_err(|error| error.to_string())?;
        parameters.check()?;
        Ok(parameters)
    }

    fn check(&self) -> Result<(), String> {
        let within = |name: &str, sent: Option<u64>, low: u64, high: u64| match sent {
            Some(sent) if !(low..=high).contains(&sent) => {
                Err(format!("{name}: {sent} is not from {low} to {high}"))
            }
            _ => Ok(()),
        };
        within("status", self.status.map(u64::from), 400, 599)?;
        within("copies", self.copies.map(u64::from), 1, MAX_COPIES.into())?;
        within("hold_ms", self.hold_ms, 0, MAX_HOLD_MS)?;
        let least = self.hold_ms.unwrap_or(0);
        within("hold_max_ms", self.hold_max_ms, least, MAX_HOLD_MS)?;
        let delay = self.delay_seconds.map(u64::from);
        within("delay_seconds", delay, 0, MAX_DELAY_SECONDS.into())?;
        let longest = self.delay_max_seconds.map(u64::from);
        let least = delay.unwrap_or(DELAY_SECONDS.into());
        within(
            "delay_max_seconds",
            longest,
            least,
            MAX_DELAY_SECONDS.into(),
        )
    }

    /// What of it means something to `kind`.
    pub(super) fn only_for(&self, kind: FaultKind) -> Self {
        let uses = |name| kind.uses().contains(&name);
        Self {
            status: self.status.filter(|_| uses("status")),
            hold_ms: self.hold_ms.filter(|_| uses("hold_ms")),
            hold_max_ms: self.hold_max_ms.filter(|_| uses("hold_max_ms")),
            delay_seconds: self.delay_seconds.filter(|_| uses("delay_seconds")),
            delay_max_seconds: self.delay_max_seconds.filter(|_| uses("delay_max_seconds")),
            copies: self.copies.filter(|_| uses("copies")),
        }
    }
}

impl Fault {
    pub(super) fn new(kind: FaultKind, parameters: Parameters) -> Result<Self, String> {
        if parameters.only_for(kind) != parameters {
            let uses = kind.uses().join(", ");
            let sent = json!(parameters);
            return Err(format!("{}: takes [{uses}], sent {sent}", kind.name()));
        }
        Ok(Self { kind, parameters })
    }

    /// Whether something about it is left to chance.
    pub(super) fn has_range(&self) -> bool {
        self.parameters.hold_max_ms.is_some() || self.parameters.delay_max_seconds.is_some()
    }

    /// A hold that nothing would end.
    pub(super) fn holds_for_ever(&self) -> bool {
        self.kind.holds() && self.parameters.hold_ms.is_none()
    }

    /// The fault as it strikes; `chance` is asked for ranges only.
    pub(super) fn strike(&self, by: StruckBy, chance: impl FnOnce() -> Chance) -> Strike {
        let Parameters {
            hold_ms,
            delay_seconds,
            ..
        } = self.parameters;
        let (mut hold_ms, mut seconds) = (hold_ms, delay_seconds.unwrap_or(DELAY_SECONDS));
        if self.has_range() {
            let chance = chance();
            if let Some(longest) = self.parameters.hold_max_ms {
                hold_ms = Some(chance.between(hold_ms.unwrap_or(0), longest));
            }
            if let Some(longest) = self.parameters.delay_max_seconds {
                let drawn = chance.between(seconds.into(), longest.into());
                seconds = u32::try_from(drawn).unwrap_or(longest);
            }
        }
        Strike {
            kind: self.kind,
            by,
            status: self.parameters.status.unwrap_or(self.kind.default_status()),
            seconds,
            copies: self.parameters.copies.unwrap_or(1),
            hold: hold_ms.map(Duration::from_millis),
            gate: None,
        }
    }
}

impl StruckBy {
    /// As the request log shows it.
    pub(crate) fn shown(self) -> String {
        match self {
            Self::Header => "header".to_owned(),
            Self::Rule(id) => format!("rule {id}"),
            Self::Seed => "seed".to_owned(),
        }
    }
}

impl Strike {
    /// A strike from a journal: the same answer, without the wait.
    pub(crate) fn again(struck: &Struck) -> Self {
        Self {
            kind: struck.kind,
            by: StruckBy::Seed,
            status: struck.status,
            seconds: 0,
            copies: 1,
            hold: Some(Duration::ZERO),
            gate: None,
        }
    }

    /// The refusal of a call during maintenance.
    pub(crate) fn maintenance(by: StruckBy) -> Self {
        let struck = Struck {
            kind: FaultKind::Maintenance,
            status: 503,
        };
        Self {
            by,
            ..Self::again(&struck)
        }
    }

    /// What the journal keeps.
    pub(crate) fn struck(&self) -> Struck {
        Struck {
            kind: self.kind,
            status: self.status,
        }
    }

    pub(super) fn behind(mut self, gate: watch::Receiver<u32>) -> Self {
        self.gate = Some(gate);
        self
    }

    /// Waits as long as the fault says, or until its rule is removed.
    pub(crate) async fn hold(&mut self) {
        let gate = self.gate.take();
        let released = async {
            match gate {
                Some(mut gate) => while gate.changed().await.is_ok() {},
                None => std::future::pending().await,
            }
        };
        match self.hold {
            Some(limit) => {
                // Elapsed is the ordinary end of a hold.
                let _ = timeout(limit, released).await;
            }
            None => released.await,
        }
    }

    /// What it does to a callback; `None` for the kinds that strike something else.
    pub(crate) fn on_callback(&self) -> Option<CallbackFault> {
        let seconds = self.seconds;
        Some(match self.kind {
            FaultKind::CallbackLost => CallbackFault::CallbackLost,
            FaultKind::CallbackDelayed => CallbackFault::CallbackDelayed { seconds },
            FaultKind::CallbackReordered => CallbackFault::CallbackReordered { seconds },
            FaultKind::CallbackDuplicated => CallbackFault::CallbackDuplicated {
                copies: self.copies,
            },
            _ => return None,
        })
    }
}
