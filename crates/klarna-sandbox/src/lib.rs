//! An offline Klarna: Payments, Order Management and Customer Token v1 over HTTP, with a clock that can be moved.
//!
//! `world/` holds the rules and is pure; the other modules are the shell around it: `http/` speaks Klarna's wire and
//! the control API, `journal/` makes worlds durable, `notify/` calls merchants back, `pages/` is the shopper's side.
//! Absent on purpose: any dependency on the shop side (`commerce`, `storage`, `gateway`), any SQL, and any outgoing
//! connection outside `notify/`.

mod config;
mod error;
mod fault;
mod http;
mod journal;
mod notify;
mod pages;
mod request_log;
mod sandbox;
mod slot;
pub mod world;

pub use config::{Credential, SandboxConfig};
pub use error::SandboxError;
pub use sandbox::Sandbox;
pub use world::{Action, SessionView, Settings, Visit};
