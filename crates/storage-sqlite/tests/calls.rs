//! Calls kept for people: without an fsync of their own, within bounds, and found after an upgrade.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use kassa_environment::ManualClock;
use kassa_storage::conformance::{REGISTRY, run};
use kassa_storage::sql::{Dialect, migrations};
use kassa_storage::{
    Call, CallLimits, ChangeSet, Commit, Operation, OperationStatus, Realm, Scope, Store,
};
use kassa_storage_sqlite::{Options, SqliteStore};
use rusqlite::Connection;
use serde_json::json;

fn realm() -> Realm {
    Realm::new("acme", true)
}

fn call(number: usize) -> Call {
    Call {
        realm: realm(),
        id: format!("{number:05}"),
        order_id: format!("order {number}"),
        at: 1,
        spare: false,
        detail: json!({}),
    }
}

fn open(path: &Path, options: Options) -> SqliteStore {
    SqliteStore::open(path, options, REGISTRY).unwrap()
}

async fn is_kept(store: &SqliteStore, number: usize) -> bool {
    let mut view = store.snapshot(&Scope::realm(realm())).await.unwrap();
    let orders = view.orders_of_call(&format!("{number:05}")).await.unwrap();
    !orders.is_empty()
}

#[test]
fn calls_cost_no_fsync_and_survive_closing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("k.db");
    run(async {
        let store = open(&path, Options::default());
        let before = store.flushes();
        store.keep_calls(vec![call(1), call(2)]).await.unwrap();
        assert_eq!(store.flushes(), before);
        let set = ChangeSet::new("after".to_owned(), realm());
        assert_eq!(store.commit(set).await, Commit::Committed);
        assert_eq!(store.flushes(), before + 1, "the next set is durable again");
        drop(store);
        assert!(is_kept(&open(&path, Options::default()), 2).await);
    });
}

#[test]
fn old_and_surplus_calls_are_pruned() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::new(Timestamp::UNIX_EPOCH));
    let options = Options {
        clock: clock.clone(),
        calls: CallLimits {
            of_order: 5,
            in_all: 3,
            age_us: 100_000_000,
        },
        ..Options::unsynchronised()
    };
    run(async {
        let store = open(&folder.path().join("k.db"), options);
        store.keep_calls((1..=5).map(call).collect()).await.unwrap();
        clock.advance(40);
        store.keep_calls(vec![call(6)]).await.unwrap();
        for (number, kept) in [(1, false), (3, false), (4, true), (6, true)] {
            assert_eq!(is_kept(&store, number).await, kept, "{number} of too many");
        }
        clock.advance(80);
        store.keep_calls(vec![call(7)]).await.unwrap();
        for (number, kept) in [(5, false), (6, true), (7, true)] {
            assert_eq!(is_kept(&store, number).await, kept, "{number} by age");
        }
    });
}

/// A database from before correlation ids were kept has them in its operations.
#[test]
fn an_upgrade_finds_the_correlation_ids_of_old_operations() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("k.db");
    let operation = |id: &str, outcome| Operation {
        id: id.to_owned(),
        order_id: format!("order of {id}"),
        kind: "capture".to_owned(),
        status: OperationStatus::Pending,
        request: json!({}),
        context: json!({}),
        outcome,
        attempts: 1,
        created_at: 1,
        updated_at: 1,
    };
    run(async {
        let store = open(&path, Options::unsynchronised());
        let mut set = ChangeSet::new("1".to_owned(), realm());
        let told = json!({"calls": [{"correlation_id": "abc"}, {"error": "lost"}]});
        set.operation(operation("1", Some(told)))
            .operation(operation("2", Some(json!({}))))
            .operation(operation("3", None));
        assert_eq!(store.commit(set).await, Commit::Committed);
    });
    let steps = migrations(Dialect::Sqlite);
    let first = steps.iter().find(|step| step.sql.contains("TABLE calls"));
    let before = first.unwrap().number - 1;
    Connection::open(&path)
        .unwrap()
        .execute_batch(&format!(
            "DROP TABLE calls; DROP TABLE correlations; DROP INDEX operations_for_a_person; \
             UPDATE meta SET value = '{before}' WHERE name = 'schema'"
        ))
        .unwrap();
    run(async {
        let store = open(&path, Options::unsynchronised());
        let mut view = store.snapshot(&Scope::realm(realm())).await.unwrap();
        let orders = view.orders_of_correlation("abc").await.unwrap();
        assert_eq!(orders, ["order of 1"]);
    });
}
