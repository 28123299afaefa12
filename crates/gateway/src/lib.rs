//! The shop's gateway: use cases. The only room where storage, Klarna and the rules meet.
//!
//! Absent on purpose: HTTP (that is `gateway-http`), SQL, and any rule that could be decided without I/O.

pub mod caller;
pub mod error;
pub mod shop;

pub use caller::{ApplicationKind, Caller};
pub use error::{Field, GatewayError, Violation};
