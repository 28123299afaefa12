//! Filters: every test, against rows of every shape.

use serde_json::{Value, json};

use super::{Shared, committed, line, root, snapshot};
use crate::fixtures::{CUSTOMERS, LINE_ITEMS, ORDERS, TAGS};
use crate::{FieldPath, Filter, ListQuery, Page, Record, Relationship, Sort, Test};

fn test(field: &'static str, test: Test) -> Filter {
    path(vec![], field, test)
}

fn path(through: Vec<&'static Relationship>, field: &'static str, test: Test) -> Filter {
    Filter::Field(FieldPath { through, field }, test)
}

/// Ids of the records that pass, joined.
async fn passing(store: &Shared, kind: &'static str, filter: Filter) -> String {
    let query = ListQuery {
        kinds: vec![kind],
        filter,
        sort: Vec::new(),
        page: Page {
            offset: 0,
            limit: 100,
        },
    };
    let mut view = snapshot(store).await;
    let found = view.list(&query).await.unwrap();
    let counted = view.count(&query).await.unwrap();
    assert_eq!(usize::try_from(counted).unwrap(), found.len());
    super::ids(&found).join("")
}

async fn expect(store: &Shared, filter: Filter, expected: &str) {
    let shown = format!("{filter:?}");
    assert_eq!(passing(store, "orders", filter).await, expected, "{shown}");
}

async fn orders(store: &Shared) {
    let rows = [
        json!({"number": "10", "status": "placed", "total_amount_cents": 100, "tax_rate": 0.22, "guest": true,
               "placed_at": "2026-01-01T10:00:00.000Z", "codes": ["x"], "metadata": {"a": 1}}),
        json!({"number": "9", "status": "PLACED_2", "total_amount_cents": 20, "tax_rate": 1, "guest": false,
               "placed_at": "2026-01-02T00:00:00.000Z", "codes": [], "metadata": {}}),
        json!({"number": "50%", "status": "", "total_amount_cents": -5, "tax_rate": 0.5, "guest": null}),
        json!({}),
    ];
    committed(store, |set| {
        for (index, (row, id)) in rows.into_iter().zip(["a", "b", "c", "d"]).enumerate() {
            set.put_new(Record {
                created_at: i64::try_from(index).unwrap() * 1_000_000,
                ..root("orders", id, row)
            });
        }
    })
    .await;
}

/// Every variant of `Test`, on each type of attribute it makes sense for.
pub async fn every_test_selects_its_rows(store: Shared) {
    orders(&store).await;
    let text = |text: &str| text.to_owned();
    for (field, tried, expected) in [
        ("number", Test::Eq(json!("9")), "b"),
        ("number", Test::Eq(json!(9)), "b"),
        ("number", Test::Eq(Value::Null), "d"),
        ("number", Test::Lt(json!("5")), "a"),
        ("number", Test::Gteq(json!("50%")), "bc"),
        (
            "number",
            Test::In(vec![json!("9"), json!("10"), json!("x")]),
            "ab",
        ),
        ("number", Test::In(vec![]), ""),
        ("number", Test::Null, "d"),
        ("status", Test::Blank, "cd"),
        ("status", Test::Matches(text("pla%d")), "a"),
        ("status", Test::Matches(text("placed__")), "b"),
        ("status", Test::Start(text("PLA")), "ab"),
        ("status", Test::End(text("d_2")), "b"),
        ("status", Test::Contains(text("_")), "b"),
        ("number", Test::Contains(text("%")), "c"),
        ("number", Test::Contains(text("\\")), ""),
        ("total_amount_cents", Test::Eq(json!(100)), "a"),
        ("total_amount_cents", Test::Eq(json!("100")), "a"),
        ("total_amount_cents", Test::Eq(json!("one hundred")), ""),
        ("total_amount_cents", Test::Gt(json!(-5)), "ab"),
        ("total_amount_cents", Test::Gteq(json!(-5)), "abc"),
        ("total_amount_cents", Test::Lteq(json!(20)), "bc"),
        (
            "total_amount_cents",
            Test::In(vec![json!(20), json!("-5")]),
            "bc",
        ),
        ("total_amount_cents", Test::Blank, "d"),
        ("total_amount_cents", Test::Start(text("1")), "a"),
        ("tax_rate", Test::Eq(json!(0.22)), "a"),
        ("tax_rate", Test::Eq(json!("1.0")), "b"),
        ("tax_rate", Test::Lt(json!(0.5)), "a"),
        ("tax_rate", Test::In(vec![json!(0.5), json!(1)]), "bc"),
        ("guest", Test::Eq(json!(true)), "a"),
        ("guest", Test::Eq(json!("false")), "b"),
        ("guest", Test::Null, "cd"),
        ("placed_at", Test::Gt(json!("2026-01-01")), "ab"),
        (
            "placed_at",
            Test::Eq(json!("2026-01-01T11:00:00+01:00")),
            "a",
        ),
        ("placed_at", Test::Lt(json!("2026-01-02T00:00:00Z")), "a"),
        ("codes", Test::Blank, "bcd"),
        ("metadata", Test::Blank, "bcd"),
        ("created_at", Test::Gt(json!("1970-01-01T00:00:01Z")), "cd"),
        ("created_at", Test::Lteq(json!(1_000_000)), "ab"),
        ("id", Test::Eq(json!("c")), "c"),
        ("id", Test::In(vec![json!("c"), json!("a")]), "ac"),
        ("id", Test::Gt(json!("b")), "cd"),
    ] {
        expect(&store, test(field, tried), expected).await;
    }
}

/// Documents show the default of what is absent or null; a search finds what they show.
pub async fn a_default_stands_for_an_absent_value(store: Shared) {
    committed(&store, |set| {
        set.put_new(root("orders", "o", json!({})));
        for (id, value) in [
            ("a", json!({"gift": null})),
            (
                "b",
                json!({"gift": true, "weight": 2, "wrapping": "x", "metadata": {"k": 1}}),
            ),
            (
                "c",
                json!({"gift": false, "weight": 0.5, "wrapping": "it's plain", "metadata": {}}),
            ),
        ] {
            set.put_new(line(id, "o", value));
        }
    })
    .await;
    for (field, tried, expected) in [
        ("gift", Test::Eq(json!(false)), "ac"),
        ("gift", Test::Null, ""),
        ("weight", Test::Eq(json!(0.5)), "ac"),
        ("weight", Test::Gt(json!(1)), "b"),
        ("wrapping", Test::Start("it's".into()), "ac"),
        ("metadata", Test::Null, ""),
        ("metadata", Test::Blank, "ac"),
        ("metadata", Test::JsonContains(json!({})), "abc"),
        ("metadata", Test::JsonContains(json!({"k": 1})), "b"),
    ] {
        let shown = format!("{field} {tried:?}");
        let found = passing(&store, "line_items", test(field, tried)).await;
        assert_eq!(found, expected, "{shown}");
    }
}

/// A counter that nobody has touched is 0, and so is a count of nothing.
pub async fn counters_and_counts_are_searched_and_sorted(store: Shared) {
    let placed = json!("2026-01-01T10:00:00.000Z");
    committed(&store, |set| {
        for (id, body) in [
            ("a", json!({})),
            ("b", json!({"bonus_max": 7})),
            ("c", json!({"bonus_max": 5})),
        ] {
            set.put_new(root("customers", id, body));
        }
        set.count("bonus:b", 7, 0..=100)
            .count("bonus:c", -2, -100..=100);
        for (id, customer, placed_at) in [
            ("1", "a", placed.clone()),
            ("2", "a", Value::Null),
            ("3", "c", placed.clone()),
            ("4", "c", placed),
        ] {
            let body = json!({"customer_id": customer, "placed_at": placed_at});
            set.put_new(root("orders", id, body));
        }
    })
    .await;
    for (field, tried, expected) in [
        ("bonus", Test::Eq(json!(0)), "a"),
        ("bonus", Test::Eq(json!("many")), ""),
        ("bonus", Test::Gt(json!(0)), "b"),
        ("bonus", Test::Lteq(json!(0)), "ac"),
        ("bonus", Test::In(vec![json!(0), json!(7)]), "ab"),
        ("bonus", Test::Null, ""),
        ("bonus", Test::Blank, ""),
        ("bonus_reached", Test::Eq(json!(true)), "b"),
        ("bonus_reached", Test::Eq(json!(false)), "ac"),
        ("bonus_reached", Test::Null, ""),
        ("placed_count", Test::Eq(json!(0)), "b"),
        ("placed_count", Test::Gteq(json!(1)), "ac"),
        ("placed_count", Test::Lt(json!(2)), "ab"),
        ("placed_count", Test::Null, ""),
    ] {
        let shown = format!("{field} {tried:?}");
        let found = passing(&store, "customers", test(field, tried)).await;
        assert_eq!(found, expected, "{shown}");
    }
    let customer = ORDERS.relationship("customer").unwrap();
    let across = path(vec![customer], "placed_count", Test::Gt(json!(1)));
    assert_eq!(passing(&store, "orders", across).await, "34");
    for (field, expected) in [
        ("bonus", ["b", "a", "c"]),
        ("placed_count", ["c", "a", "b"]),
    ] {
        let query = ListQuery {
            kinds: vec!["customers"],
            filter: Filter::Everything,
            sort: vec![Sort {
                field,
                descending: true,
            }],
            page: Page {
                offset: 0,
                limit: 10,
            },
        };
        let found = snapshot(&store).await.list(&query).await.unwrap();
        assert_eq!(super::ids(&found), expected, "{field}");
    }
}

/// PostgreSQL's containment, with types kept apart.
pub async fn json_containment_is_exact(store: Shared) {
    let metadata = json!({"a": 1, "text": "1", "yes": true, "none": null, "odd \"key.x\"": {"b": [1, "x", {"c": 2}]}});
    committed(&store, |set| {
        set.put_new(root(
            "orders",
            "a",
            json!({"metadata": metadata, "codes": ["x", 2]}),
        ));
        set.put_new(root("orders", "b", json!({"metadata": {"a": 2}})));
        set.put_new(root("orders", "c", json!({"metadata": null})));
        set.put_new(root("orders", "d", json!({})));
    })
    .await;
    for (wanted, expected) in [
        (json!({"a": 1}), "a"),
        (json!({"a": "1"}), ""),
        (json!({"text": "1"}), "a"),
        (json!({"text": 1}), ""),
        (json!({"yes": true}), "a"),
        (json!({"yes": 1}), ""),
        (json!({"a": true}), ""),
        (json!({"none": null}), "a"),
        (json!({"absent": null}), ""),
        (json!({}), "ab"),
        (json!({"a": 1, "yes": false}), ""),
        (json!({"odd \"key.x\"": {"b": ["x"]}}), "a"),
        (json!({"odd \"key.x\"": {"b": [{"c": 2}, 1]}}), "a"),
        (json!({"odd \"key.x\"": {"b": [{"c": 3}]}}), ""),
        (json!({"odd \"key.x\"": {}}), "a"),
        (json!({"odd": {}}), ""),
    ] {
        expect(
            &store,
            test("metadata", Test::JsonContains(wanted)),
            expected,
        )
        .await;
    }
    expect(&store, test("codes", Test::JsonContains(json!([2]))), "a").await;
    expect(&store, test("codes", Test::JsonContains(json!(["y"]))), "").await;
}

/// Stored and inverse, to-one and to-many, several steps.
pub async fn paths_cross_relationships(store: Shared) {
    committed(&store, |set| {
        set.put_new(root("customers", "1", json!({"email": "one@example.com"})));
        set.put_new(root("customers", "2", json!({"email": "two@example.com"})));
        set.put_new(root("tags", "t", json!({"name": "gift"})));
        let a = json!({"number": "1", "customer_id": "1", "tags_ids": ["t"], "source_id": "p",
                       "source_type": "captures"});
        set.put_new(root("orders", "a", a));
        set.put_new(root(
            "orders",
            "b",
            json!({"number": "2", "customer_id": "2"}),
        ));
        set.put_new(root("orders", "c", json!({"number": "3"})));
        set.put(line("l", "a", json!({"sku_code": "SHIRT"})));
        set.put(line("m", "b", json!({"sku_code": "SOCKS"})));
        let value = super::body(json!({"order_id": "a", "amount_cents": 7}));
        let order = super::key("orders", "a");
        set.put(Record::child(super::key("captures", "p"), order, value, 1));
    })
    .await;
    let of = |name: &str| ORDERS.relationship(name).unwrap();
    let eq = |text: &str| Test::Eq(json!(text));
    for (filter, expected) in [
        (
            path(vec![of("customer")], "email", eq("one@example.com")),
            "a",
        ),
        (path(vec![of("customer")], "id", eq("2")), "b"),
        (test("customer_id", eq("2")), "b"),
        (
            test("customer_id", Test::In(vec![json!("1"), json!("2")])),
            "ab",
        ),
        (test("customer_id", Test::Null), "c"),
        (path(vec![of("tags")], "name", eq("gift")), "a"),
        (
            path(vec![of("source")], "amount_cents", Test::Gt(json!(6))),
            "a",
        ),
        (
            path(vec![of("source")], "amount_cents", Test::Gt(json!(7))),
            "",
        ),
        (path(vec![of("line_items")], "sku_code", eq("SOCKS")), "b"),
        (
            path(vec![of("transactions")], "amount_cents", Test::Eq(json!(7))),
            "a",
        ),
    ] {
        expect(&store, filter, expected).await;
    }
    let order = LINE_ITEMS.relationship("order").unwrap();
    let orders = CUSTOMERS.relationship("orders").unwrap();
    let tagged = TAGS.relationship("tagged").unwrap();
    let two = path(
        vec![order, of("customer")],
        "email",
        Test::Start("TWO".into()),
    );
    assert_eq!(passing(&store, "line_items", two).await, "m");
    let down = path(vec![orders, of("line_items")], "sku_code", eq("SHIRT"));
    assert_eq!(passing(&store, "customers", down).await, "1");
    let many = path(vec![tagged], "number", eq("1"));
    assert_eq!(passing(&store, "tags", many).await, "t");
}

/// A condition holds or does not hold: its negation selects exactly the rest.
pub async fn negation_includes_what_is_absent(store: Shared) {
    orders(&store).await;
    let not = |filter| Filter::Not(Box::new(filter));
    expect(
        &store,
        not(test("status", Test::Eq(json!("placed")))),
        "bcd",
    )
    .await;
    expect(
        &store,
        not(test("total_amount_cents", Test::Gt(json!(0)))),
        "cd",
    )
    .await;
    expect(&store, not(test("status", Test::Null)), "abc").await;
    let customer = ORDERS.relationship("customer").unwrap();
    let none = path(vec![customer], "email", Test::Contains("@".into()));
    expect(&store, not(none), "abcd").await;
    let both = Filter::All(vec![
        test("total_amount_cents", Test::Gt(json!(0))),
        not(test("guest", Test::Eq(json!(true)))),
    ]);
    expect(&store, both.clone(), "b").await;
    expect(&store, not(both), "acd").await;
    let either = Filter::Any(vec![
        test("number", Test::Eq(json!("10"))),
        test("status", Test::Blank),
    ]);
    expect(&store, either, "acd").await;
    expect(&store, Filter::All(vec![]), "abcd").await;
    expect(&store, Filter::Any(vec![]), "").await;
}

/// Values with quotes, wildcards and placeholders mean themselves.
pub async fn text_is_bound_never_spliced(store: Shared) {
    let odd = [
        "' OR 1=1 --",
        "$1",
        "?1",
        "\"; DROP TABLE records",
        "a\u{0}b",
        "%",
        "_",
        "[\"x\"]",
    ];
    committed(&store, |set| {
        for (index, number) in odd.iter().enumerate() {
            set.put_new(root(
                "orders",
                &index.to_string(),
                json!({"number": number}),
            ));
        }
    })
    .await;
    for (index, number) in odd.iter().enumerate() {
        let id = index.to_string();
        expect(&store, test("number", Test::Eq(json!(number))), &id).await;
        expect(&store, test("number", Test::In(vec![json!(number)])), &id).await;
    }
    expect(&store, test("number", Test::Contains("%".into())), "5").await;
}
