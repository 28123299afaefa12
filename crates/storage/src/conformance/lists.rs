//! Lists: order, pages, counts, several types, inverse relationships.

use serde_json::json;

use super::{Shared, committed, ids, key, line, root, snapshot};
use crate::{FieldPath, Filter, ListQuery, Page, Record, Sort, Test};

fn query(kinds: Vec<&'static str>, sort: &[(&'static str, bool)]) -> ListQuery {
    ListQuery {
        kinds,
        filter: Filter::Everything,
        sort: sort
            .iter()
            .map(|(field, descending)| Sort {
                field,
                descending: *descending,
            })
            .collect(),
        page: Page {
            offset: 0,
            limit: 100,
        },
    }
}

async fn orders(store: &Shared) {
    let rows = [
        ("a", 3, json!({"number": "b", "total_amount_cents": 10})),
        ("b", 1, json!({"number": "B", "total_amount_cents": 9})),
        ("c", 2, json!({"number": "a", "total_amount_cents": null})),
        ("d", 2, json!({"number": "a"})),
    ];
    committed(store, |set| {
        for (id, created_at, value) in rows {
            set.put_new(Record {
                created_at,
                updated_at: 10 - created_at,
                ..root("orders", id, value)
            });
        }
    })
    .await;
}

/// By bytes, absent values smallest, ties by `created_at, id`.
pub async fn a_list_sorts_and_pages(store: Shared) {
    orders(&store).await;
    let mut view = snapshot(&store).await;
    for (sort, expected) in [
        (vec![], ["b", "c", "d", "a"]),
        (vec![("number", false)], ["b", "c", "d", "a"]),
        (vec![("number", true)], ["a", "c", "d", "b"]),
        (vec![("total_amount_cents", false)], ["c", "d", "b", "a"]),
        (vec![("total_amount_cents", true)], ["a", "b", "c", "d"]),
        (vec![("number", true), ("id", true)], ["a", "d", "c", "b"]),
        (vec![("updated_at", false)], ["a", "c", "d", "b"]),
    ] {
        let found = view.list(&query(vec!["orders"], &sort)).await.unwrap();
        assert_eq!(ids(&found), expected, "{sort:?}");
    }
    let mut paged = query(vec!["orders"], &[]);
    for (offset, limit, expected) in [
        (0, 2, vec!["b", "c"]),
        (2, 2, vec!["d", "a"]),
        (3, 2, vec!["a"]),
        (4, 2, vec![]),
        (0, 0, vec![]),
        (u64::MAX, u64::MAX, vec![]),
    ] {
        paged.page = Page { offset, limit };
        assert_eq!(ids(&view.list(&paged).await.unwrap()), expected);
    }
}

/// A count is of the filter.
pub async fn a_count_ignores_the_page(store: Shared) {
    orders(&store).await;
    let mut view = snapshot(&store).await;
    let mut counted = query(vec!["orders"], &[("number", true)]);
    counted.page = Page {
        offset: 1,
        limit: 1,
    };
    assert_eq!(view.count(&counted).await.unwrap(), 4);
    counted.filter = Filter::Field(
        FieldPath {
            through: vec![],
            field: "number",
        },
        Test::Eq(json!("a")),
    );
    assert_eq!(view.count(&counted).await.unwrap(), 2);
    counted.kinds = vec!["customers"];
    counted.filter = Filter::Everything;
    assert_eq!(view.count(&counted).await.unwrap(), 0);
}

/// An abstract type lists its concrete ones together.
pub async fn several_types_share_a_list(store: Shared) {
    committed(&store, |set| {
        set.put_new(root("orders", "o", json!({})));
        for (number, kind) in [(1, "captures"), (2, "refunds"), (3, "captures")] {
            let value = super::body(json!({"order_id": "o", "amount_cents": number}));
            let id = format!("t{number}");
            set.put(Record::child(
                key(kind, &id),
                key("orders", "o"),
                value,
                number,
            ));
        }
    })
    .await;
    let mut view = snapshot(&store).await;
    let both = vec!["captures", "refunds"];
    let found = view.list(&query(both.clone(), &[])).await.unwrap();
    assert_eq!(ids(&found), ["t1", "t2", "t3"]);
    let found = view
        .list(&query(both.clone(), &[("amount_cents", true)]))
        .await;
    assert_eq!(ids(&found.unwrap()), ["t3", "t2", "t1"]);
    let found = view
        .inverse(&both, "order", &["o".into()], 2)
        .await
        .unwrap();
    assert_eq!(ids(&found), ["t1", "t2"]);
    let mut of_order = query(both, &[]);
    of_order.filter = Filter::Field(
        FieldPath {
            through: vec![],
            field: "order_id",
        },
        Test::Eq(json!("o")),
    );
    assert_eq!(view.count(&of_order).await.unwrap(), 3);
}

/// For to-one and to-many relationships, many targets at once, each record once.
pub async fn inverse_finds_who_points_here(store: Shared) {
    committed(&store, |set| {
        set.put_new(root(
            "orders",
            "a",
            json!({"tags_ids": ["t1", "t2"], "customer_id": "c1"}),
        ));
        set.put_new(root(
            "orders",
            "b",
            json!({"tags_ids": ["t2"], "customer_id": "c2"}),
        ));
        set.put(line("l1", "a", json!({})));
        set.put(line("l2", "b", json!({})));
    })
    .await;
    let mut view = snapshot(&store).await;
    for (kind, via, targets, expected) in [
        ("orders", "tags", vec!["t1", "t2"], vec!["a", "b"]),
        ("orders", "tags", vec!["t2"], vec!["a", "b"]),
        ("orders", "tags", vec!["t1"], vec!["a"]),
        ("orders", "customer", vec!["c2", "c3"], vec!["b"]),
        ("line_items", "order", vec!["a", "b"], vec!["l1", "l2"]),
        ("line_items", "order", vec![], vec![]),
        ("orders", "order", vec!["a"], vec![]),
    ] {
        let targets: Vec<String> = targets.into_iter().map(str::to_owned).collect();
        let found = view.inverse(&[kind], via, &targets, 9).await.unwrap();
        assert_eq!(ids(&found), expected, "{kind} {via} {targets:?}");
    }
}

/// A changed body changes its links; a deleted record has none.
pub async fn links_follow_the_body(store: Shared) {
    let pointing = async |target: &str| {
        let mut view = snapshot(&store).await;
        let found = view
            .inverse(&["orders"], "customer", &[target.into()], 9)
            .await;
        found.unwrap().len()
    };
    committed(&store, |set| {
        set.put_new(root("orders", "a", json!({"customer_id": "c1"})));
    })
    .await;
    assert_eq!((pointing("c1").await, pointing("c2").await), (1, 0));
    committed(&store, |set| {
        set.put_at(root("orders", "a", json!({"customer_id": "c2"})), 1);
    })
    .await;
    assert_eq!((pointing("c1").await, pointing("c2").await), (0, 1));
    committed(&store, |set| {
        set.put_at(root("orders", "a", json!({"customer_id": null})), 2);
    })
    .await;
    assert_eq!((pointing("c1").await, pointing("c2").await), (0, 0));
}
