//! What is SQLite's own: the file, its settings, plans, limits and upkeep.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use kassa_environment::{Clock as _, ManualClock, SystemClock};
use kassa_storage::conformance::{REGISTRY, run};
use kassa_storage::descriptor::{Attribute, AttributeSource, AttributeType, Required, Verbs};
use kassa_storage::store::Lease;
use kassa_storage::{
    ChangeSet, Commit, Descriptor, FieldPath, Filter, Key, ListQuery, Page, Realm, Record,
    Registry, Relationship, Scope, Store, StoreError, Test, Timer,
};
use kassa_storage_sqlite::{Batcher, OpenError, Options, SqliteStore};
use rusqlite::Connection;
use serde_json::json;

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder can be made")
}

fn open(folder: &tempfile::TempDir, options: Options) -> SqliteStore {
    SqliteStore::open(folder.path().join("k.db"), options, REGISTRY).expect("the database opens")
}

fn order(id: &str, value: serde_json::Value) -> Record {
    let serde_json::Value::Object(body) = value else {
        panic!("a body is an object");
    };
    Record::root(Key::new("orders", id), body, 1)
}

fn set(id: &str) -> ChangeSet {
    ChangeSet::new(id.to_owned(), Realm::new("acme", true))
}

fn one_order(id: &str) -> ChangeSet {
    let mut set = set(id);
    set.put_new(order(id, json!({"number": id, "customer_id": "c"})));
    set
}

fn scope() -> Scope {
    Scope::realm(Realm::new("acme", true))
}

fn numbered(test: Test) -> ListQuery {
    ListQuery {
        kinds: vec!["orders"],
        filter: Filter::Field(
            FieldPath {
                through: vec![],
                field: "number",
            },
            test,
        ),
        sort: vec![],
        page: Page {
            offset: 0,
            limit: 10,
        },
    }
}

fn text(connection: &Connection, sql: &str) -> String {
    let value: rusqlite::types::Value = connection
        .query_row(sql, [], |row| row.get(0))
        .expect("a pragma answers");
    match value {
        rusqlite::types::Value::Text(text) => text,
        rusqlite::types::Value::Integer(number) => number.to_string(),
        other => panic!("{other:?}"),
    }
}

#[cfg(unix)]
#[test]
fn the_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = folder();
    let store = open(&folder, Options::unsynchronised());
    run(async {
        assert_eq!(store.commit(one_order("a")).await, Commit::Committed);
    });
    for name in ["k.db", "k.db-wal", "k.db-shm"] {
        let metadata = std::fs::metadata(folder.path().join(name)).expect("the file is there");
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600, "{name}");
    }
}

#[test]
fn the_file_has_its_settings_and_the_log_goes_at_the_end() {
    let folder = folder();
    let path = folder.path().join("k.db");
    let store = open(&folder, Options::unsynchronised());
    let other = Connection::open(&path).expect("the file opens");
    assert_eq!(text(&other, "PRAGMA journal_mode"), "wal");
    assert_eq!(text(&other, "PRAGMA page_size"), "8192");
    assert_eq!(text(&other, "PRAGMA integrity_check"), "ok");
    drop(other);
    drop(store);
    assert!(!folder.path().join("k.db-wal").exists());
}

fn plan(path: &Path, statement: &kassa_storage::sql::Statement) -> String {
    let connection = Connection::open(path).expect("the file opens");
    let mut explain = connection
        .prepare(&format!("EXPLAIN QUERY PLAN {}", statement.text))
        .expect("the statement is right");
    let mut rows = explain.raw_query();
    let mut plan = String::new();
    while let Some(row) = rows.next().expect("a plan has rows") {
        plan.push_str(&row.get::<_, String>(3).expect("a step has a text"));
        plan.push('\n');
    }
    plan
}

const BY_KEY: &str = "USING INDEX sqlite_autoindex_records_1 (realm=? AND kind=? AND id=?)";
const BY_LINK: &str = "SEARCH l USING PRIMARY KEY (realm=? AND from_kind=? AND name=? AND to_id=?";

#[test]
fn queries_use_their_indexes() {
    use kassa_storage::sql::{Dialect, Lead, inverse, list};
    let folder = folder();
    let path = folder.path().join("k.db");
    drop(open(&folder, Options::unsynchronised()));
    let led = |query: &ListQuery, lead: Lead| {
        let statement = list(Dialect::Sqlite, &REGISTRY, &scope(), query, lead);
        plan(&path, &statement.expect("the query is right"))
    };
    let of = |query: &ListQuery| led(query, Lead::Engine);
    for test in [Test::Eq(json!("1")), Test::In(vec![json!("1"), json!("2")])] {
        let plan = of(&numbered(test));
        assert!(plan.contains(BY_KEY), "{plan}");
        assert!(plan.contains(BY_LINK), "{plan}");
    }
    let everything = ListQuery {
        filter: Filter::Everything,
        ..numbered(Test::Null)
    };
    let plan_all = of(&everything);
    assert!(plan_all.contains("records_in_order"), "{plan_all}");
    assert!(!plan_all.contains("TEMP B-TREE"), "{plan_all}");
    let mut of_customer = numbered(Test::Eq(json!("c")));
    if let Filter::Field(path, _) = &mut of_customer.filter {
        path.field = "customer_id";
    }
    let plan_customer = of(&of_customer);
    assert!(plan_customer.contains(BY_KEY), "{plan_customer}");
    assert!(plan_customer.contains(BY_LINK), "{plan_customer}");
    let plan_walking = led(&of_customer, Lead::Order);
    assert!(plan_walking.contains("records_in_order"), "{plan_walking}");
    assert!(plan_walking.contains("CORRELATED"), "{plan_walking}");
    let own_link = format!("{BY_LINK} AND from_id=?");
    assert!(plan_walking.contains(&own_link), "{plan_walking}");
    assert!(!plan_walking.contains("TEMP B-TREE"), "{plan_walking}");
    let mut of_email = numbered(Test::Eq(json!("a@example.com")));
    if let Filter::Field(path, _) = &mut of_email.filter {
        let orders = REGISTRY.find("orders").expect("the registry has orders");
        path.through = orders.relationship("customer").into_iter().collect();
        path.field = "email";
    }
    let plan_email = of(&of_email);
    assert!(!plan_email.contains("SCAN t1"), "{plan_email}");
    assert_eq!(plan_email.matches(BY_KEY).count(), 2, "{plan_email}");
    assert_eq!(plan_email.matches(BY_LINK).count(), 2, "{plan_email}");
    let kinds: &[&str] = &["line_items"];
    let found = inverse(
        Dialect::Sqlite,
        &REGISTRY,
        &scope(),
        (kinds, "order"),
        &["a".to_owned()],
        10,
    );
    let plan_inverse = plan(&path, &found.expect("the query is right"));
    assert!(plan_inverse.contains(BY_KEY), "{plan_inverse}");
    assert!(plan_inverse.contains(BY_LINK), "{plan_inverse}");
}

const OTHER_ORDERS: Descriptor = Descriptor {
    kind: "orders",
    singular: "order",
    singleton: false,
    root: None,
    schema: 1,
    verbs: Verbs {
        list: true,
        retrieve: true,
        create: true,
        update: true,
        delete: true,
    },
    concrete: &[],
    attributes: &[Attribute {
        name: "status",
        ty: AttributeType::String,
        read: true,
        create: true,
        update: true,
        nullable: true,
        required: Required::No,
        restricted: false,
        filter: true,
        sort: true,
        values: &[],
        default: None,
        source: AttributeSource::Stored,
        indexed: true,
    }],
    relationships: &[Relationship::one("buyer", &["customers"], "cu")],
    triggers: &[],
};

#[test]
fn changed_descriptors_change_the_links() {
    let folder = folder();
    let path = folder.path().join("k.db");
    run(async {
        let store = open(&folder, Options::unsynchronised());
        let mut first = set("1");
        first.put_new(order(
            "a",
            json!({"customer_id": "c", "buyer_id": "d", "status": "placed"}),
        ));
        assert_eq!(store.commit(first).await, Commit::Committed);
        drop(store);
        let store = SqliteStore::open(&path, Options::unsynchronised(), Registry(&[&OTHER_ORDERS]));
        let store = store.expect("the database opens");
        let mut view = store.snapshot(&scope()).await.expect("a snapshot opens");
        for (via, target, found) in [("customer", "c", 0), ("buyer", "d", 1)] {
            let pointing = view
                .inverse(&["orders"], via, &[target.to_owned()], 9)
                .await;
            assert_eq!(pointing.expect("a read works").len(), found, "{via}");
        }
        let mut placed = numbered(Test::Eq(json!("placed")));
        if let Filter::Field(path, _) = &mut placed.filter {
            path.field = "status";
        }
        assert_eq!(view.count(&placed).await.expect("a read works"), 1);
    });
}

#[test]
fn a_newer_database_is_left_alone() {
    let folder = folder();
    drop(open(&folder, Options::unsynchronised()));
    let path = folder.path().join("k.db");
    let connection = Connection::open(&path).expect("the file opens");
    let changed = connection.execute("UPDATE meta SET value = '999' WHERE name = 'schema'", []);
    assert_eq!(changed, Ok(1));
    let refused = SqliteStore::open(&path, Options::default(), REGISTRY);
    assert!(matches!(refused, Err(OpenError::Newer { found: 999, .. })));
    let missing = SqliteStore::open("/nowhere/k.db", Options::default(), REGISTRY);
    assert!(matches!(missing, Err(OpenError::Sqlite(_))));
}

#[test]
fn a_group_of_sets_costs_one_fsync_and_a_lease_none() {
    let folder = folder();
    let path = folder.path().join("k.db");
    let mut batcher =
        Batcher::open(&path, &Options::default(), REGISTRY).expect("the database opens");
    let sets: Vec<ChangeSet> = (0..100)
        .map(|number| one_order(&number.to_string()))
        .collect();
    let answers = batcher.apply_batch(&sets, 1).expect("the commit works");
    assert!(answers.iter().all(|answer| *answer == Commit::Committed));
    assert_eq!(batcher.flushes(), 1);
    // A resend and a conflict write nothing.
    let mut again = one_order("5");
    again.id = "other".to_owned();
    let answers = batcher
        .apply_batch(&[one_order("5"), again], 1)
        .expect("the commit works");
    assert_eq!(answers[0], Commit::Committed);
    assert!(matches!(answers[1], Commit::Conflict(_)));
    assert_eq!(batcher.flushes(), 1);
    drop(batcher);
    run(async {
        let store = open(&folder, Options::default());
        let mut timed = set("timer");
        timed.set_timer(Timer {
            id: "t".into(),
            kind: "finish".into(),
            subject: "s".into(),
            payload: json!(null),
            due_at: 1,
            attempts: 0,
        });
        assert_eq!(store.commit(timed).await, Commit::Committed);
        let before = store.flushes();
        let lease = Lease {
            buckets: vec![],
            now: 1,
            live_now: 1,
            machine_now: 1,
            lease_until: 2,
            limit: 1,
        };
        let leased = store.lease_timers(lease).await.expect("a lease works");
        assert_eq!((leased.len(), store.flushes()), (1, before));
        assert_eq!(store.commit(set("after")).await, Commit::Committed);
        assert_eq!(store.flushes(), before + 1);
    });
}

#[test]
fn later_sets_of_a_batch_see_the_earlier_ones() {
    let folder = folder();
    let path = folder.path().join("k.db");
    let mut batcher =
        Batcher::open(&path, &Options::unsynchronised(), REGISTRY).expect("the database opens");
    let mut bad = set("bad");
    bad.counters.push(kassa_storage::CounterChange {
        name: "x".into(),
        delta: 1,
        min: 2,
        max: 1,
    });
    let mut update = set("update");
    update.put_at(order("a", json!({})), 1);
    let mut stale = set("stale");
    stale.put_at(order("a", json!({})), 1);
    let answers = batcher
        .apply_batch(&[one_order("a"), bad, update, stale], 1)
        .expect("the commit works");
    assert_eq!(answers[0], Commit::Committed);
    assert!(matches!(answers[1], Commit::Refused(_)));
    assert_eq!(answers[2], Commit::Committed);
    assert!(matches!(answers[3], Commit::Conflict(_)));
}

#[test]
fn old_commit_ids_and_keys_are_pruned() {
    let folder = folder();
    let clock = Arc::new(ManualClock::new(Timestamp::UNIX_EPOCH));
    let options = Options {
        clock: clock.clone(),
        commits_kept: Duration::from_secs(60),
        idempotency_kept: Duration::from_secs(120),
        ..Options::unsynchronised()
    };
    run(async {
        let store = open(&folder, options);
        let realm = Realm::new("acme", true);
        let mut first = one_order("a");
        first.begin("key", "print", 1);
        assert_eq!(store.commit(first).await, Commit::Committed);
        for (seconds, id_kept, key_kept) in
            [(59, true, true), (40, false, true), (40, false, false)]
        {
            clock.advance(seconds);
            assert_eq!(
                store.commit(set(&format!("{:?}", clock.now()))).await,
                Commit::Committed
            );
            assert_eq!(store.committed(&realm, "a").await.ok(), Some(id_kept));
            let mut view = store.snapshot(&scope()).await.expect("a snapshot opens");
            let key = view.idempotency("key").await.expect("a read works");
            assert_eq!(key.is_some(), key_kept);
        }
    });
}

#[test]
fn a_query_beyond_its_time_or_rows_is_too_broad() {
    let folder = folder();
    let path = folder.path().join("k.db");
    let mut batcher =
        Batcher::open(&path, &Options::unsynchronised(), REGISTRY).expect("the database opens");
    let mut many = set("many");
    for number in 0..3000 {
        many.put_new(order(
            &number.to_string(),
            json!({"number": "x", "status": "y"}),
        ));
    }
    let answers = batcher.apply_batch(&[many], 1).expect("the commit works");
    assert_eq!(answers, [Commit::Committed]);
    drop(batcher);
    let counting = Options {
        count_rows: 2999,
        ..Options::unsynchronised()
    };
    let hasty = Options {
        query_time: Duration::ZERO,
        clock: Arc::new(SystemClock),
        ..Options::unsynchronised()
    };
    run(async {
        let everything = ListQuery {
            filter: Filter::Everything,
            ..numbered(Test::Null)
        };
        let store = open(&folder, counting);
        let mut view = store.snapshot(&scope()).await.expect("a snapshot opens");
        let counted = view.count(&everything).await;
        assert!(matches!(counted, Err(StoreError::TooBroad)));
        assert_eq!(
            view.list(&everything).await.expect("a page is cheap").len(),
            10
        );
        let store = open(&folder, hasty);
        let mut view = store.snapshot(&scope()).await.expect("a snapshot opens");
        let scan = numbered(Test::Contains("nothing".into()));
        assert!(matches!(view.list(&scan).await, Err(StoreError::TooBroad)));
        // The snapshot is still good for what is cheap.
        let found = view.record(&Key::new("orders", "1")).await;
        assert!(found.expect("a read works").is_some());
    });
}

#[test]
fn the_log_is_folded_in_by_size() {
    let folder = folder();
    let filler = "x".repeat(200_000);
    run(async {
        let store = open(&folder, Options::unsynchronised());
        for round in 0..20 {
            let mut big = set(&format!("big-{round}"));
            for number in 0..10 {
                let id = format!("{round}-{number}");
                big.put_new(order(&id, json!({"number": id, "status": filler})));
            }
            assert_eq!(store.commit(big).await, Commit::Committed);
        }
        // The checkpoint follows the answer, so one more answer means that it is over.
        assert_eq!(store.commit(set("last")).await, Commit::Committed);
        let log = std::fs::metadata(folder.path().join("k.db-wal")).expect("the log is there");
        assert!(log.len() < 24 << 20, "{} bytes", log.len());
        let data = std::fs::metadata(folder.path().join("k.db")).expect("the file is there");
        assert!(data.len() > 16 << 20, "{} bytes", data.len());
    });
}

#[test]
fn an_up_to_date_file_is_opened_without_a_write() {
    let folder = folder();
    let path = folder.path().join("k.db");
    let store = open(&folder, Options::default());
    run(async {
        assert_eq!(store.commit(one_order("a")).await, Commit::Committed);
    });
    drop(store);
    let before = std::fs::read(&path).expect("the file can be read");
    drop(open(&folder, Options::default()));
    assert!(before == std::fs::read(&path).expect("the file can be read"));
}
