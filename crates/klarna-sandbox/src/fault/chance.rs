//! Draws that can be repeated: addressed by a seed, a lane and a number instead of taken from a stream.
//!
//! Invariant: the same three give the same draws on every machine, whatever else was drawn in between. So a call's
//! fate does not depend on the calls of other operations.

use kassa_environment::{Entropy as _, SeededEntropy};

/// The draws of one call.
#[derive(Debug)]
pub(super) struct Chance(SeededEntropy);

impl Chance {
    pub(super) fn of(seed: u64, lane: &str, number: u64) -> Self {
        let bytes = [&seed.to_be_bytes(), &number.to_be_bytes(), lane.as_bytes()].concat();
        // FNV-1a: only to tell addresses apart, the generator does the rest.
        let mixed = bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        Self(SeededEntropy::new(mixed))
    }

    /// True in so many of a thousand cases.
    pub(super) fn strikes(&self, per_mille: u32) -> bool {
        self.0.next_u64() % 1000 < u64::from(per_mille)
    }

    /// A number from `low` to `high`, both included.
    pub(super) fn between(&self, low: u64, high: u64) -> u64 {
        let width = high.saturating_sub(low).saturating_add(1);
        low.saturating_add(self.0.next_u64() % width)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draw_is_the_same_again_and_near_its_rate() {
        let hits = |seed| -> Vec<u64> {
            (0..2000)
                .filter(|number| Chance::of(seed, "capture", *number).strikes(100))
                .collect()
        };
        assert_eq!(hits(1), hits(1));
        assert_ne!(hits(1), hits(2));
        assert!((150..250).contains(&hits(1).len()), "{}", hits(1).len());
        assert!((0..100).all(|n| (3..=5).contains(&Chance::of(1, "hold", n).between(3, 5))));
        assert!(!Chance::of(1, "x", 1).strikes(0));
        assert!(Chance::of(1, "x", 1).strikes(1000));
    }
}
