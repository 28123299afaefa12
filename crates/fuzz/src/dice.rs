//! Chance for mutations: a seeded stream.

use kassa_environment::{Entropy, SeededEntropy};

/// Dice that fall the same for the same seed.
#[derive(Debug)]
pub struct Dice(SeededEntropy);

impl Dice {
    /// The dice of `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(SeededEntropy::new(seed))
    }

    /// A number below `count`; 0 when there is none.
    pub fn below(&self, count: usize) -> usize {
        let count = u64::try_from(count).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.0.next_u64() % count).unwrap_or(0)
    }

    /// Whether one of `of` equal chances came up.
    pub fn one_in(&self, of: usize) -> bool {
        self.below(of) == 0
    }

    /// Any 64 bits.
    pub fn number(&self) -> u64 {
        self.0.next_u64()
    }

    /// One of several; the caller has at least one.
    pub fn pick<'a, T: ?Sized>(&self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len())]
    }
}
