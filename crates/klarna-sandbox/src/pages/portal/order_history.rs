//! The story of an order: calls on it, what time did, callbacks about it.
//!
//! Invariant: sorted by the world's clock, refusals included; it says nothing that the world does not remember.

use jiff::Timestamp;

use super::order_form::name;
use super::orders::currency;
use super::page::{Cell, Table};
use super::show;
use crate::world::{Delivery, Fraud, Order, OrderEvent};

/// When, what, and what came of it.
type Event = (Timestamp, String, String);

/// The table, oldest first.
pub(super) fn table(order: &Order, deliveries: &[Delivery]) -> Table {
    let mut events = vec![(
        order.created_at,
        "Placed".to_owned(),
        show::amount(order.original_amount, currency(order)),
    )];
    events.extend(order.history.iter().map(|event| call(order, event)));
    events.extend(without_call(order));
    events.extend(deliveries.iter().flat_map(callbacks));
    events.sort_by_key(|(at, ..)| *at);
    let rows = events.into_iter().map(|(at, what, told)| {
        vec![
            Cell::text(show::moment(at)),
            Cell::text(what),
            Cell::text(told),
        ]
    });
    Table {
        caption: "History, oldest first".to_owned(),
        columns: vec!["When", "What", "Outcome"],
        rows: rows.collect(),
        empty: "",
    }
}

fn call(order: &Order, event: &OrderEvent) -> Event {
    let amount = event
        .amount
        .map(|minor| show::amount(minor, currency(order)));
    let outcome = match &event.error_code {
        Some(code) => format!("refused, {code}"),
        None => "done".to_owned(),
    };
    let told = [amount, Some(outcome), event.made.clone()]
        .into_iter()
        .flatten();
    let told = told.collect::<Vec<_>>().join(", ");
    (event.at, name(&event.operation).to_owned(), told)
}

/// What happened with no call: automatic captures, decisions, expiry.
fn without_call(order: &Order) -> Vec<Event> {
    let called: Vec<&str> = order
        .history
        .iter()
        .filter_map(|event| event.made.as_deref())
        .collect();
    let own = order
        .captures
        .iter()
        .filter(|capture| !called.contains(&capture.id.as_str()));
    let mut events: Vec<Event> = own
        .map(|capture| {
            let amount = show::amount(capture.amount, currency(order));
            (
                capture.captured_at,
                "Captured without a call of its own".to_owned(),
                amount,
            )
        })
        .collect();
    if let Fraud::Rejected { decided_at } = order.fraud {
        events.push((decided_at, "Fraud check rejected".to_owned(), String::new()));
    }
    if order.status() == "EXPIRED" {
        events.push((order.expires_at, "Expired".to_owned(), String::new()));
    }
    events
}

fn callbacks(delivery: &Delivery) -> Vec<Event> {
    let attempts = delivery.attempts.iter();
    attempts
        .map(|attempt| {
            let outcome = &attempt.outcome;
            let status = outcome.status.map(|status| format!("answered {status}"));
            let what = status.or_else(|| outcome.error.clone()).unwrap_or_default();
            (
                attempt.at,
                format!("Callback {}", delivery.kind.name()),
                what,
            )
        })
        .collect()
}
