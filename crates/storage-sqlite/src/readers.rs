//! Connections that read.
//!
//! Invariant: a connection in the pool has no open transaction; one that is given back, by whatever way, is reset
//! first or closed. There is no hard bound below [`READERS_MAX`]: a request that opens a second snapshot must not
//! wait for itself.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use kassa_storage::StoreError;
use rusqlite::Connection;

use crate::connection::open_reader;
use crate::rows::store_error;

/// Connections kept when idle: each costs some 100 KiB.
const READERS_KEPT: usize = 4;
/// Connections open at once; beyond it snapshots are refused.
const READERS_MAX: usize = 256;

/// The pool.
#[derive(Debug)]
pub(crate) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
    open: AtomicUsize,
}

impl Readers {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self {
            path,
            idle: Mutex::new(Vec::new()),
            open: AtomicUsize::new(0),
        }
    }

    /// A connection, an idle one or a new one.
    pub(crate) fn take(self: &Arc<Self>) -> Result<Reader, StoreError> {
        let idle = self
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        let connection = match idle {
            Some(connection) => connection,
            None => self.open()?,
        };
        Ok(Reader {
            connection: Some(connection),
            pool: Arc::clone(self),
        })
    }

    fn open(&self) -> Result<Connection, StoreError> {
        if self.open.fetch_add(1, Ordering::Relaxed) >= READERS_MAX {
            self.open.fetch_sub(1, Ordering::Relaxed);
            return Err(StoreError::Unavailable(
                "too many snapshots are open".to_owned(),
            ));
        }
        open_reader(&self.path).map_err(|error| {
            self.open.fetch_sub(1, Ordering::Relaxed);
            store_error(error)
        })
    }
}

/// A connection on loan.
#[derive(Debug)]
pub(crate) struct Reader {
    /// Always there until the drop.
    connection: Option<Connection>,
    pool: Arc<Readers>,
}

impl Reader {
    pub(crate) fn connection(&self) -> Result<&Connection, StoreError> {
        self.connection
            .as_ref()
            .ok_or_else(|| StoreError::Unavailable("the reader was given back".to_owned()))
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else {
            return;
        };
        let clean = connection.is_autocommit()
            || connection
                .prepare_cached("ROLLBACK")
                .and_then(|mut statement| statement.execute([]))
                .is_ok();
        let mut idle = self
            .pool
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if clean && idle.len() < READERS_KEPT {
            idle.push(connection);
        } else {
            self.pool.open.fetch_sub(1, Ordering::Relaxed);
        }
    }
}
