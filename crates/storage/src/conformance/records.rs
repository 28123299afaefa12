//! Records, versions and the change set as a whole.

use serde_json::json;

use super::{Shared, body, commit, committed, key, read, root, set, snapshot, version};
use crate::{Commit, ConflictOn, NextDue, Realm, Record, Refusal};

/// Every column and every kind of JSON value comes back.
pub async fn a_record_comes_back_as_written(store: Shared) {
    let value = json!({"number": "1", "total": 9_007_199_254_740_993_i64, "rate": 0.1, "none": null,
                       "text": "å \u{0} \u{1F600} '\"", "list": [1, {"deep": [true]}], "empty": {}});
    let record = Record {
        market: Some("eu".into()),
        owner: Some("customer".into()),
        schema: 3,
        created_at: 5,
        updated_at: 7,
        ..root("orders", "a", value)
    };
    committed(&store, |set| {
        set.put_new(record.clone());
    })
    .await;
    let found = read(&store, "orders", "a").await;
    assert_eq!(
        found,
        Some(Record {
            version: 1,
            ..record
        })
    );
    assert_eq!(read(&store, "orders", "b").await, None);
    let keys = [key("orders", "b"), key("orders", "a")];
    let found = snapshot(&store).await.records(&keys).await.unwrap();
    assert_eq!(found.len(), 1);
}

/// `New` means that the key is free.
pub async fn an_existing_key_is_a_conflict(store: Shared) {
    committed(&store, |set| {
        set.put_new(root("orders", "a", json!({"number": "1"})));
    })
    .await;
    let again = commit(&store, |set| {
        set.put_new(root("orders", "a", json!({"number": "2"})));
    });
    let conflict = Commit::Conflict(ConflictOn::Record(key("orders", "a")));
    assert_eq!(again.await, conflict);
    let kept = read(&store, "orders", "a").await.unwrap();
    assert_eq!(kept.text("number"), Some("1"));
}

/// A write at the version seen makes it one higher; any other version is a conflict.
pub async fn a_version_moves_by_one(store: Shared) {
    committed(&store, |set| {
        set.put_new(root("orders", "a", json!({})));
    })
    .await;
    for seen in 1..4 {
        committed(&store, |set| {
            set.put_at(root("orders", "a", json!({"seen": seen})), seen);
        })
        .await;
        assert_eq!(version(&store, "orders", "a").await, seen + 1);
    }
    let conflict = Commit::Conflict(ConflictOn::Record(key("orders", "a")));
    for stale in [0, 3, 5] {
        let answer = commit(&store, |set| {
            set.put_at(root("orders", "a", json!({})), stale);
        });
        assert_eq!(answer.await, conflict);
    }
    let gone = commit(&store, |set| {
        set.put_at(root("orders", "b", json!({})), 1);
    });
    assert_eq!(
        gone.await,
        Commit::Conflict(ConflictOn::Record(key("orders", "b")))
    );
}

/// `checks` hold the set to what it only read, and do not move it.
pub async fn a_check_guards_what_is_not_written(store: Shared) {
    committed(&store, |set| {
        set.put_new(root("customers", "c", json!({})));
    })
    .await;
    committed(&store, |set| {
        set.check(key("customers", "c"), 1);
        set.put_new(root("orders", "a", json!({})));
    })
    .await;
    assert_eq!(version(&store, "customers", "c").await, 1);
    for (id, seen) in [("c", 2), ("missing", 1)] {
        let answer = commit(&store, |set| {
            set.check(key("customers", id), seen);
            set.put_new(root("orders", "b", json!({})));
        });
        assert_eq!(
            answer.await,
            Commit::Conflict(ConflictOn::Record(key("customers", id)))
        );
    }
    assert_eq!(read(&store, "orders", "b").await, None);
}

/// The same id applied twice counts once, whatever the second would have met.
pub async fn a_resend_changes_nothing(store: Shared) {
    let mut first = set();
    first.put_new(root("orders", "a", json!({})));
    first.count("stock", 5, 0..=5);
    let id = first.id.clone();
    let realm = super::realm();
    assert!(!store.committed(&realm, &id).await.unwrap());
    for _ in 0..3 {
        assert_eq!(store.commit(first.clone()).await, Commit::Committed);
    }
    assert_eq!(snapshot(&store).await.counter("stock").await.unwrap(), 5);
    assert!(store.committed(&realm, &id).await.unwrap());
    assert!(
        !store
            .committed(&Realm::new("acme", false), &id)
            .await
            .unwrap()
    );
}

/// A set that is refused at its last part has written none of the others, and its id stays free.
pub async fn a_refused_set_leaves_no_trace(store: Shared) {
    committed(&store, |set| {
        set.claim("token", "t", "other");
    })
    .await;
    let mut refused = set();
    refused.put_new(root("orders", "a", json!({"customer_id": "c"})));
    refused.count("stock", 1, 0..=5);
    refused.send("m", "orders.create", json!({}), 1);
    refused.begin("key", "print", 1);
    refused.claim("token", "t", "a");
    let answer = store.commit(refused.clone()).await;
    assert!(matches!(answer, Commit::Refused(Refusal::Taken { .. })));
    let mut view = snapshot(&store).await;
    assert_eq!(view.record(&key("orders", "a")).await.unwrap(), None);
    assert_eq!(view.counter("stock").await.unwrap(), 0);
    assert_eq!(view.idempotency("key").await.unwrap(), None);
    let pointing = view
        .inverse(&["orders"], "customer", &["c".into()], 9)
        .await;
    assert!(pointing.unwrap().is_empty());
    drop(view);
    assert_eq!(store.next_due().await.unwrap(), NextDue::default());
    assert!(!store.committed(&super::realm(), &refused.id).await.unwrap());
    refused.claims.clear();
    assert_eq!(store.commit(refused).await, Commit::Committed);
}

/// What a snapshot has read stays as it was while others write; a later one shows the writes.
pub async fn a_snapshot_shows_one_moment(store: Shared) {
    committed(&store, |set| {
        set.put_new(root("orders", "a", json!({"number": "1"})));
        set.put_new(root("orders", "b", json!({"number": "1"})));
    })
    .await;
    let mut before = snapshot(&store).await;
    let first = before.record(&key("orders", "a")).await.unwrap();
    committed(&store, |set| {
        set.put_at(root("orders", "a", json!({"number": "2"})), 1);
        set.put_at(root("orders", "b", json!({"number": "2"})), 1);
        set.count("seen", 1, 0..=9);
    })
    .await;
    let other = before.record(&key("orders", "b")).await.unwrap().unwrap();
    assert_eq!(other.text("number"), Some("1"));
    assert_eq!(before.record(&key("orders", "a")).await.unwrap(), first);
    assert_eq!(before.counter("seen").await.unwrap(), 0);
    drop(before);
    let after = read(&store, "orders", "b").await.unwrap();
    assert_eq!(after.text("number"), Some("2"));
}

/// Five megabytes in one body, beside small neighbours.
pub async fn a_large_body_survives(store: Shared) {
    let text = "0123456789å".repeat(500_000);
    committed(&store, |set| {
        set.put_new(root("orders", "a", json!({"number": text})));
        set.put_new(root("orders", "b", json!({"number": "small"})));
    })
    .await;
    committed(&store, |set| {
        let mut value = body(json!({"number": text}));
        value.insert("status".into(), "placed".into());
        set.put_at(Record::root(key("orders", "a"), value, 2), 1);
    })
    .await;
    let found = read(&store, "orders", "a").await.unwrap();
    assert_eq!(found.text("number").map(str::len), Some(text.len()));
    assert_eq!(found.text("status"), Some("placed"));
}

/// Of 32 writers who saw the same version, one wins.
pub async fn one_of_many_writers_wins(store: Shared) {
    committed(&store, |set| {
        set.put_new(root("orders", "a", json!({})));
    })
    .await;
    let mut writers = Vec::new();
    for number in 0..32 {
        let store = store.clone();
        writers.push(tokio::spawn(async move {
            commit(&store, |set| {
                set.put_at(root("orders", "a", json!({"writer": number})), 1);
            })
            .await
        }));
    }
    let mut wins = 0;
    for writer in writers {
        match writer.await.unwrap() {
            Commit::Committed => wins += 1,
            answer => assert_eq!(
                answer,
                Commit::Conflict(ConflictOn::Record(key("orders", "a")))
            ),
        }
    }
    assert_eq!((wins, version(&store, "orders", "a").await), (1, 2));
}
