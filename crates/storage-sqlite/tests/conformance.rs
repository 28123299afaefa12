//! The storage contract on SQLite.

use std::sync::Arc;

use kassa_storage::Store;
use kassa_storage::conformance::REGISTRY;
use kassa_storage_sqlite::{Options, SqliteStore};

async fn open() -> (Arc<dyn Store>, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let path = folder.path().join("kassa.db");
    let store =
        SqliteStore::open(path, Options::unsynchronised(), REGISTRY).expect("an empty file opens");
    (Arc::new(store), folder)
}

kassa_storage::conformance_suite!(open);
