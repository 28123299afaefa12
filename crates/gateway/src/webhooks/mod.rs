//! Webhooks: what happens is told to whoever subscribed to its topic.
//!
//! Topics follow from what a commit writes ([`topics`] is the whole list, as data), so no use case can forget one. The
//! messages are written in the same commit, one for each subscriber, and delivered by a worker over the outbox.
//! Invariant: a message leaves the outbox only with the row that says how it ended; between two attempts, and across
//! crashes, it keeps its id.

mod attempt;
mod event;
mod message;
mod raise;
mod read;
mod record;
mod retention;
mod subscriptions;
pub mod topics;
mod webhook;
mod worker;

use kassa_outbound::Outbound;

use crate::caller::Caller;
use crate::error::GatewayError;
use crate::gateway::Gateway;
use crate::shop::graph::{Graph, Selection};

pub(crate) use event::{KnownTopics, ensure, trigger};
pub(crate) use raise::{raise, tell};
pub(crate) use retention::{FORGET_CALLBACKS, forget_all_of, forget_expired};
pub(crate) use subscriptions::{Cache as Subscriptions, is_heard};
pub(crate) use webhook::complete;
pub(crate) use worker::{run, work};

/// How a graph is written as a document: the same bytes that a GET answers.
pub type Render = fn(&Gateway, &Caller, &Selection, &Graph) -> Result<Vec<u8>, GatewayError>;

/// The way to addresses that users gave.
#[derive(Debug)]
pub struct Outward {
    /// Makes the calls.
    pub outbound: Outbound,
    /// Writes what they carry.
    pub render: Render,
}
