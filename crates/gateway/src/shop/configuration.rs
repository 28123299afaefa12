//! Creates, changes and deletes everything that is not an order: catalogue, stock, shipping, payment methods,
//! gateways, customers and addresses.
//!
//! Invariant: one change set per request; codes are claims, so two requests cannot take the same one; what others
//! refer to is not deleted.

use std::collections::BTreeMap;

use kassa_storage::{ChangeSet, Descriptor, Guard, Key, Put, Record, RelationshipSource, Snapshot};
use serde_json::{Map, Value};

use crate::caller::Caller;
use crate::error::{GatewayError, Violation};
use crate::gateway::{Gateway, Outcome, Rounds, refused};
use crate::renewals;
use crate::shop::catalogue::{CONFIGURATION, new_generation};
use crate::shop::graph::Draft;
use crate::shop::read::Reader;
use crate::shop::resources::registry;
use crate::shop::version::{self, Happened};
use crate::shop::{noun, relation, sku_list, stock, unique, validate};
use crate::webhooks;

/// A row on its way into the store.
pub(crate) struct Change<'a> {
    pub gateway: &'a Gateway,
    pub caller: &'a Caller,
    pub descriptor: &'static Descriptor,
    pub draft: &'a Draft,
    pub key: Key,
    pub old: Option<Record>,
    pub body: Map<String, Value>,
    /// Owner of the row, for callers who see only their own.
    pub owner: Option<String>,
    /// Rows that the draft's relationships name.
    pub rows: Vec<Record>,
    /// What else is written with the row.
    pub set: ChangeSet,
    pub now_us: i64,
}

impl Change<'_> {
    /// The row of a relationship that the draft names.
    pub(crate) fn row(&self, kind: &str) -> Option<&Record> {
        self.rows.iter().find(|record| record.key.kind == kind)
    }

    /// Text of the body.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.body.get(name).and_then(Value::as_str)
    }

    /// Sets a field of the body.
    pub(crate) fn set_field(&mut self, name: &str, value: impl Into<Value>) {
        self.body.insert(name.to_owned(), value.into());
    }

    /// Whether a trigger was sent as true (or 1, which clients send too).
    pub(crate) fn triggered(&self, name: &str) -> bool {
        triggered(self.draft, name)
    }
}

/// Whether a trigger was sent as true (or 1, which clients send too).
pub(crate) fn triggered(draft: &Draft, name: &str) -> bool {
    match draft.triggers.get(name) {
        Some(Value::Bool(value)) => *value,
        Some(Value::Number(number)) => number.as_i64() == Some(1),
        _ => false,
    }
}

/// Creates a row.
pub(crate) async fn create(
    gateway: &Gateway,
    caller: &Caller,
    descriptor: &'static Descriptor,
    draft: &Draft,
) -> Result<Key, GatewayError> {
    let id = gateway.new_id();
    write(gateway, caller, descriptor, draft, &id, true).await
}

/// Changes a row.
pub(crate) async fn update(
    gateway: &Gateway,
    caller: &Caller,
    descriptor: &'static Descriptor,
    id: &str,
    draft: &Draft,
) -> Result<Key, GatewayError> {
    write(gateway, caller, descriptor, draft, id, false).await
}

async fn write(
    gateway: &Gateway,
    caller: &Caller,
    descriptor: &'static Descriptor,
    draft: &Draft,
    id: &str,
    creating: bool,
) -> Result<Key, GatewayError> {
    let secrets = noun::slow_secrets(gateway, descriptor, draft).await?;
    let mut rounds = Rounds::new();
    loop {
        let mut reader = Reader::open(gateway, caller).await?;
        let old = if creating {
            None
        } else {
            Some(reader.row(descriptor, id).await?)
        };
        let mut change = Change {
            gateway,
            caller,
            descriptor,
            draft,
            key: Key::new(descriptor.kind, id),
            body: validate::body(descriptor, draft, old.as_ref().map(|record| &record.body))?,
            owner: old.as_ref().and_then(|record| record.owner.clone()),
            old,
            rows: Vec::new(),
            set: gateway.change_set(&caller.realm),
            now_us: gateway.now_us(&caller.realm),
        };
        change.rows =
            relation::apply(&mut reader, descriptor, draft, &mut change.body, creating).await?;
        let (key, now_us, set) = (&change.key, change.now_us, &mut change.set);
        relation::adopt(&mut reader, descriptor, draft, key, now_us, set).await?;
        switches(&mut change);
        noun::complete(&mut change, &mut reader, &secrets).await?;
        drop(reader);
        let set = finish(change);
        match gateway.commit(set).await? {
            Outcome::Done => return Ok(Key::new(descriptor.kind, id)),
            Outcome::Conflict(key) => rounds.again(&key).await?,
            Outcome::Refused(refusal) => {
                let told = unique::refused(&refusal).or_else(|| stock::short(&refusal));
                return Err(told.unwrap_or_else(|| refused(&refusal)));
            }
        }
    }
}

/// `_enable`, `_disable` and the other switches that many types share.
fn switches(change: &mut Change<'_>) {
    if change.triggered("_disable") {
        let now =
            kassa_commerce::body::iso_timestamp(change.gateway.business_now(&change.caller.realm));
        change.set_field("disabled_at", now);
    }
    if change.triggered("_enable") {
        change.body.remove("disabled_at");
    }
    if change.triggered("_regenerate_shared_secret") {
        noun::new_shared_secret(change);
    }
    if change.triggered("_reset_circuit") {
        change.set_field("circuit_state", "closed");
        change.set_field("circuit_failure_count", 0);
    }
}

/// The change set that writes the row with its claims.
fn finish(change: Change<'_>) -> ChangeSet {
    let Change {
        gateway,
        caller,
        descriptor,
        key,
        old,
        body,
        owner,
        rows,
        mut set,
        now_us,
        ..
    } = change;
    // What the row names must still be there when it is written.
    for row in rows.iter().filter(|row| row.is_root()) {
        if !set.puts.iter().any(|put| put.record.key == row.key) {
            set.checks.push((row.key.clone(), row.version));
        }
    }
    let held = old
        .as_ref()
        .map(|old| unique::claims(descriptor, &key, &old.body))
        .unwrap_or_default();
    let wanted = unique::claims(descriptor, &key, &body);
    for claim in &held {
        if !wanted.contains(claim) {
            set.releases.push(claim.clone());
        }
    }
    set.claims.extend(wanted);
    let market = descriptor
        .relationship("market")
        .and_then(|_| body.get("market_id"))
        .and_then(Value::as_str)
        .map(ToOwned::to_owned);
    let guard = old
        .as_ref()
        .map_or(Guard::New, |old| Guard::At(old.version));
    let record = Record {
        root: key.clone(),
        key,
        version: 0,
        schema: descriptor.schema,
        market,
        owner,
        body,
        created_at: old.as_ref().map_or(now_us, |old| old.created_at),
        updated_at: now_us,
    };
    if CONFIGURATION.contains(&descriptor.kind) {
        set.counters.push(new_generation());
    }
    let happened = Happened {
        descriptor,
        key: &record.key,
        old: old.as_ref().map(|old| &old.body),
        new: Some(&record.body),
        at_us: now_us,
    };
    set.puts.extend(version::of(gateway, caller, happened));
    set.puts.push(Put { record, guard });
    set
}

/// Deletes a row that nothing refers to.
pub(crate) async fn delete(
    gateway: &Gateway,
    caller: &Caller,
    descriptor: &'static Descriptor,
    id: &str,
) -> Result<(), GatewayError> {
    let mut rounds = Rounds::new();
    loop {
        let mut reader = Reader::open(gateway, caller).await?;
        let record = reader.row(descriptor, id).await?;
        if descriptor.kind == "webhooks" {
            // The log of its deliveries belongs to it and refers to it.
            webhooks::forget_all_of(gateway, &caller.realm, id).await?;
            reader = Reader::open(gateway, caller).await?;
        }
        if let Some(kind) = referrer(reader.snapshot.as_mut(), &record.key).await? {
            return Err(GatewayError::Locked(format!(
                "{}/{id} is referred to by {kind}",
                descriptor.kind
            )));
        }
        let now_us = gateway.now_us(&caller.realm);
        let mut set = gateway.change_set(&caller.realm);
        if descriptor.kind == "sku_list_items" {
            let bundles = sku_list::without(&record, &mut reader, now_us).await?;
            set.puts.extend(bundles);
        }
        renewals::take_down(&record, &mut reader, &mut set).await?;
        drop(reader);
        let happened = Happened {
            descriptor,
            key: &record.key,
            old: Some(&record.body),
            new: None,
            at_us: now_us,
        };
        set.puts.extend(version::of(gateway, caller, happened));
        set.releases
            .extend(unique::claims(descriptor, &record.key, &record.body));
        set.deletes
            .push((record.key.clone(), Guard::At(record.version)));
        if CONFIGURATION.contains(&descriptor.kind) {
            set.counters.push(new_generation());
        }
        match gateway.commit(set).await? {
            Outcome::Done => return Ok(()),
            Outcome::Conflict(key) => rounds.again(&key).await?,
            Outcome::Refused(refusal) => return Err(refused(&refusal)),
        }
    }
}

/// A type with a row that refers to `key`, if there is one.
async fn referrer(
    snapshot: &mut dyn Snapshot,
    key: &Key,
) -> Result<Option<&'static str>, GatewayError> {
    let mut by_name: BTreeMap<&'static str, Vec<&'static str>> = BTreeMap::new();
    for descriptor in registry().0 {
        for relationship in descriptor.relationships {
            let stored = relationship.source == RelationshipSource::Stored;
            if stored && !goes_along(descriptor) && relationship.to.contains(&key.kind.as_ref()) {
                by_name
                    .entry(relationship.name)
                    .or_default()
                    .push(descriptor.kind);
            }
        }
    }
    let target = [key.id.clone()];
    for (name, kinds) in by_name {
        let found = snapshot.inverse(&kinds, name, &target, 1).await?;
        if let Some(record) = found.first() {
            return Ok(registry()
                .find(&record.key.kind)
                .map(|descriptor| descriptor.kind));
        }
    }
    Ok(None)
}

/// Rows of a type that belong to the one they refer to and are deleted with it.
fn goes_along(descriptor: &Descriptor) -> bool {
    descriptor.kind == "order_subscription_items"
}

/// 422 on one attribute.
pub(crate) fn refuse(name: &str, word: &str, message: &str) -> GatewayError {
    GatewayError::violation(Violation::attribute(name, word, message))
}
