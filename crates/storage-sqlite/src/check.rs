//! Deciding whether a change set applies, by reads alone.
//!
//! Invariant: when [`check`] returns a [`Plan`], writing it cannot fail for a reason of its own: this transaction
//! holds the write lock, and a set's effects on itself (two changes of one counter, two ledger entries of one
//! order) are followed here. So no set ever needs a savepoint.

use std::collections::{HashMap, HashSet};

use kassa_storage::ledger::{self, LedgerEffect};
use kassa_storage::{
    ClaimKey, Commit, ConflictOn, Guard, IdempotencyChange, Key, LedgerChange, LedgerEntry, Put,
    Refusal, StoreError,
};
use rusqlite::{Connection, OptionalExtension, params};

use crate::prepared::Prepared;
use crate::rows;

/// What is to be written, beyond what the set itself says.
#[derive(Debug)]
pub(crate) struct Plan {
    /// The row that each put replaces.
    pub(crate) existing: Vec<Option<Existing>>,
    /// Whether each claim must be inserted (else its owner holds it already).
    pub(crate) claims: Vec<bool>,
    /// New values of the counters, each once.
    pub(crate) counters: Vec<(String, i64)>,
    /// What becomes of the ledger.
    pub(crate) ledger: Vec<LedgerEffect>,
}

/// What an update needs to know of the row before.
#[derive(Debug)]
pub(crate) struct Existing {
    pub(crate) root: Option<Key>,
    pub(crate) version: i64,
    pub(crate) owner: Option<String>,
    pub(crate) written_links: String,
}

/// Why no plan came out.
pub(crate) enum Stop {
    /// The set is answered without a write.
    Answer(Commit),
    /// SQLite says no.
    Sqlite(rusqlite::Error),
    /// A stored row cannot be read.
    Store(StoreError),
}

impl From<rusqlite::Error> for Stop {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

fn refused(refusal: Refusal) -> Stop {
    Stop::Answer(Commit::Refused(refusal))
}

fn conflict(key: &Key) -> Stop {
    Stop::Answer(Commit::Conflict(ConflictOn::Record(key.clone())))
}

fn malformed(reason: String) -> Stop {
    refused(Refusal::Malformed(reason))
}

/// Checks everything the set relies on. Known ids and keys in use answer first, then stale versions, so that a
/// stale decision is told to read again before a bound or a claim is held against it.
pub(crate) fn check(connection: &Connection, prepared: &Prepared) -> Result<Plan, Stop> {
    let set = &prepared.set;
    let realm = set.realm.as_str();
    if is_committed(connection, realm, &set.id)? {
        return Err(Stop::Answer(Commit::Committed));
    }
    for change in &set.idempotency {
        if let IdempotencyChange::Begin { key, .. } = change {
            check_key_free(connection, realm, key)?;
        }
    }
    let existing = check_records(connection, prepared)?;
    Ok(Plan {
        existing,
        claims: check_claims(connection, prepared)?,
        counters: check_counters(connection, prepared)?,
        ledger: check_ledger(connection, prepared)?,
    })
}

/// Whether the set with this id was applied.
pub(crate) fn is_committed(
    connection: &Connection,
    realm: &str,
    id: &str,
) -> rusqlite::Result<bool> {
    connection
        .prepare_cached("SELECT 1 FROM commits WHERE realm = ?1 AND id = ?2")?
        .exists(params![realm, id])
}

fn check_key_free(connection: &Connection, realm: &str, key: &str) -> Result<(), Stop> {
    let known = connection
        .prepare_cached("SELECT fingerprint, reply FROM idempotency WHERE realm = ?1 AND key = ?2")?
        .query_row(params![realm, key], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    known.map_or(Ok(()), |(fingerprint, reply)| {
        Err(refused(Refusal::IdempotencyKey {
            key: key.to_owned(),
            fingerprint,
            reply,
        }))
    })
}

fn check_records(
    connection: &Connection,
    prepared: &Prepared,
) -> Result<Vec<Option<Existing>>, Stop> {
    let set = &prepared.set;
    let realm = set.realm.as_str();
    for (key, version) in &set.checks {
        let found = existing(connection, realm, key)?;
        check_version(key, found.as_ref(), *version)?;
    }
    let written: HashSet<&Key> = (set.puts.iter().map(|put| &put.record.key))
        .chain(set.deletes.iter().map(|(key, _)| key))
        .collect();
    let mut rows = Vec::with_capacity(set.puts.len());
    for put in &set.puts {
        let found = existing(connection, realm, &put.record.key)?;
        check_put(put, found.as_ref(), &written)?;
        rows.push(found);
    }
    for (key, guard) in &set.deletes {
        let found = existing(connection, realm, key)?;
        match guard {
            Guard::At(version) => check_version(key, found.as_ref(), *version)?,
            Guard::New | Guard::ByRoot => check_child(key, found.as_ref(), &written)?,
        }
    }
    Ok(rows)
}

fn check_put(put: &Put, found: Option<&Existing>, written: &HashSet<&Key>) -> Result<(), Stop> {
    let key = &put.record.key;
    match put.guard {
        Guard::New if found.is_some() => Err(conflict(key)),
        Guard::New => Ok(()),
        Guard::At(version) => check_version(key, found, version),
        Guard::ByRoot => check_child(key, found, written),
    }
}

fn check_version(key: &Key, found: Option<&Existing>, version: i64) -> Result<(), Stop> {
    match found {
        Some(row) if row.root.is_none() && row.version == version => Ok(()),
        _ => Err(conflict(key)),
    }
}

/// A child that exists must belong to a root that this set writes, or its guard would be another's.
fn check_child(key: &Key, found: Option<&Existing>, written: &HashSet<&Key>) -> Result<(), Stop> {
    let Some(row) = found else {
        return Ok(());
    };
    match &row.root {
        Some(root) if written.contains(root) => Ok(()),
        Some(root) => Err(malformed(format!(
            "{key:?} belongs to {root:?}, which is not written"
        ))),
        None => Err(malformed(format!("{key:?} is a root"))),
    }
}

fn existing(connection: &Connection, realm: &str, key: &Key) -> rusqlite::Result<Option<Existing>> {
    connection
        .prepare_cached(
            "SELECT root_kind, root_id, version, owner, links FROM records WHERE realm = ?1 AND kind = ?2 AND id = ?3",
        )?
        .query_row(params![realm, key.kind, key.id], |row| {
            let kind: Option<String> = row.get(0)?;
            let id: Option<String> = row.get(1)?;
            Ok(Existing {
                root: kind.zip(id).map(|(kind, id)| Key::new(kind, id)),
                version: row.get(2)?,
                owner: row.get(3)?,
                written_links: row.get(4)?,
            })
        })
        .optional()
}

fn check_claims(connection: &Connection, prepared: &Prepared) -> Result<Vec<bool>, Stop> {
    let set = &prepared.set;
    let mut missing = Vec::with_capacity(set.claims.len());
    for (claim, owner) in &set.claims {
        let holder = claim_owner(connection, set.realm.as_str(), claim)?;
        missing.push(match holder {
            None => true,
            Some(holder) => {
                let released = set
                    .releases
                    .iter()
                    .any(|(freed, by)| freed == claim && *by == holder);
                if !released && holder != *owner {
                    return Err(refused(Refusal::Taken {
                        claim: claim.clone(),
                        owner: holder,
                    }));
                }
                released
            }
        });
    }
    Ok(missing)
}

/// Who holds a claim.
pub(crate) fn claim_owner(
    connection: &Connection,
    realm: &str,
    claim: &ClaimKey,
) -> rusqlite::Result<Option<String>> {
    connection
        .prepare_cached("SELECT owner FROM claims WHERE realm = ?1 AND kind = ?2 AND value = ?3")?
        .query_row(params![realm, claim.kind, claim.value], |row| row.get(0))
        .optional()
}

fn check_counters(
    connection: &Connection,
    prepared: &Prepared,
) -> Result<Vec<(String, i64)>, Stop> {
    let mut values: Vec<(String, i64)> = Vec::with_capacity(prepared.set.counters.len());
    for change in &prepared.set.counters {
        let known = values.iter().position(|(name, _)| *name == change.name);
        let index = match known {
            Some(index) => index,
            None => {
                let value = counter_value(connection, prepared.set.realm.as_str(), &change.name)?;
                values.push((change.name.clone(), value));
                values.len() - 1
            }
        };
        let value = values[index].1;
        match value.checked_add(change.delta) {
            Some(sum) if (change.min..=change.max).contains(&sum) => values[index].1 = sum,
            _ => {
                return Err(refused(Refusal::Bound {
                    counter: change.name.clone(),
                    value,
                }));
            }
        }
    }
    Ok(values)
}

/// A counter's value; 0 when it does not exist.
pub(crate) fn counter_value(
    connection: &Connection,
    realm: &str,
    name: &str,
) -> rusqlite::Result<i64> {
    let value = connection
        .prepare_cached("SELECT value FROM counters WHERE realm = ?1 AND name = ?2")?
        .query_row(params![realm, name], |row| row.get(0))
        .optional()?;
    Ok(value.unwrap_or(0))
}

fn check_ledger(connection: &Connection, prepared: &Prepared) -> Result<Vec<LedgerEffect>, Stop> {
    let set = &prepared.set;
    let realm = set.realm.as_str();
    let mut books: HashMap<String, Vec<LedgerEntry>> = HashMap::new();
    let mut effects = Vec::with_capacity(set.ledger.len());
    for change in &set.ledger {
        let order_id = order_of(connection, realm, change, &books)?;
        if !books.contains_key(&order_id) {
            let entries = ledger_entries(connection, realm, &order_id)?;
            books.insert(order_id.clone(), entries);
        }
        let entries = books.entry(order_id).or_default();
        let effect = ledger::apply(entries, change)
            .map_err(|refusal| refused(Refusal::Ledger(refusal.to_string())))?;
        match &effect {
            LedgerEffect::Unchanged => {}
            LedgerEffect::Insert(entry) => entries.push(entry.clone()),
            LedgerEffect::Update {
                id,
                phase,
                discrepancy,
            } => {
                for entry in entries.iter_mut().filter(|entry| entry.id == *id) {
                    entry.phase = *phase;
                    entry.discrepancy = *discrepancy;
                }
            }
        }
        effects.push(effect);
    }
    Ok(effects)
}

/// The order that a change is about. A new entry whose id another order uses is refused as existing, whichever
/// order it names.
fn order_of(
    connection: &Connection,
    realm: &str,
    change: &LedgerChange,
    books: &HashMap<String, Vec<LedgerEntry>>,
) -> Result<String, Stop> {
    let id = match change {
        LedgerChange::Reserve(entry) | LedgerChange::Fact(entry) => &entry.id,
        LedgerChange::Post { id } | LedgerChange::Void { id } => id,
    };
    let in_set = books
        .values()
        .flatten()
        .find(|entry| entry.id == *id)
        .map(|entry| entry.order_id.clone());
    if let Some(order_id) = in_set {
        return Ok(order_id);
    }
    let stored: Option<String> = connection
        .prepare_cached("SELECT order_id FROM ledger WHERE realm = ?1 AND id = ?2")?
        .query_row(params![realm, id], |row| row.get(0))
        .optional()?;
    Ok(match (stored, change) {
        (Some(order_id), _) => order_id,
        (None, LedgerChange::Reserve(entry) | LedgerChange::Fact(entry)) => entry.order_id.clone(),
        (None, _) => String::new(),
    })
}

/// All entries of an order, oldest first.
pub(crate) fn ledger_entries(
    connection: &Connection,
    realm: &str,
    order_id: &str,
) -> Result<Vec<LedgerEntry>, StoreError> {
    let read = |error| rows::store_error(error);
    let mut statement = connection
        .prepare_cached(
            "SELECT id, order_id, kind, amount, currency, phase, discrepancy, at FROM ledger \
             WHERE realm = ?1 AND order_id = ?2 ORDER BY at, id",
        )
        .map_err(read)?;
    let mut found = statement.query(params![realm, order_id]).map_err(read)?;
    let mut entries = Vec::new();
    while let Some(row) = found.next().map_err(read)? {
        entries.push(rows::ledger_entry(row)?);
    }
    Ok(entries)
}
