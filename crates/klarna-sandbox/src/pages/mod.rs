//! The shopper's side of the sandbox: the browser script, the inline widget, the purchase flow and the JSON they live on.
//!
//! Invariant: everything is served from the origin of the script, needs no cookie, and is keyed by the session's client
//! token or by a flow id that only the page which started the flow knows. The rules of a purchase stay in `world/`; what is
//! here decides only which screen comes next. Choices are recorded in `docs/browser-sdk.md`.

mod assets;
mod endpoints;
mod entry;
mod flows;
mod journey;

pub use endpoints::router;
