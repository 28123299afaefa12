//! Conditions across a relationship.

use serde_json::json;

use super::{Shared, committed, root, snapshot};
use crate::fixtures::{CUSTOMERS, ORDERS};
use crate::{FieldPath, Filter, ListQuery, Page, Test};

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
