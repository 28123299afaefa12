//! Bringing a database to the schema that this program needs.
//!
//! Invariant: an up-to-date database is recognised by one read. Migrations are applied once, in order, in one
//! transaction; the indexes of descriptors are compared by a digest and replaced when it differs.

use kassa_storage::sql::{Dialect, derived_indexes, migrations};
use kassa_storage::{Record, Registry, links};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use crate::rows;
use crate::write::Links;

/// Why a store could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// SQLite says no.
    #[error("the database cannot be opened: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// A newer program has written the database.
    #[error("the database has schema {found}, this program knows {known}: use the newer program")]
    Newer {
        /// The database's.
        found: i64,
        /// This program's.
        known: i64,
    },
    /// A row cannot be read.
    #[error(transparent)]
    Store(#[from] kassa_storage::StoreError),
    /// The writer's thread cannot be started.
    #[error("the writer cannot be started: {0}")]
    Thread(#[from] std::io::Error),
}

/// Applies what is missing.
pub(crate) fn migrate(connection: &mut Connection, registry: &Registry) -> Result<(), OpenError> {
    let steps = migrations(Dialect::Sqlite);
    let known = steps.last().map_or(0, |step| step.number);
    let digest = digest(registry);
    let (found, found_digest) = versions(connection)?;
    if found > known {
        return Err(OpenError::Newer { found, known });
    }
    if found == known && found_digest.as_ref() == Some(&digest) {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for step in steps.iter().filter(|step| step.number > found) {
        transaction.execute_batch(&step.sql)?;
    }
    derive_indexes(&transaction, registry)?;
    fix_statistics(&transaction, registry)?;
    if found > 0 {
        derive_links(&transaction, registry)?;
    }
    for (name, value) in [("schema", known.to_string()), ("derived", digest)] {
        transaction.execute(
            "INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            params![name, value],
        )?;
    }
    transaction.commit()?;
    Ok(())
}

/// The schema's number and the digest of what descriptors derive; 0 for an empty file.
fn versions(connection: &Connection) -> rusqlite::Result<(i64, Option<String>)> {
    let exists = connection
        .query_row(
            "SELECT 1 FROM sqlite_schema WHERE name = 'meta'",
            [],
            |_| Ok(()),
        )
        .optional()?;
    if exists.is_none() {
        return Ok((0, None));
    }
    let value = |name: &str| {
        connection
            .query_row("SELECT value FROM meta WHERE name = ?1", [name], |row| {
                row.get::<_, String>(0)
            })
            .optional()
    };
    let schema = value("schema")?.and_then(|text| text.parse().ok());
    Ok((schema.unwrap_or(0), value("derived")?))
}

/// Changes whenever an index or a stored relationship does.
fn digest(registry: &Registry) -> String {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut add = |text: &str| {
        for byte in text.bytes().chain([0]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    };
    for (_, sql) in derived_indexes(Dialect::Sqlite, registry) {
        add(&sql);
    }
    for descriptor in registry.0 {
        for relationship in descriptor.relationships {
            if relationship.source == kassa_storage::RelationshipSource::Stored {
                add(descriptor.kind);
                add(relationship.name);
                add(&format!("{:?} {}", relationship.to, relationship.many));
            }
        }
    }
    format!("{hash:016x}")
}

/// Drops indexes that nothing asks for any more and creates the missing ones.
fn derive_indexes(transaction: &Transaction<'_>, registry: &Registry) -> rusqlite::Result<()> {
    let wanted = derived_indexes(Dialect::Sqlite, registry);
    let mut existing = Vec::new();
    {
        let mut statement = transaction.prepare(
            "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND substr(name, 1, 8) = 'derived_'",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            existing.push((row.get::<_, String>(0)?, row.get::<_, String>(1)?));
        }
    }
    for (name, _) in existing.iter().filter(|index| !wanted.contains(index)) {
        transaction.execute_batch(&format!("DROP INDEX {name}"))?;
    }
    for (_, sql) in wanted.iter().filter(|index| !existing.contains(index)) {
        transaction.execute_batch(sql)?;
    }
    Ok(())
}

/// Table, index and shape of a grown shop: rows, then rows per distinct prefix of the index's columns.
const SHAPES: [(&str, &str, &str); 5] = [
    (
        "records",
        "sqlite_autoindex_records_1",
        "1000000 500000 50000 1",
    ),
    ("records", "records_of_root", "800000 400000 400000 8"),
    ("records", "records_in_order", "1000000 500000 50000 2 1"),
    ("links", "links", "2000000 1000000 20 10 10 1 1"),
    ("operations", "operations_of_order", "100000 50000 5"),
];
/// The shape of every derived index.
const DERIVED_SHAPE: &str = "50000 25000 10 1 1";

/// Tells the planner what a grown shop looks like. Without statistics it believes that a type has ten rows and
/// walks it; with gathered ones, plans would differ from one database to the next. These are the same everywhere.
fn fix_statistics(transaction: &Transaction<'_>, registry: &Registry) -> rusqlite::Result<()> {
    // On this table ANALYZE reads nothing, but it makes the statistics table.
    transaction.execute_batch("ANALYZE sqlite_schema; DELETE FROM sqlite_stat1")?;
    let mut insert =
        transaction.prepare("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?1, ?2, ?3)")?;
    for (table, index, shape) in SHAPES {
        insert.execute(params![table, index, shape])?;
    }
    for (index, _) in derived_indexes(Dialect::Sqlite, registry) {
        insert.execute(params!["records", index, DERIVED_SHAPE])?;
    }
    transaction.execute_batch("ANALYZE sqlite_schema")
}

/// Makes every record's links anew from its body, in case a relationship was added.
fn derive_links(transaction: &Transaction<'_>, registry: &Registry) -> Result<(), OpenError> {
    let mut statement = transaction.prepare(&format!(
        "SELECT {}, r.links, r.realm FROM records r",
        kassa_storage::sql::COLUMNS
    ))?;
    let mut changed: Vec<(String, Record, String)> = Vec::new();
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let record = rows::record(row)?;
        let written: String = row.get(11)?;
        if links::encode(&links::links(registry, &record)) != written {
            changed.push((row.get(12)?, record, written));
        }
    }
    for (realm, record, written) in changed {
        let links = links::links(registry, &record);
        let update = Links {
            realm: &realm,
            key: &record.key,
            before: &written,
            after: &links,
        };
        update.write(transaction)?;
        transaction.execute(
            "UPDATE records SET links = ?4 WHERE realm = ?1 AND kind = ?2 AND id = ?3",
            params![realm, record.key.kind, record.key.id, links::encode(&links)],
        )?;
    }
    Ok(())
}
