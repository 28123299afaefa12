//! Calls to addresses which users gave: webhooks and callouts to external resources. The sandbox, which calls merchants
//! back with bytes and limits of Klarna's, takes the table of addresses and the [`Resolver`] from here.
//!
//! A call is checked (which addresses may be reached, see [`Targets`]), signed (see [`signature`]) and bounded: one
//! answer, no redirect, no more than so many bytes, no longer than so long. A [`Circuit`] says when to stop calling.
//!
//! Absent on purpose: storage, retries, what a call means, and every other way out of the machine.

pub mod address;
pub mod circuit;
pub mod client;
pub mod resolver;
pub mod signature;
pub mod target;

pub use address::Targets;
pub use circuit::Circuit;
pub use client::{Answer, CallFailure, CallLimits, Outbound, Post};
pub use resolver::{Admission, Resolver};
pub use signature::Signing;
pub use target::{Target, TargetRefused};
