//! Payments against a whole Klarna: the gateway on SQLite, the sandbox behind loopback HTTP, faults in between.
//!
//! Each test has its own store and its own world. Nothing sleeps to wait for business time: clocks are moved and
//! jobs are called.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod approvals;
mod automatic;
mod callbacks;
mod deadlines;
mod external;
mod finisher;
mod money;
mod offers;
mod person;
mod placing;
mod quirks;
mod races;
mod reconciling;
mod release;
mod shop;
mod sources;
mod stock;
mod subscriptions;
mod tokens;
mod wallet;
mod wire;
