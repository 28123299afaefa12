//! The storage contract on SQLite: with lists that start at the rows a condition meets, and with lists that walk.

use std::sync::Arc;

use kassa_storage::Store;
use kassa_storage::conformance::REGISTRY;
use kassa_storage_sqlite::{Options, SqliteStore};

type Opened = (Arc<dyn Store>, tempfile::TempDir);

fn open_with(options: Options) -> Opened {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let path = folder.path().join("kassa.db");
    let store = SqliteStore::open(path, options, REGISTRY).expect("an empty file opens");
    (Arc::new(store), folder)
}

async fn open() -> Opened {
    open_with(Options::unsynchronised())
}

kassa_storage::conformance_suite!(open);

/// As if every condition were met by many rows.
mod walking {
    use super::{Opened, Options, open_with};

    async fn open() -> Opened {
        open_with(Options {
            few_rows: 0,
            ..Options::unsynchronised()
        })
    }

    kassa_storage::conformance_suite!(open);
}
