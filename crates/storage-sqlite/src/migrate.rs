//! Bringing a database to the schema that this program needs.
//!
//! Invariant: an up-to-date database is recognised by one read. Migrations are applied once, in order, in one
//! transaction; what descriptors ask of the links table is compared by a digest and made anew when it differs.

use kassa_storage::sql::{Dialect, migrations};
use kassa_storage::{Record, Registry, RelationshipSource, links};
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
    fix_statistics(&transaction)?;
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

/// Changes whenever a stored relationship or an indexed attribute does.
fn digest(registry: &Registry) -> String {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut add = |text: &str| {
        for byte in text.bytes().chain([0]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    };
    // What a link is made of: another number makes all of them anew.
    add("2");
    for descriptor in registry.0 {
        add(descriptor.kind);
        for relationship in descriptor.relationships {
            if relationship.source == RelationshipSource::Stored {
                add(relationship.name);
                add(&format!("{:?} {}", relationship.to, relationship.many));
            }
        }
        for attribute in descriptor.attributes {
            if links::has_index(attribute) {
                add(attribute.name);
            }
        }
    }
    format!("{hash:016x}")
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
    ("links", "links", "4000000 2000000 100000 50000 10 1 1"),
    ("operations", "operations_of_order", "100000 50000 5"),
];

/// Tells the planner what a grown shop looks like. Without statistics it believes that a type has ten rows and
/// walks it; with gathered ones, plans would differ from one database to the next. These are the same everywhere.
fn fix_statistics(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    // On this table ANALYZE reads nothing, but it makes the statistics table.
    transaction.execute_batch("ANALYZE sqlite_schema; DELETE FROM sqlite_stat1")?;
    let mut insert =
        transaction.prepare("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?1, ?2, ?3)")?;
    for (table, index, shape) in SHAPES {
        insert.execute(params![table, index, shape])?;
    }
    transaction.execute_batch("ANALYZE sqlite_schema")
}

/// Rows read at once while links are made anew.
const PAGE_ROWS: usize = 500;

/// Makes every record's links anew from its body, a page of rows at a time.
fn derive_links(transaction: &Transaction<'_>, registry: &Registry) -> Result<(), OpenError> {
    let mut after = 0;
    loop {
        let page = page_after(transaction, after)?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = last.rowid;
        for row in &page {
            let links = links::links(registry, &row.record);
            let written = links::encode(&links);
            if written == row.written_links {
                continue;
            }
            let update = Links {
                realm: &row.realm,
                key: &row.record.key,
                before: &row.written_links,
                after: &links,
            };
            update.write(transaction)?;
            transaction
                .prepare_cached("UPDATE records SET links = ?2 WHERE rowid = ?1")?
                .execute(params![row.rowid, written])?;
        }
    }
}

/// A record with what its links are made from.
struct LinkedRow {
    rowid: i64,
    realm: String,
    record: Record,
    written_links: String,
}

fn page_after(transaction: &Transaction<'_>, rowid: i64) -> Result<Vec<LinkedRow>, OpenError> {
    let mut statement = transaction.prepare_cached(&format!(
        "SELECT {}, r.links, r.realm, r.rowid FROM records r WHERE r.rowid > ?1 ORDER BY r.rowid LIMIT {PAGE_ROWS}",
        kassa_storage::sql::COLUMNS
    ))?;
    let mut rows = statement.query([rowid])?;
    let mut page = Vec::with_capacity(PAGE_ROWS);
    while let Some(row) = rows.next()? {
        page.push(LinkedRow {
            record: rows::record(row)?,
            written_links: row.get(11)?,
            realm: row.get(12)?,
            rowid: row.get(13)?,
        });
    }
    Ok(page)
}
