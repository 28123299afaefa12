//! From what a change set writes to the messages that it sends: the one place where topics are raised.
//!
//! Invariant: old records are read before the commit and compared with the version that guards it. Where they differ
//! the commit fails by that guard, so a message is only ever written with the very step that it tells.

use std::collections::{HashMap, HashSet};

use kassa_commerce::aggregate::Event;
use kassa_storage::{ChangeSet, Guard, Key, OutboxMessage, QueueChange, Record, Scope, Snapshot};
use serde_json::json;

use super::message::{Message, Remains};
use super::subscriptions::{self, Subscriptions};
use super::topics::{self, TOPICS, When};
use crate::error::GatewayError;
use crate::gateway::Gateway;

/// Adds what no record says. Everything else follows from what is written.
pub(crate) fn tell(gateway: &Gateway, set: &mut ChangeSet, events: &[Event]) {
    for event in events {
        let told = topics::find(event.topic).is_some_and(|topic| topic.when == When::Told);
        if told {
            set.queues.push(QueueChange::Send(OutboxMessage {
                id: gateway.new_ordered_id(),
                topic: event.topic.to_owned(),
                payload: json!({ "told": event.resource_id }),
                due_at: gateway.machine().now_us(),
                attempts: 0,
            }));
        }
    }
}

/// Adds a message for each subscriber of each topic that `set` raises.
///
/// # Errors
/// When the store cannot be read.
pub(crate) async fn raise(gateway: &Gateway, set: &mut ChangeSet) -> Result<(), GatewayError> {
    let told = take_told(set);
    let subscriptions = subscriptions::of(gateway, &set.realm).await?;
    if subscriptions.is_empty() {
        return Ok(());
    }
    let mut messages = Messages {
        gateway,
        subscriptions: &subscriptions,
        found: Vec::new(),
    };
    for (topic, id) in told {
        if let Some(topic) = topics::find(&topic) {
            messages.add(topic.name, &Key::new(topic.kind(), id), None);
        }
    }
    let steps = steps(gateway, set, &subscriptions).await?;
    let parts = parts_made(&steps);
    for step in &steps {
        let Some(key) = step.new.or(step.old.as_ref()).map(|record| &record.key) else {
            continue;
        };
        let parts = parts.get(key).map_or(&[][..], Vec::as_slice);
        for topic in TOPICS.iter().filter(|topic| topic.kind() == key.kind) {
            if topic.is_raised(step.old.as_ref(), step.new, parts) {
                let gone = step.old.as_ref().filter(|_| step.new.is_none());
                messages.add(topic.name, key, gone);
            }
        }
    }
    let found = messages.found;
    for (topic, message) in found {
        message.send(gateway, topic, set);
    }
    Ok(())
}

/// Messages that are about to be written.
struct Messages<'a> {
    gateway: &'a Gateway,
    subscriptions: &'a Subscriptions,
    found: Vec<(&'static str, Message)>,
}

impl Messages<'_> {
    fn add(&mut self, topic: &'static str, key: &Key, gone: Option<&Record>) {
        for webhook_id in self.subscriptions.to(topic) {
            let message = Message {
                webhook_id: webhook_id.clone(),
                kind: key.kind.to_string(),
                id: key.id.clone(),
                raised_at: self.gateway.machine().now_us(),
                gone: gone.map(Remains::of),
            };
            self.found.push((topic, message));
        }
    }
}

/// Takes out what [`tell`] put in.
fn take_told(set: &mut ChangeSet) -> Vec<(String, String)> {
    let mut told = Vec::new();
    set.queues.retain(|change| {
        let QueueChange::Send(message) = change else {
            return true;
        };
        match message.payload.get("told").and_then(|id| id.as_str()) {
            Some(id) => {
                tracing::info!(topic = %message.topic, id, "event");
                told.push((message.topic.clone(), id.to_owned()));
                false
            }
            None => true,
        }
    });
    told
}

/// One record before and after.
struct Step<'a> {
    old: Option<Record>,
    new: Option<&'a Record>,
}

/// Every step of `set` that somebody may listen to.
async fn steps<'a>(
    gateway: &Gateway,
    set: &'a ChangeSet,
    subscriptions: &Subscriptions,
) -> Result<Vec<Step<'a>>, GatewayError> {
    let heard = |key: &Key| subscriptions.listens_to(&key.kind);
    let puts: Vec<_> = set
        .puts
        .iter()
        .filter(|put| heard(&put.record.key))
        .collect();
    if puts.is_empty() && set.deletes.is_empty() {
        return Ok(Vec::new());
    }
    let known: Vec<Key> = puts
        .iter()
        .filter(|put| put.guard != Guard::New)
        .map(|put| put.record.key.clone())
        .collect();
    let mut snapshot = gateway.snapshot(&Scope::realm(set.realm.clone())).await?;
    let read = snapshot.records(&known).await?;
    let mut old: HashMap<Key, Record> = read
        .into_iter()
        .map(|record| (record.key.clone(), record))
        .collect();
    let mut steps: Vec<Step<'a>> = puts
        .into_iter()
        .map(|put| Step {
            old: old.remove(&put.record.key),
            new: Some(&put.record),
        })
        .collect();
    let deleted = deleted(snapshot.as_mut(), set).await?;
    steps.extend(
        deleted
            .into_iter()
            .filter(|record| heard(&record.key))
            .map(|record| Step {
                old: Some(record),
                new: None,
            }),
    );
    Ok(steps)
}

/// The records that `set` deletes; a root takes its children along.
async fn deleted(
    snapshot: &mut dyn Snapshot,
    set: &ChangeSet,
) -> Result<Vec<Record>, GatewayError> {
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    for (key, guard) in &set.deletes {
        let records = match guard {
            Guard::At(_) => snapshot.aggregate(key).await?,
            Guard::New | Guard::ByRoot => snapshot.record(key).await?.into_iter().collect(),
        };
        found.extend(
            records
                .into_iter()
                .filter(|record| seen.insert(record.key.clone())),
        );
    }
    Ok(found)
}

/// Types of new parts, by root.
fn parts_made<'a>(steps: &[Step<'a>]) -> HashMap<Key, Vec<&'a str>> {
    let mut parts: HashMap<Key, Vec<&str>> = HashMap::new();
    for step in steps {
        if let (None, Some(new)) = (&step.old, step.new)
            && !new.is_root()
        {
            let kinds = parts.entry(new.root.clone()).or_default();
            kinds.push(new.key.kind.as_ref());
        }
    }
    parts
}
