//! The sandbox over HTTP, mostly without sockets: requests go straight into the router.
//!
//! Every test goes through the public door (`Sandbox::open`, `router()`, `tick()`) and is named after the documented
//! fact that it holds; `docs/klarna/` names these tests beside the facts.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod callbacks;
mod contract;
mod control;
mod customer_tokens;
mod desk;
mod edge;
mod faults;
mod fraud;
mod invariants;
mod journal;
mod managing;
mod placing;
mod refunds;
mod sessions;
mod shoppers;
mod story;
