//! The door to Klarna: sends a [`PreparedRequest`] and says what is certain about its effect.
//!
//! One seam carries bytes ([`Transport`]); sockets stand behind it in production, simulated bytes in the simulator.
//! Repetition happens here only where it cannot double an effect; everything slower than one call (resending
//! after a crash, reading the order to learn an outcome) belongs to the gateway's finisher.
//!
//! Absent on purpose: storage, rules, decoding of answers, redirects.
//!
//! [`PreparedRequest`]: kassa_klarna_api::PreparedRequest

pub mod call_record;
pub mod endpoint;
pub mod http_klarna;
pub mod klarna;
pub mod redaction;
pub mod transport;

pub use call_record::CallRecord;
pub use endpoint::{Credentials, KlarnaEndpoint};
pub use http_klarna::{CallLimits, HttpKlarna};
pub use klarna::Klarna;
pub use transport::{Transport, TransportError};
