//! Faults on demand: by a header of one request, by a rule of the world, by a seeded profile.
//!
//! Invariant: a fault changes what the caller sees and when, never what the rules decide; what it does to callbacks,
//! tokens and approvals goes through commands, so it is in the journal. Rules and profile belong to one world, live in
//! memory and are gone after a restart, while whatever they struck stays struck.

mod chance;
mod header;
mod kind;
mod profile;
mod rule;
mod strike;
#[cfg(test)]
mod tests;

use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use kassa_environment::Entropy;
use serde_json::Value;

pub(crate) use header::{HeaderFaults, NONE};
pub use kind::OPERATIONS;
pub(crate) use kind::{FaultKind, Target, VISIT, is_operation};
pub(crate) use profile::{Profile, ProfileRequest};
pub(crate) use rule::FaultRequest;
pub(crate) use strike::{Strike, Struck, StruckBy};

use rule::Rule;

/// Rules that a world may have at once.
const MAX_RULES: usize = 100;

/// The rules and the profile of one world.
#[derive(Debug, Default)]
pub(crate) struct Faults(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    last_id: u64,
    rules: Vec<Rule>,
    profile: Option<Profile>,
}

impl Faults {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a rule and returns it as shown; the error names what is wrong with it.
    pub(crate) fn add(
        &self,
        request: FaultRequest,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<Value, String> {
        let mut state = self.state();
        if state.rules.len() >= MAX_RULES {
            return Err(format!("faults: a world has at most {MAX_RULES} rules"));
        }
        let rule = Rule::new(state.last_id + 1, request, now, || entropy.next_u64())?;
        state.last_id = rule.id;
        let shown = rule.shown();
        state.rules.push(rule);
        Ok(shown)
    }

    pub(crate) fn list(&self) -> Value {
        self.state().rules.iter().map(Rule::shown).collect()
    }

    /// Removes one rule or all; held calls go on. Tells how many were removed.
    pub(crate) fn remove(&self, id: Option<u64>) -> usize {
        let mut state = self.state();
        let before = state.rules.len();
        state
            .rules
            .retain(|rule| id.is_some_and(|id| rule.id != id));
        before - state.rules.len()
    }

    /// Whether nothing can strike.
    pub(crate) fn is_empty(&self) -> bool {
        let state = self.state();
        state.rules.is_empty() && state.profile.is_none()
    }

    /// Removes rules and profile.
    pub(crate) fn clear(&self) {
        let mut state = self.state();
        state.rules.clear();
        state.profile = None;
    }

    /// Puts a profile in the place of the one before, or takes it away.
    pub(crate) fn set_profile(&self, profile: Option<Profile>) {
        self.state().profile = profile;
    }

    /// The profile as shown; null without one.
    pub(crate) fn profile(&self) -> Value {
        let state = self.state();
        state.profile.as_ref().map_or(Value::Null, Profile::shown)
    }

    /// What strikes this call, if anything does: its header, then the first rule, then the profile. Everybody counts
    /// the call.
    pub(crate) fn strike(
        &self,
        target: Target,
        operation: &str,
        header: &HeaderFaults,
        entropy: &dyn Entropy,
    ) -> Option<Strike> {
        debug_assert!(
            target != Target::Request || is_operation(operation),
            "{operation} is missing in fault::kind::OPERATIONS, so no rule can name it"
        );
        let by_header = header.strike(target, operation, entropy);
        let mut state = self.state();
        let mut by_rule = None;
        for rule in &mut state.rules {
            if rule.counts(target, operation) && by_header.is_none() && by_rule.is_none() {
                by_rule = Some(rule.strike());
            }
        }
        let free = by_header.is_none() && by_rule.is_none();
        let by_seed = state
            .profile
            .as_mut()
            .and_then(|profile| profile.strike(target, operation, free));
        by_header.or(by_rule).or(by_seed)
    }

    /// The end of the maintenance window that the world is in.
    pub(crate) fn maintenance_until(&self, now: Timestamp) -> Option<Timestamp> {
        let state = self.state();
        let profile = state.profile.as_ref();
        let by_profile = profile.and_then(|profile| profile.window_at(now));
        let by_rule = state.rules.iter().filter_map(|rule| rule.window_at(now));
        by_rule.chain(by_profile).max()
    }

    /// Who keeps the world in maintenance now; counts the call that met it.
    pub(crate) fn meet_maintenance(&self, now: Timestamp) -> Option<StruckBy> {
        let mut state = self.state();
        let State { rules, profile, .. } = &mut *state;
        if let Some(rule) = rules.iter_mut().find(|rule| rule.window_at(now).is_some()) {
            rule.count_window();
            return Some(StruckBy::Rule(rule.id));
        }
        let profile = profile
            .as_mut()
            .filter(|profile| profile.window_at(now).is_some())?;
        profile.count_window();
        Some(StruckBy::Seed)
    }
}
