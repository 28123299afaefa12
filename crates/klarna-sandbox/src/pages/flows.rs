//! The flows that are open or lately ended, and the sessions whose shopper was declined.
//!
//! Invariant: memory is bounded; the oldest entry makes room. A flow lost this way reads as ended to its window.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Mutex as AsyncMutex;

use super::journey::Flow;

/// Flows kept. One takes a few kilobytes.
const FLOWS: usize = 2_000;
/// Declined sessions kept.
const DECLINED: usize = 10_000;

/// A flow is locked for one request at a time, so that a cancel waits for the decision under way.
pub(super) type SharedFlow = Arc<AsyncMutex<Flow>>;

#[derive(Default)]
pub(super) struct Flows {
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    flows: HashMap<String, SharedFlow>,
    order: VecDeque<String>,
    declined: HashSet<String>,
    declined_order: VecDeque<String>,
}

impl Flows {
    pub(super) fn find(&self, id: &str) -> Option<SharedFlow> {
        self.with(|kept| kept.flows.get(id).cloned())
    }

    /// Keeps a flow unless one with its id exists; the page repeats its call when an answer got lost.
    pub(super) fn keep(&self, id: &str, flow: Flow) -> SharedFlow {
        self.with(|kept| {
            if let Some(known) = kept.flows.get(id) {
                return known.clone();
            }
            if kept.order.len() >= FLOWS
                && let Some(oldest) = kept.order.pop_front()
            {
                kept.flows.remove(&oldest);
            }
            let flow = Arc::new(AsyncMutex::new(flow));
            kept.order.push_back(id.to_owned());
            kept.flows.insert(id.to_owned(), flow.clone());
            flow
        })
    }

    /// A decline is final for its session.
    pub(super) fn decline(&self, session_id: &str) {
        self.with(|kept| {
            if !kept.declined.insert(session_id.to_owned()) {
                return;
            }
            kept.declined_order.push_back(session_id.to_owned());
            if kept.declined_order.len() > DECLINED
                && let Some(oldest) = kept.declined_order.pop_front()
            {
                kept.declined.remove(&oldest);
            }
        });
    }

    pub(super) fn is_declined(&self, session_id: &str) -> bool {
        self.with(|kept| kept.declined.contains(session_id))
    }

    fn with<T>(&self, act: impl FnOnce(&mut Kept) -> T) -> T {
        act(&mut self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
