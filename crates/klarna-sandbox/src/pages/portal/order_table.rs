//! The tables of an order's page: its money, lines, captures, refunds and addresses.

use serde_json::{Map, Value, json};

use super::orders::currency;
use super::page::{Cell, Table};
use super::show;
use crate::world::{Capture, Dispute, Order, Refund};

pub(super) fn money(order: &Order) -> Table {
    let row = |name: &str, minor: i64| {
        vec![
            Cell::text(name),
            Cell::text(show::amount(minor, currency(order))),
        ]
    };
    Table {
        caption: "Sums of the order".to_owned(),
        columns: vec!["Sum", "Amount"],
        rows: vec![
            row("Ordered at first", order.original_amount),
            row("Authorized", order.amount),
            row("Captured", order.captured()),
            row("Refunded", order.refunded()),
            row(
                "Captured and not refunded",
                order.captured() - order.refunded(),
            ),
            row("Can still be captured", order.remaining()),
        ],
        empty: "",
    }
}

pub(super) fn lines(order: &Order) -> Table {
    let lines = order.body.get("order_lines").and_then(Value::as_array);
    let currency = currency(order);
    let row = |line: &Value| {
        let amount = |name: &str| {
            let minor = line.get(name).and_then(Value::as_i64).unwrap_or(0);
            Cell::text(show::amount(minor, currency))
        };
        let quantity = line
            .get("quantity")
            .map(Value::to_string)
            .unwrap_or_default();
        vec![
            Cell::text(show::text(line, "name")),
            Cell::text(show::text(line, "reference")),
            Cell::text(show::text(line, "type")),
            Cell::text(quantity),
            amount("unit_price"),
            amount("total_amount"),
        ]
    };
    Table {
        caption: "Order lines".to_owned(),
        columns: vec![
            "Name",
            "Reference",
            "Type",
            "Quantity",
            "Unit price",
            "Total",
        ],
        rows: lines.into_iter().flatten().map(row).collect(),
        empty: "The order has no lines.",
    }
}

pub(super) fn captures(order: &Order) -> Table {
    let row = |capture: &Capture| {
        vec![
            Cell::text(capture.reference.as_str()),
            Cell::code(capture.id.as_str()),
            Cell::text(show::amount(capture.amount, currency(order))),
            Cell::text(show::amount(capture.refunded, currency(order))),
            Cell::text(show::moment(capture.captured_at)),
            Cell::text(show::moment(order.due_at(capture))),
            Cell::text(texts(&capture.body)),
            Cell::text(capture.shipping_info.len().to_string()),
            Cell::text(capture.send_outs.to_string()),
        ]
    };
    Table {
        caption: "Captures, oldest first".to_owned(),
        columns: vec![
            "Reference",
            "Capture id",
            "Amount",
            "Refunded from it",
            "Captured",
            "Customer pays by",
            "Text",
            "Shipments",
            "Sent again",
        ],
        rows: order.captures.iter().map(row).collect(),
        empty: "Nothing was captured.",
    }
}

pub(super) fn refunds(order: &Order) -> Table {
    let row = |refund: &Refund| {
        let from = refund
            .capture_id
            .as_deref()
            .and_then(|id| order.capture_of_id(id));
        vec![
            Cell::code(refund.id.as_str()),
            Cell::text(show::amount(refund.amount, currency(order))),
            Cell::text(show::moment(refund.refunded_at)),
            Cell::text(from.map_or("no single capture", |capture| capture.reference.as_str())),
            Cell::text(texts(&refund.body)),
        ]
    };
    Table {
        caption: "Refunds, oldest first".to_owned(),
        columns: vec!["Refund id", "Amount", "Refunded", "From", "Text"],
        rows: order.refunds.iter().map(row).collect(),
        empty: "Nothing was refunded.",
    }
}

/// Reference and description as sent.
fn texts(body: &Map<String, Value>) -> String {
    let both = ["reference", "description"].map(|name| body.get(name).and_then(Value::as_str));
    both.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

pub(super) fn addresses(order: &Order) -> Table {
    let (billing, shipping) = (
        order.shown_address("billing_address"),
        order.shown_address("shipping_address"),
    );
    let names = billing
        .as_object()
        .into_iter()
        .flat_map(|address| address.keys());
    let rows = names
        .map(|name| {
            vec![
                name.replace('_', " "),
                show::text(&billing, name).to_owned(),
                show::text(&shipping, name).to_owned(),
            ]
        })
        .filter(|row| row.iter().skip(1).any(|text| !text.is_empty()))
        .map(|row| row.into_iter().map(Cell::Text).collect());
    Table {
        caption: "Billing and shipping address".to_owned(),
        columns: vec!["Field", "Billing", "Shipping"],
        rows: rows.collect(),
        empty: "The order has no addresses.",
    }
}

pub(super) fn disputes(disputes: &[Dispute]) -> Table {
    let word = |value: Value| Cell::text(value.as_str().unwrap_or_default().replace('_', " "));
    let row = |dispute: &Dispute| {
        vec![
            Cell::code(dispute.dispute_id.as_str()),
            word(json!(dispute.reason)),
            Cell::text(show::amount(
                dispute.disputed_amount,
                &dispute.purchase_currency,
            )),
            word(json!(dispute.state)),
            word(json!(dispute.outcome)),
            Cell::text(show::moment(dispute.opened_at)),
            Cell::text(show::moment(dispute.closes_at)),
        ]
    };
    Table {
        caption: "Disputes, oldest first".to_owned(),
        columns: vec![
            "Dispute id",
            "Reason",
            "Amount",
            "State",
            "Outcome",
            "Opened",
            "Ends by",
        ],
        rows: disputes.iter().map(row).collect(),
        empty: "",
    }
}
