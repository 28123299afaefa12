//! The shopper's side of the sandbox: the browser script, the inline widget, the purchase flow and the JSON they live
//! on, and the hosted page around that flow.
//!
//! Invariant: everything is served from the origin of the script, needs no cookie, and is keyed by the session's client
//! token or by a flow id that only the page which started the flow knows. The rules of a purchase stay in `world/`; what is
//! here decides only which screen comes next. Choices are recorded in `docs/browser-sdk.md`.

mod assets;
mod endpoints;
mod entry;
mod flows;
mod hosted_page;
mod journey;
mod offer;
mod portal;
mod texts;

pub use endpoints::router;
pub(crate) use portal::router as portal;
