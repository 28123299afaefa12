//! The API calls about orders, kept for their stories.
//!
//! Invariant: no request waits for this. Answered calls gather in memory, bounded, and go to the store in the
//! background, without an fsync of their own; a kill loses the last second of them. Nothing is decided by them.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use kassa_environment::sleep;
use kassa_storage::{Call, Key, Realm, Scope, Snapshot};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::error::GatewayError;
use crate::gateway::Gateway;

/// Calls that wait for the store at most; beyond it the newest are dropped. Seconds of a busy shop.
const WAITING_MAX: usize = 20_000;

/// Machine time between two writes of what has gathered.
const INTERVAL: Duration = Duration::from_secs(1);

/// Orders that one call is kept for at most: a long list of orders is no part of each one's story.
const ORDERS_MAX: usize = 5;

/// One answered API call. Carries no body and no header, so no secret and no personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiCall {
    /// Identifies the request in answers and logs.
    pub trace_id: String,
    /// Whose call it was.
    pub realm: Realm,
    /// Business time of the answer, microseconds since the epoch.
    pub at_us: i64,
    /// What is shown of it.
    pub summary: CallSummary,
    /// What the call was about: the order, or what may belong to one.
    pub subjects: Vec<Key>,
}

/// What a story shows of a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallSummary {
    /// HTTP method.
    pub method: String,
    /// Path without its query.
    pub path: String,
    /// HTTP status.
    pub status: u16,
    /// Code of the first error, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// What it took, microseconds of machine time.
    pub duration_us: i64,
}

impl CallSummary {
    /// Whether it changed nothing and went well, so that others are worth more.
    fn is_spare(&self) -> bool {
        self.method == "GET" && self.status < 400
    }
}

/// Calls on their way to the store.
#[derive(Debug, Default)]
pub struct CallLog {
    waiting: Mutex<Vec<ApiCall>>,
    /// Held while calls are between here and the store, so that whoever asks for all of them waits.
    writing: tokio::sync::Mutex<()>,
}

impl CallLog {
    /// Takes a call down, if it was about anything.
    pub fn record(&self, call: ApiCall) {
        if call.subjects.is_empty() {
            return;
        }
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() < WAITING_MAX {
            waiting.push(call);
        }
    }

    fn take(&self) -> Vec<ApiCall> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *waiting)
    }
}

impl Gateway {
    /// Hands the calls gathered so far to the store. Afterwards a new snapshot shows them.
    ///
    /// # Errors
    /// When the store cannot be used; the calls taken are lost then.
    pub async fn keep_calls(&self) -> Result<(), GatewayError> {
        let _writing = self.calls().writing.lock().await;
        let mut waiting = self.calls().take();
        waiting.sort_by(|one, other| one.realm.cmp(&other.realm));
        let mut calls = Vec::with_capacity(waiting.len());
        for of_realm in waiting.chunk_by(|one, other| one.realm == other.realm) {
            let Some(first) = of_realm.first() else {
                continue;
            };
            let mut snapshot = self.snapshot(&Scope::realm(first.realm.clone())).await?;
            let gone = named_beside_an_order(of_realm);
            for call in of_realm {
                let orders = orders_of(snapshot.as_mut(), &call.subjects, &gone).await?;
                calls.extend(orders.into_iter().map(|order_id| kept(call, order_id)));
            }
        }
        if !calls.is_empty() {
            self.store().keep_calls(calls).await?;
        }
        Ok(())
    }

    /// The orders that `key` belongs to as it is now: what a call that is about to delete it is about.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn order_of(&self, realm: &Realm, key: &Key) -> Result<Option<Key>, GatewayError> {
        let mut snapshot = self.snapshot(&Scope::realm(realm.clone())).await?;
        let record = snapshot.record(key).await?;
        Ok(record
            .map(|record| record.root)
            .filter(|root| root.kind == "orders"))
    }
}

/// Hands calls to the store, second by second, until it is dropped.
pub(crate) async fn keep_on(gateway: &Gateway) {
    loop {
        sleep(INTERVAL).await;
        if let Err(error) = gateway.keep_calls().await {
            tracing::warn!(%error, "API calls of the last second are missing from their orders' stories");
        }
    }
}

/// What a call names beside its order: whose it was, when a record is gone by the time the calls are kept.
fn named_beside_an_order(calls: &[ApiCall]) -> BTreeMap<&Key, &str> {
    let mut owners = BTreeMap::new();
    for call in calls {
        let order = call.subjects.iter().find(|key| key.kind == "orders");
        if let Some(order) = order {
            let others = call.subjects.iter().filter(|key| key.kind != "orders");
            owners.extend(others.map(|key| (key, order.id.as_str())));
        }
    }
    owners
}

/// The orders among `subjects`, and those that own one of them, or did (`gone`).
async fn orders_of(
    snapshot: &mut dyn Snapshot,
    subjects: &[Key],
    gone: &BTreeMap<&Key, &str>,
) -> Result<Vec<String>, GatewayError> {
    let mut orders = Vec::new();
    for subject in subjects {
        let id = if subject.kind == "orders" {
            Some(subject.id.clone())
        } else {
            match snapshot.record(subject).await? {
                Some(record) => (record.root.kind == "orders").then_some(record.root.id),
                None => gone.get(subject).map(|&id| id.to_owned()),
            }
        };
        if let Some(id) = id
            && !orders.contains(&id)
            && orders.len() < ORDERS_MAX
        {
            orders.push(id);
        }
    }
    Ok(orders)
}

fn kept(call: &ApiCall, order_id: String) -> Call {
    Call {
        realm: call.realm.clone(),
        id: call.trace_id.clone(),
        order_id,
        at: call.at_us,
        spare: call.summary.is_spare(),
        detail: json!(call.summary),
    }
}
