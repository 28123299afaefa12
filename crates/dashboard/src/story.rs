//! The story of one order, read in one snapshot and put into words.
//!
//! Invariant: everything on the page is from the same moment.

use kassa_gateway::{CallSummary, Gateway, GatewayError};
use kassa_storage::{
    Balances, Call, Key, LedgerEntry, Operation, OperationStatus, Realm, Record, Scope, Timer,
};
use serde::Deserialize;
use serde_json::Value;

use crate::find;
use crate::show::{amount, moment, money, pretty, shortened, text, value};

/// A fact with its name.
#[derive(Debug)]
pub(crate) struct Fact {
    pub(crate) name: &'static str,
    pub(crate) value: String,
}

/// A table of the page.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) title: &'static str,
    pub(crate) empty: &'static str,
    pub(crate) columns: Vec<&'static str>,
    pub(crate) rows: Vec<Vec<String>>,
}

/// One call to Klarna.
#[derive(Debug)]
pub(crate) struct KlarnaCall {
    pub(crate) line: String,
    pub(crate) correlation_id: String,
    pub(crate) at: String,
    pub(crate) request: String,
    pub(crate) response: String,
}

/// Everything about one order.
#[derive(Debug)]
pub(crate) struct Story {
    pub(crate) number: String,
    pub(crate) id: String,
    pub(crate) realm: String,
    pub(crate) test: bool,
    pub(crate) facts: Vec<Fact>,
    pub(crate) tables: Vec<Table>,
    pub(crate) klarna_calls: Vec<KlarnaCall>,
}

/// Reads the story; `None` when there is no such order.
pub(crate) async fn read(
    gateway: &Gateway,
    realm: &Realm,
    order_id: &str,
) -> Result<Option<Story>, GatewayError> {
    gateway.keep_calls().await?;
    let mut snapshot = gateway.snapshot(&Scope::realm(realm.clone())).await?;
    let records = snapshot.aggregate(&Key::new("orders", order_id)).await?;
    let Some(order) = records.iter().find(|record| record.is_root()) else {
        return Ok(None);
    };
    let operations = snapshot.operations(order_id).await?;
    let ledger = snapshot.ledger(order_id).await?;
    let balances = snapshot.balances(order_id).await?;
    let mut subjects = vec![order_id.to_owned()];
    subjects.extend(records.iter().map(|record| record.key.id.clone()));
    subjects.extend(operations.iter().map(|operation| operation.id.clone()));
    subjects.sort();
    subjects.dedup();
    let mut timers = Vec::new();
    for subject in &subjects {
        timers.extend(snapshot.timers(subject).await?);
    }
    let calls = snapshot.calls(order_id).await?;
    drop(snapshot);
    let currency = text(order, "currency_code");
    Ok(Some(Story {
        number: text(order, "number"),
        id: order_id.to_owned(),
        realm: realm.as_str().to_owned(),
        test: realm.test(),
        facts: facts(order, &records),
        tables: vec![
            lines(&records),
            transactions(&records),
            operations_table(&operations),
            ledger_table(&ledger),
            balances_table(&balances, &currency),
            timers_table(&timers),
            calls_table(&calls),
        ],
        klarna_calls: operations.iter().flat_map(klarna_calls).collect(),
    }))
}

fn facts(order: &Record, records: &[Record]) -> Vec<Fact> {
    let mut facts = Vec::new();
    let mut add = |name, value: String| {
        if !value.is_empty() {
            facts.push(Fact { name, value });
        }
    };
    for (name, field) in [
        ("Status", "status"),
        ("Payment", "payment_status"),
        ("Fulfillment", "fulfillment_status"),
    ] {
        add(name, text(order, field));
    }
    add(
        "Total with taxes",
        amount(order, "total_amount_with_taxes_cents"),
    );
    add("Customer", text(order, "customer_email"));
    add("Reference", text(order, "reference"));
    add("Created", moment(order.created_at));
    for (name, field) in [
        ("Placed", "placed_at"),
        ("Approved", "approved_at"),
        ("Cancelled", "cancelled_at"),
    ] {
        add(name, text(order, field));
    }
    for payment in of_kind(records, "klarna_payments") {
        add("Klarna payment", payment.key.id.clone());
        add("Klarna session", text(payment, "session_id"));
        add(
            "Authorization token",
            shortened(&text(payment, "auth_token")),
        );
        add("Klarna order", text(payment, "klarna_order_id"));
    }
    facts
}

fn of_kind<'a>(records: &'a [Record], kind: &'a str) -> impl Iterator<Item = &'a Record> {
    records.iter().filter(move |record| record.key.kind == kind)
}

fn lines(records: &[Record]) -> Table {
    Table {
        title: "Lines",
        empty: "The order is empty.",
        columns: vec!["Kind", "Code", "Name", "Quantity", "Total", "Tax"],
        rows: of_kind(records, "line_items")
            .map(|line| {
                vec![
                    text(line, "item_type"),
                    text(line, "sku_code"),
                    text(line, "name"),
                    text(line, "quantity"),
                    amount(line, "total_amount_cents"),
                    amount(line, "tax_amount_cents"),
                ]
            })
            .collect(),
    }
}

fn transactions(records: &[Record]) -> Table {
    let kinds = ["authorizations", "captures", "voids", "refunds"];
    let mut found: Vec<&Record> = records
        .iter()
        .filter(|record| kinds.contains(&record.key.kind.as_ref()))
        .collect();
    found.sort_by_key(|record| (record.created_at, record.key.id.clone()));
    Table {
        title: "Transactions",
        empty: "No money has moved.",
        columns: vec![
            "When",
            "Kind",
            "Id",
            "Amount",
            "Succeeded",
            "At Klarna",
            "Message",
        ],
        rows: found
            .into_iter()
            .map(|record| {
                vec![
                    moment(record.created_at),
                    record.key.kind.to_string(),
                    record.key.id.clone(),
                    amount(record, "amount_cents"),
                    text(record, "succeeded"),
                    text(record, "gateway_transaction_id"),
                    text(record, "message"),
                ]
            })
            .collect(),
    }
}

fn operations_table(operations: &[Operation]) -> Table {
    Table {
        title: "Operations",
        empty: "Klarna has not been asked for anything.",
        columns: vec!["When", "What", "State", "Attempts", "Id", "Remark"],
        rows: operations
            .iter()
            .map(|operation| {
                vec![
                    moment(operation.created_at),
                    operation.kind.clone(),
                    word(&operation.status),
                    operation.attempts.to_string(),
                    operation.id.clone(),
                    remark(operation),
                ]
            })
            .collect(),
    }
}

/// Why an operation waits for a person, or who closed it and how they knew.
fn remark(operation: &Operation) -> String {
    let fact = |name: &str| operation.outcome.as_ref().and_then(|facts| facts.get(name));
    if let Some(resolution) = fact("resolution") {
        let part = |name: &str| resolution.get(name).map_or_else(String::new, value);
        return format!("resolved by {}: {}", part("by"), part("why"));
    }
    match operation.status {
        OperationStatus::NeedsPerson => fact("error").map_or_else(String::new, value),
        _ => String::new(),
    }
}

fn ledger_table(entries: &[LedgerEntry]) -> Table {
    Table {
        title: "Ledger",
        empty: "Nothing is booked.",
        columns: vec!["When", "What", "Amount", "Phase", "Remark"],
        rows: entries
            .iter()
            .map(|entry| {
                let remark = if entry.discrepancy { "discrepancy" } else { "" };
                vec![
                    moment(entry.at),
                    word(&entry.kind),
                    money(entry.amount, &entry.currency),
                    word(&entry.phase),
                    remark.to_owned(),
                ]
            })
            .collect(),
    }
}

fn balances_table(balances: &Balances, currency: &str) -> Table {
    let row = |name: &str, amount| vec![name.to_owned(), money(amount, currency)];
    Table {
        title: "Balances, pending included",
        empty: "",
        columns: vec!["What", "Sum"],
        rows: vec![
            row("authorized", balances.authorized),
            row("captured", balances.captured),
            row("refunded", balances.refunded),
            row("released", balances.released),
            row("voided", balances.voided),
        ],
    }
}

fn timers_table(timers: &[Timer]) -> Table {
    let mut timers: Vec<&Timer> = timers.iter().collect();
    timers.sort_by_key(|timer| (timer.due_at, timer.id.clone()));
    Table {
        title: "Timers and deadlines",
        empty: "Nothing is due.",
        columns: vec!["Due", "What", "About", "Attempts"],
        rows: timers
            .into_iter()
            .map(|timer| {
                vec![
                    moment(timer.due_at),
                    timer.kind.clone(),
                    timer.subject.clone(),
                    timer.attempts.to_string(),
                ]
            })
            .collect(),
    }
}

fn calls_table(calls: &[Call]) -> Table {
    Table {
        title: "API calls",
        empty: "None is kept.",
        columns: vec!["When", "Call", "Status", "Took", "Trace id"],
        rows: calls
            .iter()
            .filter_map(|call| {
                let summary = CallSummary::deserialize(&call.detail).ok()?;
                let code = summary.code.unwrap_or_default();
                Some(vec![
                    moment(call.at),
                    format!("{} {}", summary.method, summary.path),
                    format!("{} {code}", summary.status).trim_end().to_owned(),
                    format!("{} ms", summary.duration_us / 1_000),
                    call.id.clone(),
                ])
            })
            .collect(),
    }
}

fn klarna_calls(operation: &Operation) -> Vec<KlarnaCall> {
    find::calls(operation)
        .iter()
        .map(|call| {
            let member = |name: &str| call.get(name).map_or_else(String::new, value);
            let outcome = match member("status") {
                status if status.is_empty() => member("error"),
                status => status,
            };
            KlarnaCall {
                line: format!("{} {} → {outcome}", member("method"), member("path")),
                correlation_id: member("correlation_id"),
                at: format!("{}, {} ms", member("at"), member("milliseconds")),
                request: body(call.get("request")),
                response: body(call.get("response")),
            }
        })
        .collect()
}

fn body(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(value) => pretty(value),
    }
}

/// The stored word of a state (`needs_person`), with spaces.
fn word(state: &impl serde::Serialize) -> String {
    match serde_json::to_value(state) {
        Ok(Value::String(word)) => word.replace('_', " "),
        _ => String::new(),
    }
}
