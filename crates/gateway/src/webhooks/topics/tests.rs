//! The table of topics, step by step.

use kassa_storage::Key;
use serde_json::json;

use super::*;
use crate::shop::resources::registry;

fn order(body: Value) -> Record {
    let Value::Object(body) = body else {
        panic!("a body is an object");
    };
    Record::root(Key::new("orders", "a"), body, 0)
}

fn raised(old: Option<Value>, new: Option<Value>, parts: &[&str]) -> Vec<&'static str> {
    let (old, new) = (old.map(order), new.map(order));
    let of_orders = TOPICS.iter().filter(|topic| topic.kind() == "orders");
    of_orders
        .filter(|topic| topic.is_raised(old.as_ref(), new.as_ref(), parts))
        .map(|topic| topic.name)
        .collect()
}

#[test]
fn each_step_of_an_order_raises_its_topics() {
    let open = json!({"status": "pending", "payment_status": "unpaid", "fulfillment_status": "unfulfilled"});
    let with = |change: Value| {
        let mut body = open.clone();
        for (name, value) in change.as_object().unwrap() {
            body[name] = value.clone();
        }
        Some(body)
    };
    let was = || Some(open.clone());
    let none: &[&str] = &[];
    let table: &[(Option<Value>, Option<Value>, &[&str])] = &[
        (
            None,
            Some(json!({"status": "draft"})),
            &["orders.create", "orders.draft"],
        ),
        (Some(json!({"status": "draft"})), was(), &["orders.pending"]),
        (was(), was(), none),
        (was(), with(json!({"status": "placing"})), none),
        (
            with(json!({"status": "placing"})),
            with(json!({"status": "placed", "placed_at": "t", "payment_status": "authorized"})),
            &["orders.authorize", "orders.place"],
        ),
        (
            with(json!({"status": "placed", "placed_at": "t"})),
            with(json!({"status": "editing", "placed_at": "t"})),
            &["orders.start_editing"],
        ),
        (
            with(json!({"status": "editing", "placed_at": "t"})),
            with(json!({"status": "placed", "placed_at": "t"})),
            none,
        ),
        (
            was(),
            with(json!({"status": "approved"})),
            &["orders.approve"],
        ),
        (
            was(),
            with(json!({"payment_status": "paid", "fulfillment_status": "in_progress"})),
            &["orders.pay", "orders.start_fulfilling"],
        ),
        (
            was(),
            with(json!({"payment_status": "partially_paid"})),
            none,
        ),
        (
            was(),
            with(json!({"status": "cancelled", "payment_status": "voided"})),
            &["orders.cancel", "orders.void"],
        ),
        (
            was(),
            with(json!({"payment_status": "partially_refunded"})),
            &["orders.refund"],
        ),
        (
            with(json!({"payment_status": "partially_refunded"})),
            with(json!({"payment_status": "refunded"})),
            none,
        ),
        (
            was(),
            with(json!({"fulfillment_status": "fulfilled"})),
            &["orders.fulfill"],
        ),
        (was(), None, &["orders.destroy"]),
    ];
    for (old, new, expected) in table {
        assert_eq!(
            raised(old.clone(), new.clone(), none),
            *expected,
            "{old:?} {new:?}"
        );
    }
    let rebuilt = raised(was(), was(), &["line_items", "shipments"]);
    assert_eq!(rebuilt, ["orders.rebuild_shipments"]);
}

#[test]
fn every_topic_is_in_the_documents() {
    let page = include_str!("../../../../../docs/webhooks.md");
    for topic in TOPICS {
        assert!(
            page.contains(&format!("`{}`", topic.name)),
            "{}",
            topic.name
        );
    }
}

#[test]
fn topics_are_sorted_and_about_types_that_are_served() {
    assert!(TOPICS.windows(2).all(|pair| pair[0].name < pair[1].name));
    for topic in TOPICS {
        let descriptor = registry().find(topic.kind());
        let descriptor = descriptor.unwrap_or_else(|| panic!("{}", topic.name));
        if let Becomes(field, words) = topic.when {
            let attribute = descriptor.attribute(field).unwrap();
            let known = |word: &&str| attribute.values.contains(word);
            assert!(
                attribute.values.is_empty() || words.iter().all(known),
                "{}",
                topic.name
            );
        }
    }
}
