//! Every route that is not a resource: tokens, consent, Klarna's callbacks, the clock, reconciling, health, metrics,
//! descriptions.
//!
//! Invariant: none of them reads or writes a resource past the gateway's rules.

pub(crate) mod clock;
pub(crate) mod consent;
pub(crate) mod health;
mod integration;
pub(crate) mod klarna;
pub(crate) mod metrics;
pub(crate) mod oauth;
pub(crate) mod openapi;
pub(crate) mod reconcile;
pub(crate) mod resources;
