//! The store on SQLite, for one machine.
//!
//! One writer thread owns the connection that writes; it applies whatever change sets are queued in one
//! transaction, makes them durable with one fsync, and answers after COMMIT. Readers have connections of their own;
//! a snapshot is one read transaction. A failed COMMIT ends the process, because what the disk holds is unknown
//! then; the restart recovers everything that was answered. The long version is `docs/storage.md`.
//!
//! Absent on purpose: rules (the ledger's is `kassa_storage::ledger`), SQL built from input, and any second
//! connection that writes.

mod batch;
mod bookkeeping;
mod bound;
mod calls;
mod check;
mod connection;
mod lead;
mod lease;
mod migrate;
mod options;
mod prepared;
mod readers;
mod rows;
mod snapshot;
mod store;
mod write;
mod writer;

pub use batch::{Batcher, CommitFailed};
pub use migrate::OpenError;
pub use options::{Options, Synchronous};
pub use store::SqliteStore;
