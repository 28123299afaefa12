//! A target of cargo-fuzz: the fuzz function of the target's own name.
//!
//! Mutation is shared between libFuzzer, which knows the coverage, and the mutator of the stable runner, which knows JSON.

// libFuzzer brings the main function.
#![no_main]

use std::sync::LazyLock;

use kassa_fuzz::{Dice, mutate};
use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};

/// The function's name: what the environment says, for the target that runs any of them, else the target's.
static FUNCTION: LazyLock<String> = LazyLock::new(|| {
    let own = env!("CARGO_BIN_NAME").to_owned();
    std::env::var("KASSA_FUZZ_FUNCTION").unwrap_or(own)
});

fuzz_target!(|data: &[u8]| kassa_fuzz::run(&FUNCTION, data));

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    if seed % 2 == 0 {
        return fuzzer_mutate(data, size, max_size);
    }
    let mut made = mutate::mutated(&data[..size], &[], &Dice::new(seed.into()));
    made.truncate(max_size);
    data[..made.len()].copy_from_slice(&made);
    made.len()
});
