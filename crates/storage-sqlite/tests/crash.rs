//! A process killed with -9 while it commits: whatever it had answered is there after the restart.

use std::io::{BufRead, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use kassa_storage::conformance::{REGISTRY, run};
use kassa_storage::{ChangeSet, Commit, Key, Realm, Record, Scope, Store};
use kassa_storage_sqlite::{Options, SqliteStore};
use serde_json::json;

/// Tells the child, which is this test binary again, where to write.
const FOLDER: &str = "KASSA_CRASH_TEST_FOLDER";
/// Answers to wait for before the kill.
const ANSWERS: usize = 400;

fn open(folder: &Path) -> SqliteStore {
    SqliteStore::open(folder.join("kassa.db"), Options::default(), REGISTRY)
        .expect("the database opens")
}

fn set(id: &str) -> ChangeSet {
    let serde_json::Value::Object(body) = json!({"number": id, "customer_id": "c"}) else {
        unreachable!("an object literal is an object");
    };
    let mut set = ChangeSet::new(id.to_owned(), Realm::new("acme", true));
    set.put_new(Record::root(Key::new("orders", id), body, 1));
    set.count("orders", 1, 0..=i64::MAX);
    set
}

/// The child: eight tasks commit as fast as they can and print each answered id.
#[test]
#[ignore = "runs as the child of the test below"]
fn child() {
    let folder = std::env::var(FOLDER).expect("the parent names the folder");
    run(async {
        let store = Arc::new(open(Path::new(&folder)));
        let mut tasks = Vec::new();
        for task in 0..8 {
            let store = Arc::clone(&store);
            tasks.push(tokio::spawn(async move {
                for number in 0..1_000_000 {
                    let id = format!("{task}-{number}");
                    assert_eq!(store.commit(set(&id)).await, Commit::Committed);
                    let mut out = std::io::stdout().lock();
                    writeln!(out, "answered {id}").expect("the parent reads");
                    out.flush().expect("the parent reads");
                }
            }));
        }
        for task in tasks {
            task.await.expect("a task runs until the kill");
        }
    });
}

#[test]
fn a_killed_process_keeps_every_answer() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let mut known: Vec<String> = Vec::new();
    // Twice: the second child begins by recovering what the first left.
    for round in 0..2 {
        let before = known.len();
        let data = folder.path().join(round.to_string());
        std::fs::create_dir_all(&data).expect("a folder can be made");
        let mut child = Command::new(std::env::current_exe().expect("a test knows itself"))
            .args(["--exact", "child", "--ignored", "--nocapture"])
            .env(FOLDER, &data)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the test binary runs again");
        let lines = BufReader::new(child.stdout.take().expect("the output is piped"));
        let mut killed = false;
        // After the kill the pipe still holds answers that were given: they count as well.
        for line in lines.lines() {
            let Ok(line) = line else { break };
            if let Some((_, id)) = line.split_once("answered ") {
                known.push(id.to_owned());
            }
            if !killed && known.len() - before >= ANSWERS {
                child.kill().expect("the child can be killed");
                killed = true;
            }
        }
        child.wait().expect("the child has ended");
        assert!(killed, "the child ended by itself");
        check(&data, &known[before..]);
    }
}

fn check(folder: &Path, known: &[String]) {
    run(async {
        let store = open(folder);
        let realm = Realm::new("acme", true);
        let scope = Scope::realm(realm.clone());
        let mut view = store.snapshot(&scope).await.expect("a snapshot opens");
        for id in known {
            let record = view.record(&Key::new("orders", id.clone())).await;
            assert!(record.expect("a read works").is_some(), "{id} was answered");
            assert!(store.committed(&realm, id).await.expect("a read works"));
        }
        let count = view.counter("orders").await.expect("a read works");
        let all = view
            .inverse(&["orders"], "customer", &["c".to_owned()], 10_000_000)
            .await
            .expect("a read works");
        // Sets that were applied but not answered may be there too, whole.
        assert_eq!(usize::try_from(count).ok(), Some(all.len()));
        assert!(all.len() >= known.len());
    });
}
