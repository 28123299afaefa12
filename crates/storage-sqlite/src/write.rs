//! Writing a checked change set.
//!
//! Invariant: only what changed is written: an update that keeps root and owner leaves their indexes alone, and links
//! are touched one by one where old and new differ.

use kassa_storage::ledger::LedgerEffect;
use kassa_storage::{
    ChangeSet, IdempotencyChange, Key, LedgerEntry, Link, Put, QueueChange, links,
};
use rusqlite::types::Type;
use rusqlite::{Connection, Error, params};

use crate::check::{Existing, Plan};
use crate::prepared::{Prepared, PreparedPut};
use crate::rows;

/// Writes everything and remembers the set's id, at machine time `now`.
pub(crate) fn write(
    connection: &Connection,
    prepared: &Prepared,
    plan: &Plan,
    now: i64,
) -> rusqlite::Result<()> {
    let set = &prepared.set;
    let realm = set.realm.as_str();
    for (key, _) in &set.deletes {
        delete(connection, realm, key)?;
    }
    let rows = set.puts.iter().zip(&prepared.puts).zip(&plan.existing);
    for ((put, texts), existing) in rows {
        match existing {
            Some(existing) => update(connection, realm, put, texts, existing)?,
            None => insert(connection, realm, put, texts)?,
        }
    }
    write_claims(connection, set, plan)?;
    for (name, value) in &plan.counters {
        connection
            .prepare_cached(
                "INSERT INTO counters (realm, name, value) VALUES (?1, ?2, ?3) \
                 ON CONFLICT (realm, name) DO UPDATE SET value = excluded.value",
            )?
            .execute(params![realm, name, value])?;
    }
    write_operations(connection, prepared)?;
    for effect in &plan.ledger {
        write_ledger(connection, realm, effect)?;
    }
    write_queues(connection, prepared)?;
    for change in &set.idempotency {
        write_idempotency(connection, realm, change, now)?;
    }
    connection
        .prepare_cached("INSERT INTO commits (realm, id, at) VALUES (?1, ?2, ?3)")?
        .execute(params![realm, set.id, now])?;
    Ok(())
}

fn insert(
    connection: &Connection,
    realm: &str,
    put: &Put,
    texts: &PreparedPut,
) -> rusqlite::Result<()> {
    let record = &put.record;
    let (root_kind, root_id, version) = if record.is_root() {
        (None, None, 1)
    } else {
        (Some(&record.root.kind), Some(&record.root.id), 0)
    };
    connection
        .prepare_cached(
            "INSERT INTO records (realm, kind, id, root_kind, root_id, version, schema, market, owner, body, links, \
             created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        )?
        .execute(params![
            realm,
            record.key.kind,
            record.key.id,
            root_kind,
            root_id,
            version,
            record.schema,
            record.market,
            record.owner,
            texts.body,
            texts.written_links,
            record.created_at,
            record.updated_at,
        ])?;
    let links = Links {
        realm,
        key: &record.key,
        before: "",
        after: &texts.links,
    };
    links.write(connection)
}

fn update(
    connection: &Connection,
    realm: &str,
    put: &Put,
    texts: &PreparedPut,
    existing: &Existing,
) -> rusqlite::Result<()> {
    let record = &put.record;
    let key = &record.key;
    let (root, version) = if record.is_root() {
        (None, existing.version + 1)
    } else {
        (Some(&record.root), 0)
    };
    let changed = if root == existing.root.as_ref() && record.owner == existing.owner {
        connection
            .prepare_cached(
                "UPDATE records SET version = ?4, schema = ?5, market = ?6, body = ?7, links = ?8, updated_at = ?9 \
                 WHERE realm = ?1 AND kind = ?2 AND id = ?3",
            )?
            .execute(params![
                realm,
                key.kind,
                key.id,
                version,
                record.schema,
                record.market,
                texts.body,
                texts.written_links,
                record.updated_at,
            ])?
    } else {
        connection
            .prepare_cached(
                "UPDATE records SET version = ?4, schema = ?5, market = ?6, body = ?7, links = ?8, updated_at = ?9, \
                 root_kind = ?10, root_id = ?11, owner = ?12 WHERE realm = ?1 AND kind = ?2 AND id = ?3",
            )?
            .execute(params![
                realm,
                key.kind,
                key.id,
                version,
                record.schema,
                record.market,
                texts.body,
                texts.written_links,
                record.updated_at,
                root.map(|root| &root.kind),
                root.map(|root| &root.id),
                record.owner,
            ])?
    };
    if changed == 0 {
        // Its old root was deleted by this set and took it along; it lives on under another.
        return insert(connection, realm, put, texts);
    }
    if existing.written_links == texts.written_links {
        return Ok(());
    }
    let links = Links {
        realm,
        key,
        before: &existing.written_links,
        after: &texts.links,
    };
    links.write(connection)
}

/// Deletes a record, its links, and its children with theirs.
fn delete(connection: &Connection, realm: &str, key: &Key) -> rusqlite::Result<()> {
    let mut gone: Vec<(Key, String)> = Vec::new();
    {
        let mut statement = connection.prepare_cached(
            "SELECT kind, id, links FROM records WHERE realm = ?1 AND kind = ?2 AND id = ?3 UNION ALL \
             SELECT kind, id, links FROM records WHERE realm = ?1 AND root_kind = ?2 AND root_id = ?3",
        )?;
        let mut rows = statement.query(params![realm, key.kind, key.id])?;
        while let Some(row) = rows.next()? {
            let key = Key::new(row.get::<_, String>(0)?, row.get::<_, String>(1)?);
            gone.push((key, row.get(2)?));
        }
    }
    for (key, before) in &gone {
        connection
            .prepare_cached("DELETE FROM records WHERE realm = ?1 AND kind = ?2 AND id = ?3")?
            .execute(params![realm, key.kind, key.id])?;
        let links = Links {
            realm,
            key,
            before,
            after: &[],
        };
        links.write(connection)?;
    }
    Ok(())
}

/// The change of one record's links.
pub(crate) struct Links<'a> {
    pub(crate) realm: &'a str,
    pub(crate) key: &'a Key,
    /// Written form of the links before.
    pub(crate) before: &'a str,
    /// The links to be.
    pub(crate) after: &'a [Link],
}

impl Links<'_> {
    /// Deletes the links that are gone and inserts the new ones.
    pub(crate) fn write(&self, connection: &Connection) -> rusqlite::Result<()> {
        let before = links::decode(self.key, self.before)
            .map_err(|reason| Error::FromSqlConversionFailure(4, Type::Text, reason.into()))?;
        for link in before.iter().filter(|link| !self.after.contains(link)) {
            connection
                .prepare_cached(
                    "DELETE FROM links WHERE realm = ?1 AND to_id = ?2 AND name = ?3 AND from_kind = ?4 \
                     AND from_id = ?5 AND to_kind = ?6",
                )?
                .execute(self.columns(link))?;
        }
        for link in self.after.iter().filter(|link| !before.contains(link)) {
            connection
                .prepare_cached(
                    "INSERT INTO links (realm, to_id, name, from_kind, from_id, to_kind) \
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING",
                )?
                .execute(self.columns(link))?;
        }
        Ok(())
    }

    fn columns<'b>(&'b self, link: &'b Link) -> [&'b str; 6] {
        [
            self.realm,
            &link.to.id,
            &link.name,
            &link.from.kind,
            &link.from.id,
            &link.to.kind,
        ]
    }
}

fn write_claims(connection: &Connection, set: &ChangeSet, plan: &Plan) -> rusqlite::Result<()> {
    let realm = set.realm.as_str();
    for (claim, owner) in &set.releases {
        connection
            .prepare_cached(
                "DELETE FROM claims WHERE realm = ?1 AND kind = ?2 AND value = ?3 AND owner = ?4",
            )?
            .execute(params![realm, claim.kind, claim.value, owner])?;
    }
    for ((claim, owner), missing) in set.claims.iter().zip(&plan.claims) {
        if *missing {
            connection
                .prepare_cached(
                    "INSERT INTO claims (realm, kind, value, owner) VALUES (?1, ?2, ?3, ?4)",
                )?
                .execute(params![realm, claim.kind, claim.value, owner])?;
        }
    }
    Ok(())
}

/// The first write fixes order, kind, request and time of making: a resend must be byte-identical.
fn write_operations(connection: &Connection, prepared: &Prepared) -> rusqlite::Result<()> {
    let operations = prepared.set.operations.iter().zip(&prepared.operations);
    for (operation, (request, context, outcome)) in operations {
        connection
            .prepare_cached(
                "INSERT INTO operations (realm, id, order_id, kind, status, request, context, outcome, attempts, \
                 created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) \
                 ON CONFLICT (realm, id) DO UPDATE SET status = excluded.status, context = excluded.context, \
                 outcome = excluded.outcome, attempts = excluded.attempts, updated_at = excluded.updated_at",
            )?
            .execute(params![
                prepared.set.realm.as_str(),
                operation.id,
                operation.order_id,
                operation.kind,
                rows::status_word(operation.status),
                request,
                context,
                outcome,
                operation.attempts,
                operation.created_at,
                operation.updated_at,
            ])?;
    }
    Ok(())
}

fn write_ledger(
    connection: &Connection,
    realm: &str,
    effect: &LedgerEffect,
) -> rusqlite::Result<()> {
    match effect {
        LedgerEffect::Unchanged => {}
        LedgerEffect::Insert(entry) => insert_entry(connection, realm, entry)?,
        LedgerEffect::Update {
            id,
            phase,
            discrepancy,
        } => {
            connection
                .prepare_cached(
                    "UPDATE ledger SET phase = ?3, discrepancy = ?4 WHERE realm = ?1 AND id = ?2",
                )?
                .execute(params![realm, id, rows::phase_word(*phase), discrepancy])?;
            if *discrepancy {
                tracing::error!(realm, entry_id = id, "a ledger entry breaks an invariant");
            }
        }
    }
    Ok(())
}

fn insert_entry(connection: &Connection, realm: &str, entry: &LedgerEntry) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO ledger (realm, id, order_id, kind, amount, currency, phase, discrepancy, at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            realm,
            entry.id,
            entry.order_id,
            rows::kind_word(entry.kind),
            entry.amount,
            entry.currency,
            rows::phase_word(entry.phase),
            entry.discrepancy,
            entry.at,
        ])?;
    if entry.discrepancy {
        tracing::error!(
            realm,
            order_id = entry.order_id,
            entry_id = entry.id,
            amount_minor = entry.amount,
            "a fact breaks a ledger invariant"
        );
    }
    Ok(())
}

fn write_queues(connection: &Connection, prepared: &Prepared) -> rusqlite::Result<()> {
    let realm = prepared.set.realm.as_str();
    let bucket = prepared.set.realm.bucket();
    for (change, payload) in prepared.set.queues.iter().zip(&prepared.payloads) {
        match change {
            QueueChange::Send(message) => {
                connection
                    .prepare_cached(
                        "INSERT INTO outbox (realm, id, bucket, topic, payload, due_at, attempts, lease_until) \
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0) ON CONFLICT (realm, id) DO UPDATE SET \
                         topic = excluded.topic, payload = excluded.payload, due_at = excluded.due_at, \
                         attempts = excluded.attempts, lease_until = 0",
                    )?
                    .execute(params![
                        realm, message.id, bucket, message.topic, payload, message.due_at, message.attempts,
                    ])?;
            }
            QueueChange::Sent { id } => {
                connection
                    .prepare_cached("DELETE FROM outbox WHERE realm = ?1 AND id = ?2")?
                    .execute(params![realm, id])?;
            }
            QueueChange::Set(timer) => {
                connection
                    .prepare_cached(
                        "INSERT INTO timers (realm, id, bucket, kind, subject, payload, due_at, attempts, lease_until) \
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0) ON CONFLICT (realm, id) DO UPDATE SET \
                         kind = excluded.kind, subject = excluded.subject, payload = excluded.payload, \
                         due_at = excluded.due_at, attempts = excluded.attempts, lease_until = 0",
                    )?
                    .execute(params![
                        realm, timer.id, bucket, timer.kind, timer.subject, payload, timer.due_at, timer.attempts,
                    ])?;
            }
            QueueChange::Cancel { id } => {
                connection
                    .prepare_cached("DELETE FROM timers WHERE realm = ?1 AND id = ?2")?
                    .execute(params![realm, id])?;
            }
        }
    }
    Ok(())
}

/// Keys age by this store's clock at the earliest, so that a caller whose clock is behind does not lose them.
fn write_idempotency(
    connection: &Connection,
    realm: &str,
    change: &IdempotencyChange,
    now: i64,
) -> rusqlite::Result<()> {
    match change {
        IdempotencyChange::Begin {
            key,
            fingerprint,
            at,
        } => connection
            .prepare_cached(
                "INSERT INTO idempotency (realm, key, fingerprint, at) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![realm, key, fingerprint, now.max(*at)])?,
        IdempotencyChange::Complete { key, reply, at } => connection
            .prepare_cached(
                "UPDATE idempotency SET reply = ?3, at = ?4 WHERE realm = ?1 AND key = ?2 AND reply IS NULL",
            )?
            .execute(params![realm, key, reply, now.max(*at)])?,
        IdempotencyChange::Forget { key } => connection
            .prepare_cached("DELETE FROM idempotency WHERE realm = ?1 AND key = ?2")?
            .execute(params![realm, key])?,
    };
    Ok(())
}
