//! `events`: the list of topics as rows, one for each, and sending again what was told last.
//!
//! Invariant: the rows follow the list in [`super::topics`]; a realm gets the ones that it lacks when somebody looks.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use kassa_storage::{ChangeSet, Filter, Key, ListQuery, Page, Realm, Record, Scope};
use serde_json::Map;

use super::message::Message;
use super::topics::TOPICS;
use super::{retention, subscriptions};
use crate::error::{GatewayError, Violation};
use crate::gateway::{Gateway, Outcome};
use crate::shop::configuration::Change;
use crate::shop::read::Reader;

/// More than there will ever be topics.
const ROWS: u64 = 1_000;

/// Realms whose rows are known to be complete.
#[derive(Debug, Default)]
pub(crate) struct KnownTopics(Mutex<HashSet<Realm>>);

impl KnownTopics {
    fn all(&self) -> MutexGuard<'_, HashSet<Realm>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes the rows of `events` that `realm` lacks.
pub(crate) async fn ensure(gateway: &Gateway, realm: &Realm) -> Result<(), GatewayError> {
    if gateway.topics_known.all().contains(realm) {
        return Ok(());
    }
    let known: HashSet<String> = {
        let mut snapshot = gateway.snapshot(&Scope::realm(realm.clone())).await?;
        let all = ListQuery {
            kinds: vec!["events"],
            filter: Filter::Everything,
            sort: Vec::new(),
            page: Page {
                offset: 0,
                limit: ROWS,
            },
        };
        let rows = snapshot.list(&all).await?;
        rows.iter()
            .filter_map(|row| row.text("name").map(str::to_owned))
            .collect()
    };
    let mut set = gateway.change_set(realm);
    for topic in TOPICS.iter().filter(|topic| !known.contains(topic.name)) {
        let mut body = Map::new();
        body.insert("name".to_owned(), topic.name.into());
        let key = Key::new("events", id(topic.name));
        set.put_new(Record::root(key, body, gateway.now_us(realm)));
    }
    if !set.puts.is_empty() {
        match gateway.commit(set).await? {
            // Somebody else made them at this moment.
            Outcome::Done | Outcome::Conflict(_) => {}
            Outcome::Refused(refusal) => return Err(crate::gateway::refused(&refusal)),
        }
    }
    gateway.topics_known.all().insert(realm.clone());
    Ok(())
}

/// The id of a topic's row: ten letters that follow from its name, so that two processes make the same row.
fn id(name: &str) -> String {
    let mut hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mut letters = String::new();
    for _ in 0..10 {
        let letter = u8::try_from(hash % 26).unwrap_or(0);
        letters.push(char::from(b'a' + letter));
        hash /= 26;
    }
    letters
}

/// `_trigger`: tells every subscriber once more what it was told last, as that resource is now.
pub(crate) async fn trigger(
    change: &mut Change<'_>,
    reader: &mut Reader<'_>,
) -> Result<(), GatewayError> {
    if !change.triggered("_trigger") {
        return Ok(());
    }
    let gateway = change.gateway;
    let topic = change.text("name").unwrap_or_default().to_owned();
    let subscriptions = subscriptions::of(gateway, &change.caller.realm).await?;
    let mut again = ChangeSet::new(String::new(), change.caller.realm.clone());
    for webhook_id in subscriptions.to(&topic) {
        let rows = retention::of_webhook(reader.snapshot.as_mut(), webhook_id, true, 20).await?;
        let last = rows
            .iter()
            .find(|row| row.text("topic") == Some(topic.as_str()));
        let Some((kind, id)) =
            last.and_then(|row| row.text("resource_type").zip(row.text("resource_id")))
        else {
            continue;
        };
        let message = Message {
            webhook_id: webhook_id.clone(),
            kind: kind.to_owned(),
            id: id.to_owned(),
            raised_at: gateway.machine().now_us(),
            gone: None,
        };
        message.send(gateway, &topic, &mut again);
    }
    if again.queues.is_empty() {
        let message = "has nothing to send again: no webhook was told of it yet";
        return Err(GatewayError::violation(Violation::attribute(
            "_trigger", "invalid", message,
        )));
    }
    change.set.queues.extend(again.queues);
    Ok(())
}
