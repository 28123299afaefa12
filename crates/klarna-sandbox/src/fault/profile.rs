//! Faults by seed: rates per kind, under which a world is a little broken in the same way every time.
//!
//! Invariant: what strikes a call hangs on the seed, the operation and how many calls of that operation came before,
//! and on nothing else.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::chance::Chance;
use super::kind::{FaultKind, Target, VISIT, is_callback, is_operation};
use super::strike::{Fault, Parameters, Strike, StruckBy};

/// A profile as the control API takes it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ProfileRequest {
    seed: u64,
    /// In how many of a thousand calls each kind strikes.
    rates: BTreeMap<FaultKind, u32>,
    /// The only operations and callbacks that are struck; all when absent.
    #[serde(default)]
    operations: Option<Vec<String>>,
    #[serde(default)]
    maintenance: Option<Cycle>,
    #[serde(flatten)]
    parameters: Map<String, Value>,
}

/// One maintenance window in each span of the world's time, somewhere in it.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cycle {
    every_minutes: u32,
    lasts_minutes: u32,
}

/// A profile at work.
#[derive(Debug)]
pub(crate) struct Profile {
    seed: u64,
    /// In the order of the kinds; the first that strikes is the one.
    rates: Vec<(Fault, u32)>,
    operations: Option<Vec<String>>,
    maintenance: Option<Cycle>,
    parameters: Parameters,
    /// Calls by operation.
    seen: BTreeMap<String, u64>,
    /// Strikes by kind.
    hits: BTreeMap<FaultKind, u64>,
}

impl Profile {
    /// Checks a request; the error names the member.
    pub(crate) fn new(request: ProfileRequest) -> Result<Self, String> {
        let parameters = Parameters::read(request.parameters)?;
        let mut rates = Vec::new();
        for (kind, rate) in request.rates {
            let fault = Fault::new(kind, parameters.only_for(kind))?;
            if rate > 1000 {
                return Err(format!("rates.{}: at most 1000", kind.name()));
            }
            if kind.target() == Target::Window {
                return Err("rates.maintenance: windows are in `maintenance`".to_owned());
            }
            if fault.holds_for_ever() {
                return Err("hold_ms: needed, nothing else would end a hold".to_owned());
            }
            rates.push((fault, rate));
        }
        if let Some(cycle) = request.maintenance
            && !(1..=cycle.every_minutes).contains(&cycle.lasts_minutes)
        {
            return Err("maintenance: lasts_minutes is not from 1 to every_minutes".to_owned());
        }
        let known = |name: &str| name == VISIT || is_operation(name) || is_callback(name);
        let mut operations = request.operations.iter().flatten();
        if let Some(unknown) = operations.find(|name| !known(name)) {
            return Err(format!("operations: there is no `{unknown}`"));
        }
        Ok(Self {
            seed: request.seed,
            rates,
            operations: request.operations,
            maintenance: request.maintenance,
            parameters,
            seen: BTreeMap::new(),
            hits: BTreeMap::new(),
        })
    }

    /// Counts a call and strikes it, if it is its turn and nothing else strikes it (`free`).
    pub(super) fn strike(&mut self, target: Target, operation: &str, free: bool) -> Option<Strike> {
        let listed = |names: &Vec<String>| names.iter().any(|name| name == operation);
        if !self.operations.as_ref().is_none_or(listed) {
            return None;
        }
        let seen = self.seen.entry(operation.to_owned()).or_default();
        *seen = seen.saturating_add(1);
        let (seed, number) = (self.seed, *seen);
        if !free {
            return None;
        }
        for (fault, rate) in &self.rates {
            if fault.kind.target() != target || !fault.kind.fits(operation) {
                continue;
            }
            let lane = format!("{}/{operation}", fault.kind.name());
            if Chance::of(seed, &lane, number).strikes(*rate) {
                *self.hits.entry(fault.kind).or_default() += 1;
                let range = || Chance::of(seed, &format!("range/{lane}"), number);
                return Some(fault.strike(StruckBy::Seed, range));
            }
        }
        None
    }

    /// The end of the window, while the world is in one.
    pub(super) fn window_at(&self, now: Timestamp) -> Option<Timestamp> {
        let cycle = self.maintenance?;
        let every = i64::from(cycle.every_minutes) * 60;
        let lasts = i64::from(cycle.lasts_minutes) * 60;
        let span = now.as_second().div_euclid(every);
        let room = u64::try_from(every - lasts).unwrap_or(0);
        let number = u64::try_from(span).unwrap_or(0);
        let offset = Chance::of(self.seed, "maintenance", number).between(0, room);
        let begin = span.saturating_mul(every) + i64::try_from(offset).unwrap_or(0);
        let begin = Timestamp::from_second(begin).ok()?;
        let until = begin.checked_add(SignedDuration::from_secs(lasts)).ok()?;
        (begin <= now && now < until).then_some(until)
    }

    /// Counts a call that met a window.
    pub(super) fn count_window(&mut self) {
        *self.hits.entry(FaultKind::Maintenance).or_default() += 1;
    }

    pub(super) fn shown(&self) -> Value {
        let rates: BTreeMap<&str, u32> = self
            .rates
            .iter()
            .map(|(fault, rate)| (fault.kind.name(), *rate))
            .collect();
        let mut shown = json!({
            "seed": self.seed,
            "rates": rates,
            "operations": self.operations,
            "maintenance": self.maintenance,
            "seen": self.seen,
            "hits": self.hits,
        });
        if let (Some(shown), Value::Object(parameters)) =
            (shown.as_object_mut(), json!(self.parameters))
        {
            shown.extend(parameters);
        }
        shown
    }
}
