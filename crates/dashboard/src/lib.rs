//! Pages for people: orders found by any id, and the story of an order on one page.
//!
//! Read-only, made on the server, usable without a script and at 320 pixels. Absent on purpose: every write, and
//! every secret; what Klarna was told is shown as the gateway redacted it.

mod deliveries;
mod find;
mod guard;
mod pages;
mod router;
mod show;
mod story;

pub use guard::DashboardOptions;
pub use router::router;
