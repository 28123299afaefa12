//! A fault rule: which calls it counts and which of them it strikes.
//!
//! Invariant: a rule counts every call that it could strike, also those that another fault struck, so `nth` means the
//! nth call and not the nth that was left over.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::sync::watch;

use super::chance::Chance;
use super::kind::{FaultKind, Target, VISIT, is_callback, is_operation};
use super::strike::{Fault, Parameters, Strike, StruckBy};

/// A rule as the control API takes it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct FaultRequest {
    kind: FaultKind,
    /// An operation, `shopper`, a kind of callback, or `*` for all that the kind can strike.
    #[serde(default = "all")]
    operation: String,
    /// The first call that can be struck, counted from 1 and from the making of the rule.
    #[serde(default)]
    nth: Option<u32>,
    /// How many calls from there; 1 when absent (with a probability: all), 0 for all.
    #[serde(default)]
    times: Option<u32>,
    /// In how many of a thousand of these calls it strikes; always when absent.
    #[serde(default)]
    per_mille: Option<u32>,
    /// What the draws hang on; drawn itself when absent.
    #[serde(default)]
    seed: Option<u64>,
    /// The window of [`FaultKind::Maintenance`], on the world's clock; from now when absent.
    #[serde(default)]
    from: Option<Timestamp>,
    /// The end of the window, not part of it.
    #[serde(default)]
    until: Option<Timestamp>,
    #[serde(flatten)]
    parameters: Map<String, Value>,
}

fn all() -> String {
    "*".to_owned()
}

/// A rule at work.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) id: u64,
    fault: Fault,
    operation: String,
    nth: Option<u32>,
    times: Option<u32>,
    per_mille: Option<u32>,
    seed: u64,
    window: Option<(Timestamp, Timestamp)>,
    seen: u32,
    hits: u32,
    /// Dropping it lets every held call go.
    gate: watch::Sender<u32>,
}

impl Rule {
    /// Checks a request; `seed` is taken where the request leaves something to chance and names none. The error names
    /// the member.
    pub(super) fn new(
        id: u64,
        request: FaultRequest,
        now: Timestamp,
        seed: impl FnOnce() -> u64,
    ) -> Result<Self, String> {
        let fault = Fault::new(request.kind, Parameters::read(request.parameters)?)?;
        check_operation(request.kind, &request.operation)?;
        if request.nth == Some(0) {
            return Err("nth: calls are counted from 1".to_owned());
        }
        if request.per_mille.is_some_and(|rate| rate > 1000) {
            return Err("per_mille: at most 1000".to_owned());
        }
        let counts = request.nth.is_some() || request.times.is_some();
        let window = match (request.kind.target(), request.from, request.until) {
            (Target::Window, ..) if counts || request.per_mille.is_some() => {
                return Err("maintenance: takes from and until, no calls to count".to_owned());
            }
            (Target::Window, from, Some(until)) if from.unwrap_or(now) < until => {
                Some((from.unwrap_or(now), until))
            }
            (Target::Window, ..) => {
                return Err("until: needed, and later than from (or now)".to_owned());
            }
            (_, None, None) => None,
            _ => return Err("from, until: only maintenance has a window".to_owned()),
        };
        let by_chance = request.per_mille.is_some() || fault.has_range();
        Ok(Self {
            id,
            seed: match request.seed {
                Some(seed) => seed,
                None if by_chance => seed(),
                None => 0,
            },
            fault,
            operation: request.operation,
            nth: request.nth,
            times: request.times,
            per_mille: request.per_mille,
            window,
            seen: 0,
            hits: 0,
            gate: watch::channel(0).0,
        })
    }

    /// Counts a call if the rule is about it, and tells whether it is to be struck.
    pub(super) fn counts(&mut self, target: Target, operation: &str) -> bool {
        let about = self.fault.kind.target() == target
            && self.fault.kind.fits(operation)
            && (self.operation == "*" || self.operation == operation);
        if !about {
            return false;
        }
        self.seen = self.seen.saturating_add(1);
        let first = self.nth.unwrap_or(1);
        let times = self.times.unwrap_or(match self.per_mille {
            Some(_) => 0,
            None => 1,
        });
        let last = match times {
            0 => u32::MAX,
            times => first.saturating_add(times - 1),
        };
        (first..=last).contains(&self.seen)
            && self
                .per_mille
                .is_none_or(|rate| self.chance("strike").strikes(rate))
    }

    /// Strikes the call that was counted last.
    pub(super) fn strike(&mut self) -> Strike {
        self.hits = self.hits.saturating_add(1);
        let strike = self
            .fault
            .strike(StruckBy::Rule(self.id), || self.chance("range"));
        strike.behind(self.gate.subscribe())
    }

    fn chance(&self, lane: &str) -> Chance {
        Chance::of(self.seed, lane, self.seen.into())
    }

    /// The end of the window, while the world is in it.
    pub(super) fn window_at(&self, now: Timestamp) -> Option<Timestamp> {
        let (from, until) = self.window?;
        (from <= now && now < until).then_some(until)
    }

    /// Counts a call that met the window.
    pub(super) fn count_window(&mut self) {
        self.seen = self.seen.saturating_add(1);
        self.hits = self.hits.saturating_add(1);
    }

    pub(super) fn shown(&self) -> Value {
        let mut shown = json!({
            "id": self.id,
            "operation": self.operation,
            "nth": self.nth,
            "times": self.times,
            "kind": self.fault.kind,
            "status": null,
            "hold_ms": null,
            "seen": self.seen,
            "hits": self.hits,
            "held": if self.fault.kind.holds() { self.gate.receiver_count() } else { 0 },
        });
        if let (Some(shown), Value::Object(parameters)) =
            (shown.as_object_mut(), json!(self.fault.parameters))
        {
            shown.extend(parameters);
            if self.per_mille.is_some() || self.fault.has_range() {
                shown.insert("seed".into(), self.seed.into());
            }
            if let Some(rate) = self.per_mille {
                shown.insert("per_mille".into(), rate.into());
            }
            if let Some((from, until)) = self.window {
                shown.insert("from".into(), json!(from));
                shown.insert("until".into(), json!(until));
            }
        }
        shown
    }
}

/// A rule about something that cannot happen would wait for ever, so it is refused.
fn check_operation(kind: FaultKind, operation: &str) -> Result<(), String> {
    let known = match kind.target() {
        _ if operation == "*" => true,
        Target::Request => kind.fits(operation) && is_operation(operation),
        Target::Visit => operation == VISIT,
        Target::Callback => is_callback(operation),
        Target::Window => false,
    };
    if known {
        return Ok(());
    }
    let name = kind.name();
    Err(format!("operation: {name} does not strike `{operation}`"))
}
