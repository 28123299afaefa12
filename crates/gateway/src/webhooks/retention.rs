//! How long the log of deliveries is kept: payloads carry personal data, so neither for ever nor without bound.
//!
//! Invariant: a webhook has no more than [`OF_WEBHOOK`] rows and a batch; a row goes after [`DAYS`] of business time.

use kassa_storage::{
    ChangeSet, Filter, Key, ListQuery, Page, QueueChange, Realm, Record, Scope, Snapshot, Sort,
    Test, Timer,
};
use serde_json::json;

use crate::error::GatewayError;
use crate::gateway::{Gateway, Outcome};
use crate::jobs::After;
use crate::shop::read::rows;

/// Kind of the timer that forgets old rows.
pub(crate) const FORGET_CALLBACKS: &str = "forget_callbacks";

/// Days after which a row goes.
const DAYS: i64 = 30;

/// Rows of one webhook.
const OF_WEBHOOK: i64 = 1_000;

/// Rows deleted at once.
const BATCH: u64 = 100;

const DAY: i64 = 86_400 * 1_000_000;

/// Makes room for one more row of `webhook`, and sees to it that it goes in time.
pub(super) async fn keep(
    gateway: &Gateway,
    snapshot: &mut dyn Snapshot,
    set: &mut ChangeSet,
    webhook: &Key,
) -> Result<(), GatewayError> {
    let name = counter(&webhook.id);
    let mut delta = 1;
    if snapshot.counter(&name).await? >= OF_WEBHOOK + 100 {
        for old in of_webhook(snapshot, &webhook.id, false, BATCH).await? {
            set.delete(&old);
            delta -= 1;
        }
    }
    set.count(name, delta, 0..=i64::MAX);
    if snapshot.timers(FORGET_CALLBACKS).await?.is_empty() {
        set.queues.push(QueueChange::Set(Timer {
            id: FORGET_CALLBACKS.to_owned(),
            kind: FORGET_CALLBACKS.to_owned(),
            subject: FORGET_CALLBACKS.to_owned(),
            payload: json!({}),
            due_at: gateway.now_us(&set.realm) + DAYS * DAY,
            attempts: 0,
        }));
    }
    Ok(())
}

/// Rows of one webhook, newest or oldest first.
pub(super) async fn of_webhook(
    snapshot: &mut dyn Snapshot,
    webhook_id: &str,
    newest: bool,
    limit: u64,
) -> Result<Vec<Record>, GatewayError> {
    let filter = rows::field("webhook_id", Test::Eq(webhook_id.into()));
    Ok(snapshot.list(&query(filter, newest, limit)).await?)
}

/// Forgets rows whose time has come.
pub(crate) async fn forget_expired(
    gateway: &Gateway,
    realm: &Realm,
) -> Result<After, GatewayError> {
    let cutoff = gateway.now_us(realm) - DAYS * DAY;
    loop {
        let oldest = {
            let mut snapshot = gateway.snapshot(&Scope::realm(realm.clone())).await?;
            let everything = query(Filter::Everything, false, BATCH);
            snapshot.list(&everything).await?
        };
        let (expired, kept): (Vec<_>, Vec<_>) =
            oldest.into_iter().partition(|row| row.created_at <= cutoff);
        let next = kept.first().map(|row| row.created_at + DAYS * DAY);
        forget(gateway, realm, &expired).await?;
        match (next, expired.is_empty()) {
            (Some(next), _) => return Ok(After::At(next)),
            (None, true) => return Ok(After::Done),
            (None, false) => {}
        }
    }
}

/// Forgets all rows of a webhook that is about to be deleted.
pub(crate) async fn forget_all_of(
    gateway: &Gateway,
    realm: &Realm,
    webhook_id: &str,
) -> Result<(), GatewayError> {
    loop {
        let rows = {
            let mut snapshot = gateway.snapshot(&Scope::realm(realm.clone())).await?;
            of_webhook(snapshot.as_mut(), webhook_id, false, BATCH).await?
        };
        if rows.is_empty() {
            return Ok(());
        }
        forget(gateway, realm, &rows).await?;
    }
}

/// A conflict means that somebody else forgot some of them: the next look shows what is left.
async fn forget(gateway: &Gateway, realm: &Realm, rows: &[Record]) -> Result<(), GatewayError> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut set = gateway.change_set(realm);
    for row in rows {
        set.delete(row);
        set.count(
            counter(row.text("webhook_id").unwrap_or_default()),
            -1,
            0..=i64::MAX,
        );
    }
    match gateway.commit(set).await? {
        Outcome::Done | Outcome::Conflict(_) => Ok(()),
        Outcome::Refused(refusal) => Err(crate::gateway::refused(&refusal)),
    }
}

fn counter(webhook_id: &str) -> String {
    format!("event_callbacks:{webhook_id}")
}

fn query(filter: Filter, newest: bool, limit: u64) -> ListQuery {
    ListQuery {
        kinds: vec!["event_callbacks"],
        filter,
        sort: vec![Sort {
            field: "created_at",
            descending: newest,
        }],
        page: Page { offset: 0, limit },
    }
}
