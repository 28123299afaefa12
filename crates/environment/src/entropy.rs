//! Randomness: the operating system's in production, a seeded stream in tests and worlds.
//!
//! Invariant: the same seed gives the same bytes in the same order, on every machine and version.

use std::sync::{Mutex, PoisonError};

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// A source of random bytes.
pub trait Entropy: Send + Sync + std::fmt::Debug {
    /// Fills `bytes` with random data.
    fn fill(&self, bytes: &mut [u8]);

    /// A random 64-bit number.
    fn next_u64(&self) -> u64 {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }
}

/// The operating system's generator.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that asks the operating system for chance"
    )]
    fn fill(&self, bytes: &mut [u8]) {
        // Not the cryptography library's generator: it gathers entropy of its own for some 30 ms before its first byte,
        // and a start would wait for that.
        getrandom::fill(bytes).expect("the operating system hands out random bytes");
    }
}

/// A reproducible stream under a seed: never for anything secret.
#[derive(Debug)]
pub struct SeededEntropy {
    stream: Mutex<ChaCha20Rng>,
}

impl SeededEntropy {
    /// The stream that belongs to `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            stream: Mutex::new(ChaCha20Rng::seed_from_u64(seed)),
        }
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        self.stream
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .fill_bytes(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_its_stream() {
        let (one, two) = (SeededEntropy::new(7), SeededEntropy::new(7));
        assert_eq!(one.next_u64(), two.next_u64());
        assert_ne!(one.next_u64(), SeededEntropy::new(8).next_u64());
    }

    #[test]
    fn the_system_fills_every_byte_range() {
        let mut bytes = [0_u8; 64];
        SystemEntropy.fill(&mut bytes);
        assert!(bytes.iter().any(|byte| *byte != 0));
    }
}
