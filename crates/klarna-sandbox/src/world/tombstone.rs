//! What is left of a session that expired: that it was there.
//!
//! Invariant: no more than [`Tombstone`] and a sixteen-byte key are kept for each, and not for ever: what expired
//! [`KEPT`] ago is dropped before the graveyard doubles.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{World, ids, time};

/// How long the tombstone of a session stands.
const KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);
/// Tombstones below which nothing is dropped.
const SMALL: usize = 4096;
/// How long an expired session stays whole for those who ask what it was, when nothing but time passes.
const LOOKED_AT: SignedDuration = SignedDuration::from_hours(24);
/// Sessions that one call buries at most, so that no call pays for a whole night.
pub(super) const AT_ONCE: usize = 64;

/// What is remembered of an expired session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tombstone {
    /// When it expired, in seconds since the Unix epoch.
    expired_at: i64,
    /// Whether an order (or a customer token) came out of it.
    pub(super) completed: bool,
}

/// The expired sessions of one world.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(from = "Vec<(String, Tombstone)>", into = "Vec<(String, Tombstone)>")]
pub(crate) struct Tombstones {
    by_session: HashMap<u128, Tombstone>,
    sweep_at: usize,
}

impl Tombstones {
    pub(super) fn of(&self, session_id: &str) -> Option<Tombstone> {
        self.by_session.get(&ids::number(session_id)?).copied()
    }

    pub(super) fn add(&mut self, session_id: &str, expired_at: Timestamp, completed: bool) {
        let Some(number) = ids::number(session_id) else {
            return;
        };
        let expired_at = expired_at.as_second();
        if self.by_session.len() >= self.sweep_at.max(SMALL) {
            let oldest = expired_at.saturating_sub(KEPT.as_secs());
            self.by_session
                .retain(|_, tombstone| tombstone.expired_at >= oldest);
            self.sweep_at = self.by_session.len().saturating_mul(2);
        }
        let tombstone = Tombstone {
            expired_at,
            completed,
        };
        self.by_session.insert(number, tombstone);
    }
}

impl From<Vec<(String, Tombstone)>> for Tombstones {
    fn from(listed: Vec<(String, Tombstone)>) -> Self {
        let by_session: HashMap<_, _> = listed
            .into_iter()
            .filter_map(|(id, tombstone)| Some((ids::number(&id)?, tombstone)))
            .collect();
        let sweep_at = by_session.len().saturating_mul(2);
        Self {
            by_session,
            sweep_at,
        }
    }
}

impl From<Tombstones> for Vec<(String, Tombstone)> {
    fn from(tombstones: Tombstones) -> Self {
        let mut listed: Vec<_> = tombstones.by_session.into_iter().collect();
        listed.sort_unstable_by_key(|(number, tombstone)| (tombstone.expired_at, *number));
        listed
            .into_iter()
            .map(|(number, tombstone)| (ids::text(number), tombstone))
            .collect()
    }
}

impl World {
    /// Turns into tombstones what expired so long ago that nobody looks at it any more, all of it.
    pub(crate) fn bury_forgotten_sessions(&mut self, now: Timestamp) {
        self.bury_expired_sessions(time::before(now, LOOKED_AT), usize::MAX);
    }

    /// Turns what expired into tombstones, oldest first and at most `limit`. Sessions expire in the order in which
    /// they were made.
    pub(super) fn bury_expired_sessions(&mut self, now: Timestamp, limit: usize) {
        for _ in 0..limit {
            match self.session_queue.front().map(|id| self.sessions.get(id)) {
                None => return,
                Some(Some(session)) if now < session.expires_at => return,
                Some(_) => {}
            }
            let Some(id) = self.session_queue.pop_front() else {
                return;
            };
            if let Some(session) = self.sessions.remove(&id) {
                self.expired.add(&id, session.expires_at, session.completed);
            }
            let tokens = self.authorizations_of_session.remove(&*id);
            for token in tokens.unwrap_or_default() {
                self.authorizations.remove(&token);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use kassa_environment::SeededEntropy;
    use serde_json::json;

    use super::super::{Command, Settings};
    use super::*;

    #[test]
    fn old_tombstones_make_room_and_young_ones_stay() {
        let mut tombstones = Tombstones::default();
        let then: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        for number in 0..SMALL as u128 {
            tombstones.add(&ids::text(number), then, false);
        }
        let later = then + SignedDuration::from_hours(91 * 24);
        tombstones.add(&ids::text(u128::MAX), later, true);
        assert_eq!(tombstones.by_session.len(), 1);
        assert!(tombstones.of(&ids::text(u128::MAX)).unwrap().completed);
    }

    #[test]
    fn a_session_is_buried_a_day_after_its_end_when_only_the_clock_moves() {
        let mut world = World::new("Acme", Settings::default());
        let mut now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let line =
            json!({"name": "Lamp", "quantity": 1, "unit_price": 10_000, "total_amount": 10_000});
        let create = Command::CreateSession {
            body: json!({"purchase_country": "DE", "purchase_currency": "EUR", "locale": "de-DE",
                "order_amount": 10_000, "order_tax_amount": 0, "order_lines": [line]}),
            public_url: "http://sandbox.test".to_owned(),
        };
        let entropy = SeededEntropy::new(1);
        let reply = world.apply(&create, now, &entropy);
        assert!(reply.is_success(), "{reply:?}");
        for (hours, whole) in [(48, 1), (23, 1), (1, 0)] {
            let by_us = SignedDuration::from_hours(hours).as_secs() * 1_000_000;
            world.apply(&Command::AdvanceClock { by_us }, now, &entropy);
            now += SignedDuration::from_hours(hours);
            assert_eq!(world.sessions.len(), whole, "after {hours} hours more");
        }
        assert_eq!(world.expired.by_session.len(), 1);
    }

    #[test]
    fn tombstones_are_written_oldest_first_and_read_again() {
        let mut tombstones = Tombstones::default();
        let then: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        for (number, hours) in [(1, 5), (2, 3), (3, 4)] {
            tombstones.add(
                &ids::text(number),
                then + SignedDuration::from_hours(hours),
                number == 2,
            );
        }
        let text = serde_json::to_string(&tombstones).unwrap();
        let again: Tombstones = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_string(&again).unwrap(), text);
        assert!(again.of(&ids::text(2)).unwrap().completed);
        assert!(text.find("0002").unwrap() < text.find("0003").unwrap());
    }
}
