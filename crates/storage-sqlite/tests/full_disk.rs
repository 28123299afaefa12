//! A full disk: nothing is applied, the process lives, and space makes it work again.
//!
//! Needs a file system of its own, so it runs only when `KASSA_SMALL_DISK` names a folder on one of a few MiB.

use kassa_storage::conformance::{REGISTRY, run};
use kassa_storage::{ChangeSet, Commit, Key, Realm, Record, Store};
use kassa_storage_sqlite::{Options, SqliteStore};
use serde_json::json;

#[test]
fn a_full_disk_is_unavailable_until_there_is_space() {
    let Ok(disk) = std::env::var("KASSA_SMALL_DISK") else {
        println!("skipped: KASSA_SMALL_DISK names no folder");
        return;
    };
    let folder = tempfile::tempdir_in(disk).expect("a folder can be made");
    let ballast = folder.path().join("ballast");
    std::fs::write(&ballast, vec![0; 1 << 20]).expect("a megabyte fits");
    let options = Options {
        on_fatal: std::sync::Arc::new(|reason| panic!("{reason}")),
        ..Options::default()
    };
    let store = SqliteStore::open(folder.path().join("k.db"), options, REGISTRY)
        .expect("the database opens");
    let set = |number: usize| {
        let serde_json::Value::Object(body) = json!({"number": "x".repeat(60_000)}) else {
            unreachable!("an object literal is an object");
        };
        let id = number.to_string();
        let mut set = ChangeSet::new(id.clone(), Realm::new("acme", true));
        set.put_new(Record::root(Key::new("orders", id), body, 1));
        set
    };
    run(async {
        let mut number = 0;
        while store.commit(set(number)).await == Commit::Committed {
            number += 1;
        }
        let answer = store.commit(set(number)).await;
        assert!(matches!(answer, Commit::Unavailable(_)), "{answer:?}");
        let realm = Realm::new("acme", true);
        assert_eq!(
            store.committed(&realm, &number.to_string()).await.ok(),
            Some(false)
        );
        std::fs::remove_file(&ballast).expect("the ballast can go");
        assert_eq!(store.commit(set(number)).await, Commit::Committed);
    });
}
