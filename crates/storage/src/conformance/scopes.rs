//! What a scope may see.

use serde_json::json;

use super::{Shared, committed, ids, key, root};
use crate::{ChangeSet, Commit, FieldPath, Filter, ListQuery, Page, Realm, Record, Scope, Test};

fn everything(kind: &'static str) -> ListQuery {
    ListQuery {
        kinds: vec![kind],
        filter: Filter::Everything,
        sort: Vec::new(),
        page: Page {
            offset: 0,
            limit: 100,
        },
    }
}

/// The same keys, claims, counters and set ids live side by side in test and live mode.
pub async fn realms_do_not_meet(store: Shared) {
    let (test, live) = (Realm::new("acme", true), Realm::new("acme", false));
    for (realm, number) in [(&test, "1"), (&live, "2")] {
        let mut set = ChangeSet::new("same id".into(), realm.clone());
        let mut order = root("orders", "a", json!({"number": number, "customer_id": "c"}));
        order.created_at = 1;
        set.put_new(order);
        set.claim("token", "t", number).count("stock", 1, 0..=1);
        set.begin("key", number, 1);
        assert_eq!(store.commit(set).await, Commit::Committed);
    }
    for (realm, number) in [(&test, "1"), (&live, "2")] {
        let scope = Scope::realm(realm.clone());
        let mut view = store.snapshot(&scope).await.unwrap();
        let found = view.record(&key("orders", "a")).await.unwrap().unwrap();
        assert_eq!(found.text("number"), Some(number));
        assert_eq!(view.list(&everything("orders")).await.unwrap().len(), 1);
        assert_eq!(view.counter("stock").await.unwrap(), 1);
        let pointing = view
            .inverse(&["orders"], "customer", &["c".into()], 9)
            .await;
        assert_eq!(pointing.unwrap(), [found]);
    }
    assert_eq!(store.realms().await.unwrap(), [live, test]);
}

fn placed_in(id: &str, market: Option<&str>, owner: Option<&str>) -> Record {
    Record {
        market: market.map(str::to_owned),
        owner: owner.map(str::to_owned),
        ..root("orders", id, json!({"customer_id": "c", "number": id}))
    }
}

/// In every kind of read; rows without a market or owner are everyone's.
pub async fn other_markets_and_owners_are_invisible(store: Shared) {
    committed(&store, |set| {
        set.put_new(placed_in("1", None, None));
        set.put_new(placed_in("2", Some("eu"), None));
        set.put_new(placed_in("3", Some("us"), None));
        set.put_new(placed_in("4", Some("eu"), Some("me")));
        set.put_new(placed_in("5", Some("eu"), Some("you")));
        set.put_new(placed_in("6", None, Some("you")));
    })
    .await;
    let scope = |market: Option<&str>, owner: Option<&str>| Scope {
        realm: super::realm(),
        market: market.map(str::to_owned),
        owner: owner.map(str::to_owned),
    };
    for (scope, visible) in [
        (scope(None, None), vec!["1", "2", "3", "4", "5", "6"]),
        (scope(Some("eu"), None), vec!["1", "2", "4", "5", "6"]),
        (scope(None, Some("me")), vec!["1", "2", "3", "4"]),
        (scope(Some("eu"), Some("me")), vec!["1", "2", "4"]),
    ] {
        let mut view = store.snapshot(&scope).await.unwrap();
        let query = everything("orders");
        let listed = view.list(&query).await.unwrap();
        assert_eq!(ids(&listed), visible);
        let count = view.count(&query).await.unwrap();
        assert_eq!(usize::try_from(count).unwrap(), visible.len());
        let pointing = view
            .inverse(&["orders"], "customer", &["c".into()], 9)
            .await;
        assert_eq!(ids(&pointing.unwrap()), visible);
        let keys: Vec<_> = ["1", "2", "3", "4", "5", "6"]
            .map(|id| key("orders", id))
            .into();
        assert_eq!(ids(&view.records(&keys).await.unwrap()), visible);
        for key in keys {
            let seen = visible.contains(&key.id.as_str());
            assert_eq!(view.record(&key).await.unwrap().is_some(), seen);
            assert_eq!(view.aggregate(&key).await.unwrap().len(), usize::from(seen));
        }
    }
}

/// A filter cannot find out about rows that a read would not show.
pub async fn a_path_stays_within_the_scope(store: Shared) {
    committed(&store, |set| {
        set.put_new(Record {
            owner: Some("you".into()),
            ..root("customers", "c", json!({"email": "secret@example.com"}))
        });
        set.put_new(placed_in("1", None, None));
    })
    .await;
    let customer = crate::fixtures::ORDERS.relationship("customer").unwrap();
    let query = ListQuery {
        filter: Filter::Field(
            FieldPath {
                through: vec![customer],
                field: "email",
            },
            Test::Start("secret".into()),
        ),
        ..everything("orders")
    };
    for (owner, found) in [("you", 1), ("me", 0)] {
        let scope = Scope {
            owner: Some(owner.into()),
            ..Scope::realm(super::realm())
        };
        let mut view = store.snapshot(&scope).await.unwrap();
        assert_eq!(view.count(&query).await.unwrap(), found);
    }
}
