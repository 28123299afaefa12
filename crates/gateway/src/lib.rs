//! The shop's gateway: use cases. The only room where storage, Klarna and the rules meet.
//!
//! Absent on purpose: HTTP (that is `gateway-http`), SQL, and any rule that could be decided without I/O.

pub mod access;
pub mod caller;
pub mod calls;
pub mod error;
pub mod gateway;
pub mod jobs;
pub mod payments;
pub mod provision;
mod renewals;
mod sealing;
pub mod settings;
pub mod shop;
pub mod webhooks;

pub use access::{
    AuthorizationRefusal, AuthorizationRequest, Consent, IssuedToken, RevokeRequest, TokenRequest,
};
pub use caller::{ApplicationKind, Caller, Role};
pub use calls::{ApiCall, CallLog, CallSummary};
pub use error::{Field, GatewayError, Violation};
pub use gateway::{Gateway, Outcome, Rounds};
pub use settings::Settings;
pub use webhooks::Outward;
