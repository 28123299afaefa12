//! Roots and children: one version guards a whole aggregate.

use serde_json::json;

use super::{Shared, commit, committed, ids, key, line, read, root, snapshot, version};
use crate::{Commit, ConflictOn, Guard, Refusal};

async fn order_with_lines(store: &Shared) {
    committed(store, |set| {
        set.put(root("orders", "a", json!({})));
        set.put(line("l1", "a", json!({"quantity": 1})));
        set.put(line("l2", "a", json!({"quantity": 2})));
    })
    .await;
}

/// Two writers who both add a child to what they saw cannot both succeed.
pub async fn a_child_moves_its_roots_version(store: Shared) {
    order_with_lines(&store).await;
    let add = |id: &'static str| {
        let store = store.clone();
        async move {
            commit(&store, |set| {
                set.put_at(root("orders", "a", json!({})), 1);
                set.put(line(id, "a", json!({"quantity": 3})));
            })
            .await
        }
    };
    assert_eq!(add("l3").await, Commit::Committed);
    assert_eq!(
        add("l4").await,
        Commit::Conflict(ConflictOn::Record(key("orders", "a")))
    );
    let mut view = snapshot(&store).await;
    let aggregate = view.aggregate(&key("orders", "a")).await.unwrap();
    assert_eq!(ids(&aggregate), ["a", "l1", "l2", "l3"]);
    assert_eq!(aggregate[0].version, 2);
    assert_eq!(aggregate[1].version, 0);
    assert_eq!(aggregate[1].root, key("orders", "a"));
    assert!(
        view.aggregate(&key("orders", "b"))
            .await
            .unwrap()
            .is_empty()
    );
}

/// A child alone is refused before anything is read.
pub async fn a_child_needs_its_root(store: Shared) {
    order_with_lines(&store).await;
    let alone = commit(&store, |set| {
        set.put(line("l1", "a", json!({"quantity": 9})));
    });
    assert!(matches!(
        alone.await,
        Commit::Refused(Refusal::Malformed(_))
    ));
    let taken = commit(&store, |set| {
        set.put_at(root("orders", "a", json!({})), 1);
        set.put_new(line("l1", "a", json!({})));
    });
    let conflict = Commit::Conflict(ConflictOn::Record(key("line_items", "l1")));
    assert_eq!(taken.await, conflict);
}

/// Writing another order's line under this order would go past that order's version.
pub async fn a_child_stays_with_its_root(store: Shared) {
    order_with_lines(&store).await;
    let stolen = commit(&store, |set| {
        set.put(root("orders", "b", json!({})));
        set.put(line("l1", "b", json!({})));
    });
    assert!(matches!(
        stolen.await,
        Commit::Refused(Refusal::Malformed(_))
    ));
    let deleted = commit(&store, |set| {
        set.put(root("orders", "b", json!({})));
        set.deletes.push((key("line_items", "l1"), Guard::ByRoot));
    });
    assert!(matches!(
        deleted.await,
        Commit::Refused(Refusal::Malformed(_))
    ));
}

/// With both roots in the set, a child may change sides, even when its old root goes away.
pub async fn a_child_moves_when_both_roots_are_written(store: Shared) {
    order_with_lines(&store).await;
    committed(&store, |set| {
        set.put_at(root("orders", "a", json!({})), 1);
        set.put(root("orders", "b", json!({})));
        set.put(line("l1", "b", json!({})));
    })
    .await;
    let mut view = snapshot(&store).await;
    let old = view.aggregate(&key("orders", "a")).await.unwrap();
    let new = view.aggregate(&key("orders", "b")).await.unwrap();
    assert_eq!((ids(&old), ids(&new)), (vec!["a", "l2"], vec!["b", "l1"]));
    drop(view);
    committed(&store, |set| {
        set.deletes.push((key("orders", "a"), Guard::At(2)));
        set.put_at(root("orders", "b", json!({})), 1);
        set.put(line("l2", "b", json!({})));
    })
    .await;
    let mut view = snapshot(&store).await;
    let all = view.aggregate(&key("orders", "b")).await.unwrap();
    assert_eq!(ids(&all), ["b", "l1", "l2"]);
    let pointing = view
        .inverse(&["line_items"], "order", &["a".into(), "b".into()], 9)
        .await;
    assert_eq!(ids(&pointing.unwrap()), ["l1", "l2"]);
}

/// Deleting a root deletes its children and everyone's links.
pub async fn a_deleted_root_takes_its_children(store: Shared) {
    order_with_lines(&store).await;
    let stale = commit(&store, |set| {
        set.deletes.push((key("orders", "a"), Guard::At(2)));
    });
    assert!(matches!(stale.await, Commit::Conflict(_)));
    committed(&store, |set| {
        set.deletes.push((key("orders", "a"), Guard::At(1)));
    })
    .await;
    assert_eq!(read(&store, "orders", "a").await, None);
    assert_eq!(read(&store, "line_items", "l1").await, None);
    let pointing = snapshot(&store)
        .await
        .inverse(&["line_items"], "order", &["a".into()], 9)
        .await;
    assert!(pointing.unwrap().is_empty());
    order_with_lines(&store).await;
    assert_eq!(version(&store, "orders", "a").await, 1);
}

/// A child goes with a write of its root; one that is gone already is fine.
pub async fn a_child_is_deleted_by_its_root(store: Shared) {
    order_with_lines(&store).await;
    let child = read(&store, "line_items", "l1").await.unwrap();
    for seen in 1..3 {
        committed(&store, |set| {
            set.put_at(root("orders", "a", json!({})), seen);
            set.delete(&child);
        })
        .await;
    }
    let mut view = snapshot(&store).await;
    let rest = view.aggregate(&key("orders", "a")).await.unwrap();
    assert_eq!(ids(&rest), ["a", "l2"]);
}
