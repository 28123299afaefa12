//! Conditions across a relationship.

use serde_json::json;

use super::{Shared, body, committed, key, line, root, snapshot};
use crate::fixtures::{CUSTOMERS, ORDERS};
use crate::{FieldPath, Filter, ListQuery, Page, Record, Test};

fn field(field: &'static str, test: Test) -> Filter {
    let through = Vec::new();
    Filter::Field(FieldPath { through, field }, test)
}

/// Two tests across a relationship may be met by two records; a condition across it is met by one.
pub async fn one_record_holds_all_of_a_condition_across(store: Shared) {
    committed(&store, |set| {
        for id in ["1", "2"] {
            set.put_new(root("customers", id, json!({})));
        }
        for (id, customer, status, total) in [
            ("a", "1", "placed", 20),
            ("b", "1", "draft", 100),
            ("c", "2", "placed", 100),
        ] {
            let row =
                json!({"customer_id": customer, "status": status, "total_amount_cents": total});
            set.put_new(root("orders", id, row));
        }
    })
    .await;
    let orders = CUSTOMERS.relationship("orders").unwrap();
    let customer = ORDERS.relationship("customer").unwrap();
    let placed = || field("status", Test::Eq(json!("placed")));
    let large = || field("total_amount_cents", Test::Gteq(json!(100)));
    let across = |condition| Filter::Across(orders, Box::new(condition));
    let apart = Filter::All(vec![across(placed()), across(large())]);
    let together = across(Filter::All(vec![placed(), large()]));
    let not = Filter::Not(Box::new(together.clone()));
    let one = field("id", Test::Eq(json!("1")));
    let there_and_back = across(Filter::Across(customer, Box::new(one)));
    let mut view = snapshot(&store).await;
    for (filter, expected) in [
        (apart, vec!["1", "2"]),
        (together, vec!["2"]),
        (not, vec!["1"]),
        (there_and_back, vec!["1"]),
        (across(Filter::Everything), vec!["1", "2"]),
    ] {
        let query = ListQuery {
            kinds: vec!["customers"],
            filter,
            sort: Vec::new(),
            page: Page {
                offset: 0,
                limit: 10,
            },
        };
        let found = view.list(&query).await.unwrap();
        assert_eq!(super::ids(&found), expected, "{:?}", query.filter);
        let counted = view.count(&query).await.unwrap();
        assert_eq!(usize::try_from(counted).unwrap(), found.len());
    }
}

/// A computed relationship that says how it is crossed finds what its parts find.
pub async fn a_computed_relationship_is_crossed_as_it_says(store: Shared) {
    committed(&store, |set| {
        for id in ["1", "2"] {
            set.put_new(root("customers", id, json!({})));
        }
        // Two kinds of source with the same id: only one of them is a capture.
        for (id, customer, source) in [("a", "1", "captures"), ("b", "2", "wire_payments")] {
            let row = json!({"customer_id": customer, "source_type": source, "source_id": "s"});
            set.put_new(root("orders", id, row));
        }
        let capture = body(json!({"order_id": "a", "amount_cents": 5}));
        let (order, capture_key) = (key("orders", "a"), key("captures", "s"));
        set.put_new(Record::child(capture_key, order, capture, 1));
        set.put_new(line("l", "b", json!({"sku_code": "SHIRT"})));
    })
    .await;
    let capture = ORDERS.relationship("capture").unwrap();
    let lines = CUSTOMERS.relationship("line_items").unwrap();
    let across = |relationship, name, value| {
        Filter::Across(relationship, Box::new(field(name, Test::Eq(value))))
    };
    let by_path = |relationship, field, value| {
        let through = vec![relationship];
        Filter::Field(FieldPath { through, field }, Test::Eq(value))
    };
    let mut view = snapshot(&store).await;
    for (kind, filter, expected) in [
        ("orders", by_path(capture, "id", json!("s")), vec!["a"]),
        (
            "orders",
            across(capture, "amount_cents", json!(5)),
            vec!["a"],
        ),
        ("orders", across(capture, "amount_cents", json!(6)), vec![]),
        ("customers", by_path(lines, "id", json!("l")), vec!["2"]),
        (
            "customers",
            across(lines, "sku_code", json!("SHIRT")),
            vec!["2"],
        ),
        (
            "customers",
            across(lines, "sku_code", json!("SHOE")),
            vec![],
        ),
    ] {
        let query = ListQuery {
            kinds: vec![kind],
            filter,
            sort: Vec::new(),
            page: Page {
                offset: 0,
                limit: 10,
            },
        };
        let found = view.list(&query).await.unwrap();
        assert_eq!(super::ids(&found), expected, "{:?}", query.filter);
    }
}
