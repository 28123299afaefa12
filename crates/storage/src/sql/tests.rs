//! The SQL of both dialects, snapshotted: a change of a statement shows in review.

use serde_json::json;

use super::*;
use crate::fixtures::{CUSTOMERS, LINE_ITEMS, ORDERS, REGISTRY};
use crate::query::{FieldPath, Filter, ListQuery, Page, Sort, Test};
use crate::record::{Realm, Scope};

fn scope() -> Scope {
    Scope {
        realm: Realm::new("acme", true),
        market: Some("m".into()),
        owner: None,
    }
}

fn query(filter: Filter) -> ListQuery {
    ListQuery {
        kinds: vec!["orders"],
        filter,
        sort: Vec::new(),
        page: Page {
            offset: 0,
            limit: 10,
        },
    }
}

fn field(name: &'static str, test: Test) -> Filter {
    Filter::Field(
        FieldPath {
            through: Vec::new(),
            field: name,
        },
        test,
    )
}

/// The text after `WHERE` in both dialects, with the values.
fn both(query: &ListQuery) -> String {
    let mut shown = String::new();
    for dialect in [Dialect::Sqlite, Dialect::Postgres] {
        let statement = list(dialect, &REGISTRY, &scope(), query, Lead::Engine).unwrap();
        let (_, condition) = statement.text.split_once(" WHERE ").unwrap();
        shown.push_str(condition);
        shown.push('\n');
        assert_placeholders(&statement);
        if dialect == Dialect::Sqlite {
            shown.push_str(&format!("{:?}\n", statement.values));
        }
    }
    shown
}

/// SQLite numbers `$n` by first appearance, so the text must count up.
fn assert_placeholders(statement: &Statement) {
    let numbers: Vec<usize> = statement
        .text
        .split('$')
        .skip(1)
        .filter_map(|rest| {
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            digits.parse().ok()
        })
        .collect();
    let expected: Vec<usize> = (1..=statement.values.len()).collect();
    assert_eq!(numbers, expected, "{}", statement.text);
}

#[test]
fn a_list_with_sort_and_page() {
    let mut query = query(Filter::Everything);
    query.sort = vec![Sort {
        field: "number",
        descending: true,
    }];
    for dialect in [Dialect::Sqlite, Dialect::Postgres] {
        let statement = list(dialect, &REGISTRY, &scope(), &query, Lead::Engine).unwrap();
        insta::assert_snapshot!(format!("list_{dialect:?}"), statement.text);
    }
}

#[test]
fn every_test_of_a_field() {
    let filters = Filter::All(vec![
        field("number", Test::Eq(json!("12"))),
        field("total_amount_cents", Test::Gteq(json!("100"))),
        field("tax_rate", Test::Lt(json!(0.22))),
        field("guest", Test::Eq(json!(true))),
        field("placed_at", Test::Gt(json!("2026-01-01"))),
        field("created_at", Test::Lteq(json!("2026-01-01T00:00:00Z"))),
        field("status", Test::In(vec![json!("draft"), json!("placed")])),
        field("total_amount_cents", Test::In(vec![json!(1), json!("x")])),
        field("tax_rate", Test::In(vec![json!(1), json!(2)])),
        field("status", Test::Null),
        field("codes", Test::Blank),
        field("status", Test::Matches("pl%".into())),
        field("status", Test::Contains("50%_".into())),
        field("total_amount_cents", Test::Start("1".into())),
        field("id", Test::Eq(json!("x"))),
        field("total_amount_cents", Test::Eq(json!("many"))),
    ]);
    insta::assert_snapshot!(both(&query(filters)));
}

#[test]
fn counters_counts_and_defaults() {
    let mut query = query(Filter::All(vec![
        field("bonus", Test::Gt(json!(1))),
        field("placed_count", Test::Blank),
        field("bonus_reached", Test::Eq(json!(true))),
    ]));
    query.kinds = vec!["customers"];
    let mut shown = both(&query);
    query.kinds = vec!["line_items"];
    query.filter = Filter::All(vec![
        field("gift", Test::Eq(json!(false))),
        field("wrapping", Test::Null),
    ]);
    shown.push_str(&both(&query));
    insta::assert_snapshot!(shown);
}

#[test]
fn json_containment() {
    let value = json!({"a \" key": {"deep": 1}, "list": ["x", {"y": true}], "none": null});
    insta::assert_snapshot!(both(&query(field("metadata", Test::JsonContains(value)))));
}

#[test]
fn paths_cross_relationships_within_the_scope() {
    let customer = ORDERS.relationship("customer").unwrap();
    let source = ORDERS.relationship("source").unwrap();
    let lines = ORDERS.relationship("line_items").unwrap();
    let path = |through, field| FieldPath { through, field };
    let filters = Filter::Any(vec![
        Filter::Field(
            path(vec![customer], "email"),
            Test::Eq(json!("a@example.com")),
        ),
        Filter::Field(path(vec![customer], "id"), Test::Eq(json!("c"))),
        field("customer_id", Test::In(vec![json!("c")])),
        field("customer_id", Test::Null),
        Filter::Field(path(vec![source], "amount_cents"), Test::Gt(json!(5))),
        Filter::Not(Box::new(Filter::Field(
            path(vec![lines], "sku_code"),
            Test::Eq(json!("SHIRT")),
        ))),
        Filter::All(vec![]),
        Filter::Any(vec![]),
    ]);
    insta::assert_snapshot!(both(&query(filters)));
}

#[test]
fn a_path_of_two_steps_and_a_to_many_inverse() {
    let order = LINE_ITEMS.relationship("order").unwrap();
    let customer = ORDERS.relationship("customer").unwrap();
    let orders = CUSTOMERS.relationship("orders").unwrap();
    let tagged = crate::fixtures::TAGS.relationship("tagged").unwrap();
    let mut lines = query(Filter::Field(
        FieldPath {
            through: vec![order, customer, orders],
            field: "number",
        },
        Test::Eq(json!("1")),
    ));
    lines.kinds = vec!["line_items"];
    let mut tags = query(Filter::Field(
        FieldPath {
            through: vec![tagged],
            field: "number",
        },
        Test::Eq(json!("1")),
    ));
    tags.kinds = vec!["tags"];
    insta::assert_snapshot!(both(&lines) + &both(&tags));
}

#[test]
fn computed_relationships_are_crossed_as_they_say() {
    let capture = ORDERS.relationship("capture").unwrap();
    let lines = CUSTOMERS.relationship("line_items").unwrap();
    let test = |relationship, field| {
        let through = vec![relationship];
        Filter::Field(FieldPath { through, field }, Test::Eq(json!("1")))
    };
    let orders = query(Filter::Any(vec![
        test(capture, "id"),
        test(capture, "amount_cents"),
    ]));
    let mut customers = query(Filter::Any(vec![
        test(lines, "id"),
        test(lines, "sku_code"),
    ]));
    customers.kinds = vec!["customers"];
    insta::assert_snapshot!(both(&orders) + &both(&customers));
}

#[test]
fn several_types_count_and_inverse() {
    let mut query = query(field("amount_cents", Test::Gt(json!(0))));
    query.kinds = vec!["captures", "refunds"];
    let scope = scope();
    let mut shown = String::new();
    for dialect in [Dialect::Sqlite, Dialect::Postgres] {
        let counted = count(dialect, &REGISTRY, &scope, &query, Lead::Engine, 1000).unwrap();
        let found = inverse(
            dialect,
            &REGISTRY,
            &scope,
            (&["captures", "refunds"], "order"),
            &["a".into(), "b".into()],
            25,
        )
        .unwrap();
        assert_placeholders(&counted);
        assert_placeholders(&found);
        shown.push_str(&format!("{}\n{}\n", counted.text, found.text));
    }
    insta::assert_snapshot!(shown);
}

#[test]
fn the_schema() {
    let mut shown = String::new();
    for dialect in [Dialect::Sqlite, Dialect::Postgres] {
        for migration in migrations(dialect) {
            shown.push_str(&format!("{} {}\n", migration.number, migration.sql));
        }
    }
    insta::assert_snapshot!(shown);
}

#[test]
fn unknown_names_never_reach_the_text() {
    for name in ["nothing", "id; DROP TABLE records", "number'"] {
        let query = query(field(name, Test::Null));
        let refused = list(Dialect::Sqlite, &REGISTRY, &scope(), &query, Lead::Engine);
        assert!(matches!(refused, Err(StoreError::UnknownField(_))));
    }
    let kinds: &[&str] = &["orders' OR '1"];
    assert!(
        inverse(
            Dialect::Sqlite,
            &REGISTRY,
            &scope(),
            (kinds, "order"),
            &[],
            1
        )
        .is_err()
    );
    let greedy = query(field("number", Test::Matches("%a%a%a%a%a%a%a%a%".into())));
    assert!(matches!(
        list(Dialect::Sqlite, &REGISTRY, &scope(), &greedy, Lead::Engine),
        Err(StoreError::TooBroad)
    ));
}

#[test]
fn leads_change_where_a_statement_starts() {
    let mut query = query(Filter::All(vec![
        field("customer_id", Test::Eq(json!("c"))),
        field("number", Test::Gt(json!("1"))),
        field("status", Test::In(vec![json!("placed"), json!("approved")])),
    ]));
    let whole_realm = Scope {
        market: None,
        ..scope()
    };
    let probed = probes(Dialect::Sqlite, &REGISTRY, &whole_realm, &query, 50).unwrap();
    let mut shown = String::new();
    for probe in &probed {
        assert_placeholders(probe);
        shown.push_str(&format!("{} {:?}\n", probe.text, probe.values));
    }
    for lead in [Lead::Condition(0), Lead::Condition(1), Lead::Order] {
        let listed = list(Dialect::Sqlite, &REGISTRY, &whole_realm, &query, lead).unwrap();
        assert_placeholders(&listed);
        let (_, condition) = listed.text.split_once(" WHERE ").unwrap();
        shown.push_str(&format!("{lead:?}\n{condition}\n"));
    }
    // Links decide this one alone, so no record is looked at.
    query.filter = Filter::All(vec![field("customer_id", Test::Eq(json!("c")))]);
    for lead in [Lead::Condition(0), Lead::Order] {
        let counted = count(Dialect::Sqlite, &REGISTRY, &whole_realm, &query, lead, 9).unwrap();
        assert_placeholders(&counted);
        shown.push_str(&format!("{lead:?}\n{}\n", counted.text));
    }
    insta::assert_snapshot!(shown);
    let scoped = count(Dialect::Sqlite, &REGISTRY, &scope(), &query, Lead::Order, 9);
    assert!(
        scoped.unwrap().text.contains("FROM records"),
        "a scope is a column of the record"
    );
}
