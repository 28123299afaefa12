//! The gateway over HTTP: routes, documents and errors of the commerce API.
//!
//! A request becomes one typed call of [`kassa_gateway::Gateway`], its answer one document; no rule is decided
//! here. Absent on purpose: SQL, Klarna, configuration files and sockets (the binary binds them).

mod api;
mod door;
mod error;
mod options;
mod request;
mod router;

pub use api::document;
pub use error::{CODES, Code};
pub use options::{ClockHook, HttpOptions, Limit, RateLimits};
pub use router::router;
