//! One or more calls to Klarna on behalf of one use case, each remembered for the order's story.
//!
//! Invariant: no snapshot is held while a call is in flight.

use kassa_klarna_api::{KlarnaError, KlarnaReply, PreparedRequest};
use kassa_klarna_client::{CallRecord, KlarnaEndpoint};
use serde_json::Value;

use crate::gateway::Gateway;

/// Calls remembered per operation; older ones give way, so that a finisher cannot grow a row without bound.
const REMEMBERED: usize = 20;

/// An endpoint with the calls made so far.
#[derive(Debug)]
pub(crate) struct Exchange<'a> {
    gateway: &'a Gateway,
    endpoint: KlarnaEndpoint,
    calls: Vec<CallRecord>,
}

impl<'a> Exchange<'a> {
    pub(crate) fn new(gateway: &'a Gateway, endpoint: KlarnaEndpoint) -> Self {
        Self {
            gateway,
            endpoint,
            calls: Vec::new(),
        }
    }

    /// Sends `request` and remembers what became of it.
    pub(crate) async fn send(
        &mut self,
        request: &PreparedRequest,
    ) -> Result<KlarnaReply, KlarnaError> {
        let began = self.gateway.machine().now();
        let result = self.gateway.klarna().send(&self.endpoint, request).await;
        let ended = self.gateway.machine().now();
        self.calls
            .push(CallRecord::of(request, &result, began, ended));
        result
    }

    /// The calls before in `outcome`, and those made now, as the `calls` of an operation's outcome.
    pub(crate) fn story(&self, outcome: Option<&Value>) -> Value {
        let made = self.calls.iter();
        remembered(
            outcome,
            made.filter_map(|call| serde_json::to_value(call).ok()),
        )
    }
}

/// The calls in `outcome` and those after them, as many as are remembered.
pub(super) fn remembered(outcome: Option<&Value>, made: impl IntoIterator<Item = Value>) -> Value {
    let mut calls: Vec<Value> = outcome
        .and_then(|outcome| outcome.get("calls"))
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    calls.extend(made);
    let surplus = calls.len().saturating_sub(REMEMBERED);
    calls.drain(..surplus);
    Value::Array(calls)
}
