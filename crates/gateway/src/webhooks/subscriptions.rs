//! Who subscribed to what: read once, and again when a webhook was written.
//!
//! Invariant: a commit that begins after a webhook was answered sees it. Webhooks that another process wrote are seen a
//! second later at the latest.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use kassa_storage::{ChangeSet, FieldPath, Filter, ListQuery, Page, Realm, Scope, Test};

use super::topics::{self, When};
use crate::error::GatewayError;
use crate::gateway::Gateway;

/// Machine time, microseconds, for which another process's writes may go unseen.
const BELIEVED_US: i64 = 1_000_000;

/// Webhooks of one realm that are heard. Ours: each topic may have many, but nobody needs more than this.
const WEBHOOKS_MAX: u64 = 1_000;

/// The subscriptions of one realm.
#[derive(Debug, Default)]
pub(crate) struct Subscriptions {
    webhooks: HashMap<&'static str, Vec<String>>,
    kinds: HashSet<&'static str>,
}

impl Subscriptions {
    /// Whether nobody listens.
    pub(super) fn is_empty(&self) -> bool {
        self.webhooks.is_empty()
    }

    /// Whether somebody listens to a topic about `kind`.
    pub(super) fn listens_to(&self, kind: &str) -> bool {
        self.kinds.contains(kind)
    }

    /// Ids of the webhooks that listen to `topic`.
    pub(super) fn to(&self, topic: &str) -> &[String] {
        self.webhooks.get(topic).map_or(&[], Vec::as_slice)
    }
}

/// What is known of each realm: as of which generation, read when.
type Known = HashMap<Realm, (u64, i64, Arc<Subscriptions>)>;

/// Subscriptions by realm.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    generation: AtomicU64,
    known: Mutex<Known>,
}

impl Cache {
    /// Forgets everything if `set` has just written a webhook.
    pub(crate) fn written(&self, set: &ChangeSet) {
        let mut keys = set.puts.iter().map(|put| &put.record.key);
        let put = keys.any(|key| key.kind == "webhooks");
        if put || set.deletes.iter().any(|(key, _)| key.kind == "webhooks") {
            self.generation.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn find(&self, realm: &Realm, generation: u64, now_us: i64) -> Option<Arc<Subscriptions>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known
            .get(realm)
            .filter(|(read_as, read_at, _)| {
                *read_as == generation && now_us - read_at < BELIEVED_US
            })
            .map(|(_, _, found)| Arc::clone(found))
    }
}

/// The subscriptions of `realm` as they are now.
pub(super) async fn of(
    gateway: &Gateway,
    realm: &Realm,
) -> Result<Arc<Subscriptions>, GatewayError> {
    let cache = &gateway.subscriptions;
    let generation = cache.generation.load(Ordering::SeqCst);
    let now_us = gateway.machine().now_us();
    if let Some(found) = cache.find(realm, generation, now_us) {
        return Ok(found);
    }
    let read = Arc::new(read(gateway, realm).await?);
    let mut known = cache.known.lock().unwrap_or_else(PoisonError::into_inner);
    known.insert(realm.clone(), (generation, now_us, Arc::clone(&read)));
    Ok(read)
}

/// Whether anybody listens to `topic`.
///
/// # Errors
/// When the store cannot be read.
pub(crate) async fn is_heard(
    gateway: &Gateway,
    realm: &Realm,
    topic: &str,
) -> Result<bool, GatewayError> {
    Ok(!of(gateway, realm).await?.to(topic).is_empty())
}

async fn read(gateway: &Gateway, realm: &Realm) -> Result<Subscriptions, GatewayError> {
    let enabled = FieldPath {
        through: Vec::new(),
        field: "disabled_at",
    };
    let query = ListQuery {
        kinds: vec!["webhooks"],
        filter: Filter::Field(enabled, Test::Null),
        sort: Vec::new(),
        page: Page {
            offset: 0,
            limit: WEBHOOKS_MAX,
        },
    };
    let mut snapshot = gateway.snapshot(&Scope::realm(realm.clone())).await?;
    let mut subscriptions = Subscriptions::default();
    for webhook in snapshot.list(&query).await? {
        let Some(topic) = webhook.text("topic").and_then(topics::find) else {
            continue;
        };
        let listeners = subscriptions.webhooks.entry(topic.name).or_default();
        listeners.push(webhook.key.id);
        subscriptions.kinds.insert(topic.kind());
        if let When::PartMade(kind) = topic.when {
            subscriptions.kinds.insert(kind);
        }
    }
    Ok(subscriptions)
}
