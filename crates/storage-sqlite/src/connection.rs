//! Opening connections: file permissions and the settings that each kind of connection needs.
//!
//! Invariant: the database is readable by its owner alone, and every connection speaks WAL with 8 KiB pages.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::options::Synchronous;

/// Pages of the write-ahead log, 8 KiB each, at which a checkpoint is tried: 16 MiB.
pub(crate) const CHECKPOINT_PAGES: u32 = 2048;
/// Pages at which the checkpoint waits for readers, so that the log starts over: 64 MiB.
pub(crate) const RESTART_PAGES: u32 = 4 * CHECKPOINT_PAGES;

/// The connection that writes.
pub(crate) fn open_writer(path: &Path, synchronous: Synchronous) -> rusqlite::Result<Connection> {
    create_private(path);
    let connection = open(path)?;
    let synchronous = match synchronous {
        Synchronous::Full => "FULL",
        Synchronous::Off => "OFF",
    };
    // The page size counts only while the file is empty. The log keeps its size between checkpoints, because
    // writing over it is cheaper than growing it; checkpoints are called by the writer, never inside a COMMIT.
    connection.execute_batch(&format!(
        "PRAGMA page_size = 8192;
         PRAGMA journal_mode = WAL;
         PRAGMA synchronous = {synchronous};
         PRAGMA wal_autocheckpoint = 0;
         PRAGMA journal_size_limit = 67108864;
         PRAGMA cache_size = -4096;"
    ))?;
    connection.set_prepared_statement_cache_capacity(96);
    Ok(connection)
}

/// A connection that reads.
pub(crate) fn open_reader(path: &Path) -> rusqlite::Result<Connection> {
    let connection = open(path)?;
    connection.execute_batch("PRAGMA query_only = ON; PRAGMA cache_size = -1024;")?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

fn open(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    // Statistics are fixed by the migrations and plans shall be the same everywhere. Without this, SQLite plans a
    // cached statement anew whenever a bound value changes, which cost more than running it.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(connection)
}

/// Creates the file with mode 0600; SQLite gives its log the same mode. An existing file keeps its mode, and an
/// error shows again, with a better text, when SQLite opens the file.
fn create_private(path: &Path) {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    drop(options.open(path));
}
