//! Writing a checked change set.
//!
//! Invariant: only what changed is written: an update that keeps root and owner leaves their indexes alone, and links
//! are touched one by one where old and new differ.

use kassa_storage::{ChangeSet, Key, Link, Put, links};
use rusqlite::types::Type;
use rusqlite::{Connection, Error, params};

use crate::bookkeeping::{write_idempotency, write_ledger, write_operations, write_queues};
use crate::check::{Existing, Plan};
use crate::prepared::{Prepared, PreparedPut};

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
                    "DELETE FROM links WHERE realm = ?1 AND from_kind = ?2 AND name = ?3 AND to_id = ?4 \
                     AND from_id = ?5 AND to_kind = ?6",
                )?
                .execute(self.columns(link))?;
        }
        for link in self.after.iter().filter(|link| !before.contains(link)) {
            connection
                .prepare_cached(
                    "INSERT INTO links (realm, from_kind, name, to_id, from_id, to_kind) \
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING",
                )?
                .execute(self.columns(link))?;
        }
        Ok(())
    }

    fn columns<'b>(&'b self, link: &'b Link) -> [&'b str; 6] {
        [
            self.realm,
            &link.from.kind,
            &link.name,
            &link.to.id,
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
