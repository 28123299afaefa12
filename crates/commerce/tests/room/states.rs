//! The state tables, every cell of them: what the code reads, what the document prints, and what the sums lead to.

use std::collections::BTreeSet;

use kassa_commerce::CommerceError;
use kassa_commerce::balances::Balances;
use kassa_commerce::states::{
    FULFILLMENT_EVENTS, FulfillmentEvent, FulfillmentStatus, ORDER_TRIGGERS, OrderStatus,
    OrderTrigger, PAYMENT_EVENTS, PaymentEvent, PaymentStatus,
};
use kassa_money::MinorUnits;

/// The tables as people read them.
const DOCUMENT: &str = include_str!("../../../../docs/shop.md");

fn printed(name: &str, cells: impl Iterator<Item = String>) {
    let cells: Vec<String> = cells.collect();
    let line = format!("| {name} | {} |", cells.join(" | "));
    assert!(DOCUMENT.contains(&line), "docs/shop.md lacks: {line}");
}

#[test]
fn every_cell_of_the_order_table_is_carried_out_or_refused_and_documented() {
    let names = [
        "customer and something to buy",
        "one of them removed",
        "`_place`",
        "placing succeeded",
        "placing refused",
        "`_approve`",
        "`_start_editing`",
        "`_stop_editing`",
        "`_cancel`",
        "money gone",
    ];
    let mut listed = 0;
    for (trigger, name) in OrderTrigger::ALL.into_iter().zip(names) {
        let cells = OrderStatus::ALL
            .into_iter()
            .map(|from| match from.on(trigger) {
                Ok(to) => {
                    assert!(ORDER_TRIGGERS.contains(&(trigger, from, to)));
                    assert!(
                        to == from || to == trigger.target(),
                        "{trigger:?} on {from:?}"
                    );
                    listed += 1;
                    to.word().to_owned()
                }
                Err(error) => {
                    let to = trigger.target();
                    assert_eq!(error, CommerceError::OrderTransition { from, to });
                    "–".to_owned()
                }
            });
        printed(name, cells);
    }
    assert_eq!(listed, ORDER_TRIGGERS.len(), "a row is listed twice");
}

#[test]
fn every_cell_of_the_fulfilment_table_is_carried_out_and_documented() {
    let names = [
        "placed, something ships",
        "placed, nothing ships",
        "approved and paid",
        "all sent, or `_fulfill`",
        "cancelled",
        "refunded whole",
    ];
    let mut moved = 0;
    for (event, name) in FulfillmentEvent::ALL.into_iter().zip(names) {
        let cells = FulfillmentStatus::ALL.into_iter().map(|from| {
            let to = from.on(event);
            assert_eq!(to != from, FULFILLMENT_EVENTS.contains(&(event, from, to)));
            moved += usize::from(to != from);
            to.word().to_owned()
        });
        printed(name, cells);
    }
    assert_eq!(moved, FULFILLMENT_EVENTS.len(), "a row is listed twice");
}

/// What is to be paid in the walk below: small, so that all sums can be visited.
const PAYABLE: i64 = 4;

fn status(sums: [i64; 4]) -> PaymentStatus {
    let [authorized, captured, refunded, given_up] = sums.map(MinorUnits);
    let balances = Balances {
        authorized,
        captured,
        refunded,
        given_up,
    };
    balances.payment_status(MinorUnits(PAYABLE))
}

/// Every event that the sums allow, and what the sums are then.
fn steps(sums: [i64; 4]) -> Vec<(PaymentEvent, [i64; 4])> {
    let [authorized, captured, refunded, given_up] = sums;
    let mut steps = Vec::new();
    if sums == [0; 4] {
        steps.extend([2, PAYABLE].map(|amount| (PaymentEvent::Authorize, [amount, 0, 0, 0])));
    }
    let open = authorized - captured - given_up;
    for amount in 1..=open {
        let event = if amount == open {
            PaymentEvent::CaptureRest
        } else {
            PaymentEvent::CapturePart
        };
        steps.push((event, [authorized, captured + amount, refunded, given_up]));
    }
    if open > 0 {
        steps.push((
            PaymentEvent::Void,
            [authorized, captured, refunded, given_up + open],
        ));
    }
    for amount in 1..=(captured - refunded) {
        let event = if amount == captured - refunded {
            PaymentEvent::RefundRest
        } else {
            PaymentEvent::RefundPart
        };
        steps.push((event, [authorized, captured, refunded + amount, given_up]));
    }
    steps
}

#[test]
fn the_payment_table_is_what_walking_all_sums_finds() {
    let mut seen: BTreeSet<[i64; 4]> = BTreeSet::new();
    let mut waiting = vec![[0; 4]];
    let mut found = Vec::new();
    while let Some(sums) = waiting.pop() {
        if !seen.insert(sums) {
            continue;
        }
        for (event, next) in steps(sums) {
            let row = (event, status(sums), status(next));
            if !found.contains(&row) {
                found.push(row);
            }
            waiting.push(next);
        }
    }
    let order = |row: &(PaymentEvent, PaymentStatus, PaymentStatus)| {
        let place = |status| PaymentStatus::ALL.iter().position(|own| *own == status);
        (row.0, place(row.1), place(row.2))
    };
    found.sort_by_key(order);
    let mut listed = PAYMENT_EVENTS.to_vec();
    listed.sort_by_key(order);
    assert_eq!(found, listed);
}

#[test]
fn every_cell_of_the_payment_table_is_documented() {
    let names = [
        "authorized",
        "part of it captured",
        "the rest captured",
        "the rest given up",
        "part of it refunded",
        "all of it refunded",
    ];
    for from in PaymentStatus::ALL {
        let cells = PaymentEvent::ALL.into_iter().map(|event| {
            let to: Vec<&str> = from.on(event).map(PaymentStatus::word).collect();
            if to.is_empty() {
                "–".to_owned()
            } else {
                to.join(" or ")
            }
        });
        printed(from.word(), cells);
    }
    printed("payment_status", names.into_iter().map(ToOwned::to_owned));
}
