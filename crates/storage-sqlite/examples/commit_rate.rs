//! How fast this machine commits: change sets beside what its disk can do at best.
//!
//! `cargo run --release -p kassa-storage-sqlite --example commit_rate [folder] [seconds]` prints the disk's raw
//! fsync rate, the rate of one-row commits on bare SQLite, and change sets of an order's size from 1 and 32 writers.

use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use kassa_environment::{Clock as _, SystemClock, sleep};
use kassa_storage::conformance::REGISTRY;
use kassa_storage::{
    ChangeSet, Commit, Filter, Key, ListQuery, Operation, OperationStatus, Page, Realm, Record,
    Scope, Store, Timer,
};
use kassa_storage_sqlite::{Options, SqliteStore};
use rusqlite::Connection;
use serde_json::{Value, json};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments
        .next()
        .map_or_else(std::env::temp_dir, PathBuf::from);
    let seconds: i64 = arguments.next().map_or(Ok(3), |text| text.parse())?;
    let kept = tempfile::Builder::new()
        .prefix("commit-rate")
        .tempdir_in(folder)?;
    let fsyncs = raw_fsyncs(&kept.path().join("raw"), seconds)?;
    println!("raw write and fsync of 4 KiB {fsyncs:>8} /s");
    let rows = raw_commits(&kept.path().join("raw.db"), seconds)?;
    println!(
        "raw one-row commits          {rows:>8} /s   {} of the fsync rate",
        ratio(rows, fsyncs)
    );
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    for writers in [1, 32] {
        let path = kept.path().join(format!("{writers}.db"));
        runtime.block_on(change_sets(&path, writers, seconds, (rows, fsyncs)))?;
    }
    runtime.block_on(reads(&kept.path().join("32.db"), seconds))?;
    for name in ["fresh", "32"] {
        let path = kept.path().join(format!("{name}.db"));
        let begin = SystemClock.now_us();
        let store = SqliteStore::open(path, Options::default(), REGISTRY)?;
        println!("opening {name:<20} {:>8} µs", SystemClock.now_us() - begin);
        drop(store);
    }
    Ok(())
}

/// Writes over one file that keeps its size, as the log does.
fn raw_fsyncs(path: &Path, seconds: i64) -> std::io::Result<u64> {
    let mut file = std::fs::File::create(path)?;
    let page = [7_u8; 4096];
    for _ in 0..4096 {
        file.write_all(&page)?;
    }
    file.sync_all()?;
    let (end, mut count) = (deadline(seconds), 0);
    while SystemClock.now_us() < end {
        file.seek(SeekFrom::Start(count % 4096 * 4096))?;
        file.write_all(&page)?;
        file.sync_data()?;
        count += 1;
    }
    Ok(per_second(count, seconds))
}

/// One row, one COMMIT, one fsync, nothing else.
fn raw_commits(path: &Path, seconds: i64) -> rusqlite::Result<u64> {
    let connection = Connection::open(path)?;
    connection.execute_batch(
        "PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
         CREATE TABLE rows (id INTEGER PRIMARY KEY, body TEXT NOT NULL)",
    )?;
    let (end, mut count) = (deadline(seconds), 0);
    while SystemClock.now_us() < end {
        connection
            .prepare_cached("INSERT INTO rows (body) VALUES (?1)")?
            .execute(["a row of some sixty bytes, as a counter or a claim would be"])?;
        count += 1;
    }
    Ok(per_second(count, seconds))
}

/// Writers that each place order after order: two sets an order, as `_place` has around its call to Klarna.
async fn change_sets(
    path: &Path,
    writers: u64,
    seconds: i64,
    (rows, fsyncs): (u64, u64),
) -> Result<(), Box<dyn std::error::Error>> {
    let store = Arc::new(SqliteStore::open(path, Options::default(), REGISTRY)?);
    let stop = Arc::new(AtomicBool::new(false));
    let numbers = Arc::new(AtomicU64::new(0));
    let flushes = store.flushes();
    let mut tasks = Vec::new();
    for _ in 0..writers {
        let (store, stop, numbers) = (Arc::clone(&store), Arc::clone(&stop), Arc::clone(&numbers));
        tasks.push(tokio::spawn(async move {
            let mut times = Vec::new();
            while !stop.load(Ordering::Relaxed) {
                let number = numbers.fetch_add(1, Ordering::Relaxed);
                for set in [intent(number), outcome(number)] {
                    let begin = SystemClock.now_us();
                    let answer = store.commit(set).await;
                    assert_eq!(answer, Commit::Committed);
                    times.push(SystemClock.now_us() - begin);
                }
            }
            times
        }));
    }
    sleep(std::time::Duration::from_secs(u64::try_from(seconds)?)).await;
    stop.store(true, Ordering::Relaxed);
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await?);
    }
    times.sort_unstable();
    let sets = u64::try_from(times.len())?;
    let rate = per_second(sets, seconds);
    println!(
        "change sets, {writers:>2} writers      {rate:>8} /s   {} of the one-row rate, {} of the fsync rate, \
         {} fsyncs a set, p50 {} µs, p99 {} µs",
        ratio(rate, rows),
        ratio(rate, fsyncs),
        ratio(store.flushes() - flushes, sets),
        times[times.len() / 2],
        times[times.len() * 99 / 100],
    );
    Ok(())
}

/// Aggregates by key and pages of a list, each in a snapshot of its own, one after the other.
async fn reads(path: &Path, seconds: i64) -> Result<(), Box<dyn std::error::Error>> {
    let store = SqliteStore::open(path, Options::default(), REGISTRY)?;
    let scope = Scope::realm(Realm::new("acme", true));
    let page = ListQuery {
        kinds: vec!["orders"],
        filter: Filter::Everything,
        sort: Vec::new(),
        page: Page {
            offset: 0,
            limit: 10,
        },
    };
    let mut counts = [0_u64; 2];
    for (kind, count) in counts.iter_mut().enumerate() {
        let end = deadline(seconds);
        while SystemClock.now_us() < end {
            let mut view = store.snapshot(&scope).await?;
            let found = if kind == 0 {
                let key = Key::new("orders", format!("o{}", *count % 100));
                view.aggregate(&key).await?
            } else {
                view.list(&page).await?
            };
            assert!(!found.is_empty());
            *count += 1;
        }
    }
    for (name, count) in ["aggregates of 3 records", "lists of 10 records"]
        .iter()
        .zip(counts)
    {
        let rate = per_second(count, seconds).max(1);
        println!("{name:<28} {rate:>8} /s   {} µs each", 1_000_000 / rate);
    }
    Ok(())
}

/// An order with two lines, stock, a claim, an operation, an idempotency key and a timer.
fn intent(number: u64) -> ChangeSet {
    let id = format!("o{number}");
    let mut set = ChangeSet::new(format!("{number:016}-1"), Realm::new("acme", true));
    let order = Record::root(
        Key::new("orders", id.clone()),
        order_body(&id, "placing"),
        1,
    );
    for line in ["a", "b"] {
        let key = Key::new("line_items", format!("{id}{line}"));
        let body = object(
            json!({"order_id": id, "sku_code": "SHIRT", "quantity": 2, "unit_amount_cents": 1999,
                   "name": "A shirt of good cotton", "image_url": "https://example.com/shirt.png"}),
        );
        set.put(Record::child(key, order.key.clone(), body, 1));
    }
    set.put(order);
    set.count(format!("stock:{}", number % 50), -2, i64::MIN..=i64::MAX);
    set.claim("authorization_token", format!("token-{id}"), id.clone());
    set.operation(operation(&id, OperationStatus::Pending));
    set.set_timer(Timer {
        id: format!("finish:{id}"),
        kind: "finish".into(),
        subject: id.clone(),
        payload: Value::Null,
        due_at: i64::MAX,
        attempts: 0,
    });
    set.begin(format!("key-{id}"), "fingerprint", 1);
    set
}

/// The same order placed: the operation closed, a message queued, the timer gone, the reply kept.
fn outcome(number: u64) -> ChangeSet {
    let id = format!("o{number}");
    let mut set = ChangeSet::new(format!("{number:016}-2"), Realm::new("acme", true));
    let key = Key::new("orders", id.clone());
    set.put_at(Record::root(key, order_body(&id, "placed"), 2), 1);
    set.operation(operation(&id, OperationStatus::Succeeded));
    set.cancel_timer(format!("finish:{id}"));
    set.send(format!("m-{id}"), "orders.place", json!({"id": id}), 1);
    set.complete(format!("key-{id}"), vec![b'x'; 500], 1);
    set
}

fn operation(id: &str, status: OperationStatus) -> Operation {
    Operation {
        id: format!("op-{id}"),
        order_id: id.to_owned(),
        kind: "place_order".into(),
        status,
        request: json!({"method": "POST", "path": "/payments/v1/authorizations/x/order", "body": "x".repeat(1500)}),
        context: json!({"amount": 3998}),
        outcome: None,
        attempts: 1,
        created_at: 1,
        updated_at: 1,
    }
}

fn order_body(id: &str, status: &str) -> serde_json::Map<String, Value> {
    object(
        json!({"number": id, "status": status, "total_amount_cents": 3998, "currency_code": "EUR",
               "customer_id": format!("c{}", id.len()), "customer_email": "shopper@example.com",
               "metadata": {"note": "n".repeat(600)}, "language_code": "en", "guest": true}),
    )
}

fn object(value: Value) -> serde_json::Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => serde_json::Map::new(),
    }
}

fn deadline(seconds: i64) -> i64 {
    SystemClock.now_us() + seconds * 1_000_000
}

fn per_second(count: u64, seconds: i64) -> u64 {
    count / u64::try_from(seconds.max(1)).unwrap_or(1)
}

/// `one / other` to two decimals, without floats.
fn ratio(one: u64, other: u64) -> String {
    let hundredths = one.saturating_mul(100) / other.max(1);
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}
