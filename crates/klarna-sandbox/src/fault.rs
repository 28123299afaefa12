//! Faults on demand: a reply held, a connection dropped, a 5xx before or after the effect.
//!
//! Invariant: a fault changes what the caller sees and when, never what the rules decide. Rules belong to one world,
//! live in memory and are gone after a restart.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kassa_environment::timeout;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::watch;

/// Rules that a world may have at once.
const MAX_RULES: usize = 100;

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FaultKind {
    /// The call waits, then has its effect.
    HoldBefore,
    /// The call has its effect, the reply waits.
    HoldAfter,
    /// The connection closes, nothing happened.
    DropBefore,
    /// The call has its effect, the connection closes.
    DropAfter,
    /// An error status, nothing happened.
    StatusBefore,
    /// The call has its effect, the caller sees an error status.
    StatusAfter,
}

impl FaultKind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::HoldBefore => "hold_before",
            Self::HoldAfter => "hold_after",
            Self::DropBefore => "drop_before",
            Self::DropAfter => "drop_after",
            Self::StatusBefore => "status_before",
            Self::StatusAfter => "status_after",
        }
    }
}

/// A rule as the control API takes it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FaultRequest {
    /// An operation name, or `*` for all.
    operation: String,
    /// The first matching call that is hit, counted from 1 and from the making of the rule.
    #[serde(default)]
    nth: Option<u32>,
    /// How many calls are hit from there; 1 when absent, 0 for all.
    #[serde(default)]
    times: Option<u32>,
    kind: FaultKind,
    /// For the status kinds; 500 when absent.
    #[serde(default)]
    status: Option<u16>,
    /// For the hold kinds; without it the call waits until its rule is deleted.
    #[serde(default)]
    hold_ms: Option<u64>,
}

#[derive(Debug)]
struct Rule {
    id: u64,
    request: FaultRequest,
    seen: u32,
    hits: u32,
    /// Dropping it lets every held call go.
    gate: watch::Sender<u32>,
}

/// The rules of one world.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    rules: Mutex<(u64, Vec<Rule>)>,
}

/// A rule that hit a call.
#[derive(Debug)]
pub(crate) struct Hit {
    pub(crate) kind: FaultKind,
    pub(crate) status: u16,
    hold: Option<Duration>,
    gate: watch::Receiver<u32>,
}

impl Hit {
    /// Waits as long as the rule says, or until it is deleted.
    pub(crate) async fn hold(mut self) {
        let released = async { while self.gate.changed().await.is_ok() {} };
        match self.hold {
            Some(limit) => {
                // Elapsed is the ordinary end of a hold.
                let _ = timeout(limit, released).await;
            }
            None => released.await,
        }
    }
}

impl Faults {
    fn rules(&self) -> MutexGuard<'_, (u64, Vec<Rule>)> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a rule and returns it as shown.
    pub(crate) fn add(&self, request: FaultRequest) -> Result<Value, &'static str> {
        if request
            .status
            .is_some_and(|status| !(400..=599).contains(&status))
        {
            return Err("status");
        }
        if request.nth == Some(0) {
            return Err("nth");
        }
        let mut rules = self.rules();
        if rules.1.len() >= MAX_RULES {
            return Err("too many rules");
        }
        rules.0 += 1;
        let rule = Rule {
            id: rules.0,
            request,
            seen: 0,
            hits: 0,
            gate: watch::channel(0).0,
        };
        let shown = rule.shown();
        rules.1.push(rule);
        Ok(shown)
    }

    pub(crate) fn list(&self) -> Value {
        self.rules().1.iter().map(Rule::shown).collect()
    }

    /// Removes one rule or all; held calls go on. Tells how many were removed.
    pub(crate) fn remove(&self, id: Option<u64>) -> usize {
        let mut rules = self.rules();
        let before = rules.1.len();
        rules.1.retain(|rule| id.is_some_and(|id| rule.id != id));
        before - rules.1.len()
    }

    /// The rule that hits this call, if one does. Every rule for the operation counts the call.
    pub(crate) fn hit(&self, operation: &str) -> Option<Hit> {
        let mut rules = self.rules();
        let mut hit = None;
        for rule in &mut rules.1 {
            let request = &rule.request;
            if request.operation != "*" && request.operation != operation {
                continue;
            }
            rule.seen = rule.seen.saturating_add(1);
            let first = request.nth.unwrap_or(1);
            let last = match request.times.unwrap_or(1) {
                0 => u32::MAX,
                times => first.saturating_add(times - 1),
            };
            if hit.is_none() && (first..=last).contains(&rule.seen) {
                rule.hits = rule.hits.saturating_add(1);
                hit = Some(Hit {
                    kind: request.kind,
                    status: request.status.unwrap_or(500),
                    hold: request.hold_ms.map(Duration::from_millis),
                    gate: rule.gate.subscribe(),
                });
            }
        }
        hit
    }
}

impl Rule {
    fn shown(&self) -> Value {
        json!({
            "id": self.id,
            "operation": self.request.operation,
            "nth": self.request.nth,
            "times": self.request.times,
            "kind": self.request.kind,
            "status": self.request.status,
            "hold_ms": self.request.hold_ms,
            "seen": self.seen,
            "hits": self.hits,
            "held": match self.request.kind {
                FaultKind::HoldBefore | FaultKind::HoldAfter => self.gate.receiver_count(),
                _ => 0,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(body: Value) -> FaultRequest {
        serde_json::from_value(body).unwrap()
    }

    #[test]
    fn a_rule_hits_the_calls_it_names_and_no_other() {
        let faults = Faults::default();
        let request = json!({"operation": "capture", "nth": 2, "times": 2, "kind": "status_after", "status": 503});
        faults.add(rule(request)).unwrap();
        assert!(faults.hit("refund").is_none());
        let hits: Vec<bool> = (0..5).map(|_| faults.hit("capture").is_some()).collect();
        assert_eq!(hits, [false, true, true, false, false]);
        assert_eq!(faults.list()[0]["hits"], 2);
        assert_eq!(faults.remove(None), 1);
    }

    #[test]
    fn without_numbers_a_rule_hits_once() {
        let faults = Faults::default();
        faults
            .add(rule(json!({"operation": "*", "kind": "drop_after"})))
            .unwrap();
        assert!(faults.hit("place_order").is_some());
        assert!(faults.hit("place_order").is_none());
    }

    #[tokio::test]
    async fn deleting_a_rule_releases_what_it_holds() {
        let faults = Faults::default();
        faults
            .add(rule(json!({"operation": "*", "kind": "hold_after"})))
            .unwrap();
        let hit = faults.hit("place_order").unwrap();
        assert_eq!(faults.list()[0]["held"], 1);
        let held = tokio::spawn(hit.hold());
        faults.remove(Some(1));
        held.await.unwrap();
    }
}
