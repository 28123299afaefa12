//! Where time, waiting and randomness enter Kassa.
//!
//! Every other room is handed a [`Clock`] and an [`Entropy`] (or plain values) and takes nothing from the air;
//! `clippy.toml` forbids the system's own sources everywhere but here. Two clocks exist: the *machine clock*
//! for leases, HTTP timeouts and access tokens, and the *business clock*, which is the machine clock plus a
//! movable offset and never runs backwards, for sessions, authorizations and every deadline a shop sees.

mod clock;
mod entropy;
mod ids;
mod wait;

pub use clock::{BusinessClock, Clock, ManualClock, SystemClock};
pub use entropy::{Entropy, SeededEntropy, SystemEntropy};
pub use ids::{base62, letters, time_ordered_id, uuid_v4};
pub use wait::{Elapsed, sleep, sleep_until, timeout};
