//! Where a world comes from and how far its chance has run: its mark, its seed, its counters.
//!
//! Invariant: everything random in a seeded world follows from the seed and the number of calls before, so the same
//! calls get the same identifiers on any machine. Reads and requests that were refused at the door do not disturb the
//! identifiers of what is made.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Command, Settings, World, ids, time};

/// Keeps the stream of correlation ids apart from the stream of the rules.
const REQUESTS: u64 = 0x7265_7175_6573_7473;
/// Keeps the chance of late approvals apart.
const LATE: u64 = 0x6c61_7465_2061_7070;

/// What a world is made from. A journal's header carries it, so an export needs nothing beside itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Birth {
    /// The shop's name as shoppers see it.
    pub name: String,
    /// The mark in the identifiers by which a browser's request finds its world; the lower 48 bits count.
    pub mark: u64,
    /// With a seed, everything random in the world follows from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// The clock at the beginning.
    #[serde(default, skip_serializing_if = "WorldClock::is_plain")]
    pub clock: WorldClock,
    /// The switches at the beginning.
    #[serde(default)]
    pub settings: Settings,
}

impl Birth {
    /// A world without seed on the machine's time.
    #[must_use]
    pub fn plain(name: &str, settings: Settings) -> Self {
        Self {
            name: name.to_owned(),
            mark: 0,
            seed: None,
            clock: WorldClock::default(),
            settings,
        }
    }
}

/// A request's number in its world, in the order of arrival.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Numbered {
    pub(crate) number: u64,
    /// The seed of its correlation id, in a world that has one.
    pub(crate) seed: Option<u64>,
}

/// How a world's clock relates to the machine's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorldClock {
    /// How far it is ahead, in microseconds. Negative for a world that began in the past.
    #[serde(default)]
    pub offset_us: i64,
    /// Where it stands still.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frozen_at: Option<Timestamp>,
}

impl WorldClock {
    fn is_plain(&self) -> bool {
        *self == Self::default()
    }
}

/// The part of a [`World`] that outlives a reset, with the counters that do not.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Origin {
    #[serde(default)]
    pub(super) mark: u64,
    #[serde(default)]
    pub(super) seed: Option<u64>,
    /// Commands so far that may have drawn from chance.
    #[serde(default)]
    pub(super) drawn: u64,
    /// Requests so far.
    #[serde(default)]
    requests: u64,
}

impl Origin {
    /// The same origin before the first call.
    pub(super) fn renewed(&self) -> Self {
        Self {
            mark: self.mark,
            seed: self.seed,
            ..Self::default()
        }
    }
}

impl World {
    /// A world at its beginning.
    #[must_use]
    pub fn born(birth: &Birth) -> Self {
        let mut world = Self::new(&birth.name, birth.settings.clone());
        world.origin.mark = birth.mark & ids::MARK_BITS;
        world.origin.seed = birth.seed;
        world.offset_us = birth.clock.offset_us;
        if let Some(at) = birth.clock.frozen_at {
            world.frozen = true;
            world.latest = at;
        }
        world
    }

    /// The mark that its identifiers carry.
    #[must_use]
    pub fn mark(&self) -> u64 {
        self.origin.mark
    }

    /// The seed of a command's chance, in a seeded world.
    #[must_use]
    pub fn seed_for(&self, command: &Command) -> Option<u64> {
        let seed = self.origin.seed?;
        Some(match command {
            // They come on their own schedule, so their chance hangs on the session and not on the calls before.
            Command::GrantLate { session_id } | Command::TimeOutHostedPage { session_id } => {
                let number = ids::number(session_id).unwrap_or_default();
                let folded = (number ^ (number >> 64)) & u128::from(u64::MAX);
                mixed(seed ^ LATE, u64::try_from(folded).unwrap_or_default())
            }
            _ => mixed(seed, self.origin.drawn),
        })
    }

    /// Numbers a request; in a seeded world with the seed of its correlation id.
    pub(crate) fn number_request(&mut self) -> Numbered {
        let number = self.origin.requests;
        self.origin.requests += 1;
        let seed = self.origin.seed.map(|seed| mixed(seed ^ REQUESTS, number));
        Numbered { number, seed }
    }

    /// Remembers a request from the journal, so that the numbering goes on behind it.
    pub(crate) fn note_request(&mut self, number: u64) {
        self.origin.requests = self.origin.requests.max(number.saturating_add(1));
    }

    /// This world's time when the machine shows `machine`. It never runs backwards.
    #[must_use]
    pub fn time_at(&self, machine: Timestamp) -> Timestamp {
        if self.frozen {
            return self.latest;
        }
        time::after(machine, SignedDuration::from_micros(self.offset_us)).max(self.latest)
    }

    /// When the machine shows the time that this world calls `due`; `None` while a clock that stands still is before
    /// it.
    #[must_use]
    pub fn machine_time_of(&self, due: Timestamp) -> Option<Timestamp> {
        if self.frozen && due > self.latest {
            return None;
        }
        due.checked_sub(SignedDuration::from_micros(self.offset_us))
            .ok()
    }

    /// Whether the clock stands still.
    #[must_use]
    pub fn is_frozen(&self) -> bool {
        self.frozen
    }
}

/// One step of a well-known mixer: neighbouring numbers give unrelated seeds.
fn mixed(seed: u64, number: u64) -> u64 {
    let mut value = seed.wrapping_add(number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn birth(clock: WorldClock) -> Birth {
        Birth {
            seed: Some(7),
            clock,
            ..Birth::plain("Acme", Settings::default())
        }
    }

    #[test]
    fn a_seeded_world_repeats_its_chance() {
        let (mut one, mut two) = (
            World::born(&birth(WorldClock::default())),
            World::born(&birth(WorldClock::default())),
        );
        let command = Command::Reset;
        assert_eq!(one.seed_for(&command), two.seed_for(&command));
        assert_eq!(one.number_request(), two.number_request());
        assert_ne!(one.number_request().seed, one.seed_for(&command));
    }

    #[test]
    fn a_clock_that_stands_still_makes_nothing_due() {
        let at: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let clock = WorldClock {
            offset_us: 0,
            frozen_at: Some(at),
        };
        let world = World::born(&birth(clock));
        let machine: Timestamp = "2031-01-01T00:00:00Z".parse().unwrap();
        assert_eq!(world.time_at(machine), at);
        assert_eq!(world.machine_time_of(machine), None);
        assert_eq!(world.machine_time_of(at), Some(at));
    }
}
