//! Klarna over HTTP, seen from a merchant's side.

/// Klarna, as a merchant's server calls it.
pub trait Klarna: Send + Sync + std::fmt::Debug {}
