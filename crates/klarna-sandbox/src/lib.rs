//! An offline Klarna: Payments, Order Management, Customer Token and Hosted Payment Page v1 over HTTP, with a clock that can
//! be moved.
//!
//! `world/` holds the rules and is pure; the other modules are the shell around it: `http/` speaks Klarna's wire and
//! the control API, `journal/` makes worlds durable, `notify/` calls merchants back, `pages/` is the shopper's side and the
//! merchant portal.
//! Absent on purpose: any dependency on the shop side (`commerce`, `storage`, `gateway`), any SQL, and any outgoing
//! connection outside `notify/`.

mod config;
mod disk;
mod error;
mod fault;
mod http;
mod journal;
mod notify;
mod pages;
mod registry;
mod replay;
mod request_log;
mod residency;
mod sandbox;
mod slot;
mod snapshots;
mod visit;
pub mod world;
mod worlds;

pub use config::{CallbackTargets, Credential, SandboxConfig};
pub use error::SandboxError;
pub use fault::OPERATIONS;
pub use replay::{Difference, ReplayError, Replayed, replay};
pub use sandbox::Sandbox;
pub use world::{Action, SessionView, Settings, Visit};
