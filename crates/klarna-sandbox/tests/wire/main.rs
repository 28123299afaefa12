//! The sandbox over HTTP, mostly without sockets: requests go straight into the router.
//!
//! Every test goes through the public door (`Sandbox::open`, `router()`, `tick()`) and is named after the documented
//! fact that it holds; `docs/klarna/` names these tests beside the facts.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod amending;
mod callbacks;
mod contract;
mod control;
mod customer_tokens;
mod deliveries;
mod desk;
mod disputes;
mod documents;
mod due_dates;
mod edge;
mod errors_customer_token;
mod errors_order_management;
mod errors_payments;
mod explain;
mod fault_callbacks;
mod fault_ways;
mod faults;
mod field_limits;
mod fraud;
mod hosted_page;
mod idempotency;
mod invariants;
mod journal;
mod maintenance;
mod managing;
mod markets;
mod merchant;
mod order_states;
mod placing;
mod portal;
mod refunds;
mod replays;
mod residency;
mod sessions;
mod shoppers;
mod snapshots;
mod story;
mod test_shoppers;
mod worlds;
