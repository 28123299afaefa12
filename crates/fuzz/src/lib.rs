//! One fuzz function per parser of unsafe input, and the runner that feeds them on a stable toolchain.
//!
//! Unsafe is every byte that a stranger can send: bodies, query strings, forms, headers and paths at the gateway and at
//! the sandbox, and what Klarna answers. Two parties share the functions: [`runner`] here, behind `cargo xtask fuzz
//! --smoke`, and the targets of cargo-fuzz in `fuzz/`, which is a workspace of its own because it needs a nightly.
//!
//! Invariant: a function takes any bytes and panics exactly when the product broke a promise: a panic, a 5xx, an error
//! body that is none, an accepted value that does not survive being written and read again. What runs before it is
//! seeded and its clocks stand still, so that the same bytes do the same.
//! Absent on purpose: sockets, clocks and randomness of the machine (the runner is handed a clock), and dependents: no
//! room may use this one.

pub mod gateway;
pub mod mutate;
pub mod plain;
pub mod runner;
pub mod sandbox;

mod answer;
mod dice;
mod input;
mod parser;
mod signal;

pub use dice::Dice;
pub use parser::{Parser, all, begin, find, run};
