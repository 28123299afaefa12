//! `/portal/orders/{id}`: an order with its money, its history and everything that may be done to it now.
//!
//! Invariant: what may be done and why not is what the rules answer at this instant of the world's clock.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use axum::routing::{get, post};
use http::StatusCode;

use super::door::Visitor;
use super::logs::entry;
use super::order_form::{body, call, form, name};
use super::orders::{address, currency, member};
use super::page::{Block, Cell, Entry, Fact, Form, Page, Section, Table};
use super::request::{Sent, missing};
use super::{Portal, Shared, onward, order_history, order_table, show};
use crate::world::{Command, Delivery, Dispute, KlarnaAct, Order, OrderAction, OrderState, uuid};

/// Requests about the order that its page shows.
const REQUESTS: usize = 20;

pub(super) fn routes() -> Router<Arc<Portal>> {
    Router::new()
        .route("/portal/orders/{id}", get(read))
        .route("/portal/orders/{id}/{operation}", post(act))
        .route("/portal/orders/{id}/klarna/close", post(close))
}

/// Everything about an order, taken at one instant.
struct Seen {
    order: Order,
    state: &'static str,
    actions: Vec<OrderAction>,
    days: Vec<(i32, String)>,
    deliveries: Vec<Delivery>,
    disputes: Vec<Dispute>,
}

async fn read(
    State(portal): Shared,
    visitor: Visitor,
    Path(id): Path<String>,
    Query(query): Query<BTreeMap<String, String>>,
) -> Response {
    // Only names that the portal itself knows are shown as done.
    let done = query.get("done").and_then(|operation| call(operation, ""));
    let done = done.map_or_else(String::new, |call| {
        format!("{}: done.", name(call.operation()))
    });
    shown(
        &portal,
        &visitor,
        &id,
        StatusCode::OK,
        (done, String::new()),
    )
}

async fn act(
    State(portal): Shared,
    Path((id, operation)): Path<(String, String)>,
    sent: Sent,
) -> Response {
    let visitor = &sent.visitor;
    let Some(call) = call(&operation, sent.field("capture_id")) else {
        return missing(&portal, visitor, "such action");
    };
    let order = visitor.slot.look(&*portal.sandbox.clock, |world, now| {
        world.settled_order(&id, now)
    });
    let Some(order) = order else {
        return missing(&portal, visitor, "order with this id");
    };
    let refused = |status, why| shown(&portal, visitor, &id, status, (String::new(), why));
    let body = match body(&order, &call, &sent) {
        Ok(body) => body,
        Err(why) => return refused(StatusCode::UNPROCESSABLE_ENTITY, why),
    };
    let key = sent.field("key");
    let path = format!("{}/{}", address(&id), call.operation());
    let command = Command::Manage {
        order_id: id.clone(),
        call,
        body,
        idempotency_key: (!key.is_empty()).then(|| key.to_owned()),
    };
    match portal.run(visitor, &path, command).await {
        Ok(_) => onward(&format!("{}?done={operation}", address(&id))),
        Err((status, why)) => refused(status, why),
    }
}

/// Closing an order is Klarna's; no call of the merchant does it.
async fn close(State(portal): Shared, Path(id): Path<String>, sent: Sent) -> Response {
    let visitor = &sent.visitor;
    let known = visitor.slot.look(&*portal.sandbox.clock, |world, now| {
        world.settled_order(&id, now).is_some()
    });
    if !known {
        return missing(&portal, visitor, "order with this id");
    }
    let path = format!("{}/klarna/close", address(&id));
    let act = KlarnaAct::CloseOrder {
        order_id: id.clone(),
    };
    match portal.run(visitor, &path, Command::Klarna { act }).await {
        Ok(_) => onward(&address(&id)),
        Err((status, why)) => shown(&portal, visitor, &id, status, (String::new(), why)),
    }
}

fn as_klarna(seen: &Seen) -> Option<Section> {
    if seen.state == OrderState::Closed.name() {
        return None;
    }
    let about = format!("order {}", seen.order.reference);
    let action = format!("{}/klarna/close", address(&seen.order.id));
    let form = Form::button(action, "Close", about);
    let mut section = Section::new("klarna", "As Klarna", vec![Block::Forms(vec![form])]);
    section.note = "Klarna closes an order by itself; no call of the merchant does.".to_owned();
    Some(section)
}

fn shown(
    portal: &Portal,
    visitor: &Visitor,
    id: &str,
    status: StatusCode,
    (done, refused): (String, String),
) -> Response {
    let Some(seen) = see(portal, visitor, id) else {
        return missing(portal, visitor, "order with this id");
    };
    let order = &seen.order;
    let mut sections = vec![
        Section::new(
            "state",
            "State",
            vec![Block::Facts(facts(order, seen.state))],
        ),
        Section::new(
            "money",
            "Money",
            vec![Block::Table(order_table::money(order))],
        ),
    ];
    sections.extend(actions(&seen, || uuid(&*portal.sandbox.entropy, 4)));
    sections.push(Section::new(
        "lines",
        "Order lines",
        vec![Block::Table(order_table::lines(order))],
    ));
    sections.push(Section::new(
        "captures",
        "Captures",
        vec![Block::Table(order_table::captures(order))],
    ));
    sections.push(Section::new(
        "refunds",
        "Refunds",
        vec![Block::Table(order_table::refunds(order))],
    ));
    sections.push(Section::new(
        "people",
        "Customer",
        vec![Block::Table(order_table::addresses(order))],
    ));
    sections.push(Section::new(
        "history",
        "History",
        vec![Block::Table(order_history::table(order, &seen.deliveries))],
    ));
    if !seen.disputes.is_empty() {
        let table = order_table::disputes(&seen.disputes);
        sections.push(Section::new(
            "disputes",
            "Disputes",
            vec![Block::Table(table)],
        ));
    }
    sections.push(requests(visitor, order));
    sections.extend(as_klarna(&seen));
    let page = Page {
        frame: portal.frame(visitor),
        title: format!("Order {}", order.reference),
        here: "/portal",
        done,
        refused,
        sections,
        ..Page::default()
    };
    page.answer(status)
}

fn see(portal: &Portal, visitor: &Visitor, id: &str) -> Option<Seen> {
    visitor.slot.look(&*portal.sandbox.clock, |world, now| {
        let order = world.settled_order(id, now)?;
        let offered = world.settings().due_date_options.iter();
        let days = offered.map(|option| {
            let fee = show::amount(option.amount, currency(&order));
            (option.number_of_days, fee)
        });
        let about = [Some(id), order.session_id.as_deref()];
        let deliveries = world.deliveries().into_iter();
        Some(Seen {
            days: days.collect(),
            state: world.order_state(id, now)?.name(),
            actions: world.order_actions(id, now)?,
            disputes: world.disputes(Some(id), now),
            deliveries: deliveries
                .filter(|delivery| about.contains(&Some(delivery.subject.as_str())))
                .cloned()
                .collect(),
            order,
        })
    })
}

fn facts(order: &Order, state: &'static str) -> Vec<Fact> {
    let session = match &order.session_id {
        Some(id) => Cell::link(super::sessions::address(id), id.as_str()),
        None => Cell::text("none: placed with a customer token"),
    };
    let acknowledged = order
        .acknowledged_at
        .map_or_else(|| "not yet".to_owned(), show::moment);
    vec![
        Fact::text("Status", order.status()),
        Fact::text("State in the rules", state),
        Fact::text("Fraud check", order.fraud_status()),
        Fact::text("Acknowledged", acknowledged),
        Fact::code("Order id", &order.id),
        Fact::code("Klarna reference", &order.reference),
        Fact::text("Merchant reference 1", member(order, "merchant_reference1")),
        Fact::text("Merchant reference 2", member(order, "merchant_reference2")),
        Fact {
            name: "Session",
            value: session,
        },
        Fact::text(
            "Payment method",
            show::text(&order.method.managed(), "description"),
        ),
        Fact::text(
            "Market",
            format!("{}, {}", member(order, "purchase_country"), currency(order)),
        ),
        Fact::text("Placed", show::moment(order.created_at)),
        Fact::text("Expires", show::moment(order.expires_at)),
    ]
}

/// The forms of what is allowed, and a table of what is not, with the refusal's own words.
fn actions(seen: &Seen, key: impl Fn() -> String) -> [Section; 2] {
    let order = &seen.order;
    let real = |action: &&OrderAction| {
        // Calls on a capture that does not exist yet have an empty id.
        !action.call.is_read() && action.call.capture_id() != Some("")
    };
    let (refused, allowed): (Vec<_>, Vec<_>) = seen
        .actions
        .iter()
        .filter(real)
        .partition(|action| action.refusal.is_some());
    let forms = allowed
        .iter()
        .map(|action| form(order, action, &key(), &seen.days))
        .collect();
    let rows = refused.iter().map(|action| {
        let about = match action
            .call
            .capture_id()
            .and_then(|id| order.capture_of_id(id))
        {
            Some(capture) => format!(
                "{} for capture {}",
                name(action.call.operation()),
                capture.reference
            ),
            None => name(action.call.operation()).to_owned(),
        };
        let why = action
            .refusal
            .as_ref()
            .map_or_else(String::new, super::request::said);
        vec![Cell::text(about), Cell::text(why)]
    });
    let table = Table {
        caption: "Actions that are not possible now".to_owned(),
        columns: vec!["Action", "Why not"],
        rows: rows.collect(),
        empty: "Everything is possible.",
    };
    let mut possible = Section::new("actions", "What can be done now", vec![Block::Forms(forms)]);
    possible.note =
        "The same commands that the API runs; each form counts once, however often it is sent."
            .to_owned();
    [
        possible,
        Section::new(
            "refused",
            "What cannot be done now",
            vec![Block::Table(table)],
        ),
    ]
}

fn requests(visitor: &Visitor, order: &Order) -> Section {
    let mut log = visitor
        .slot
        .log
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    let ids: Vec<&str> = [Some(order.id.as_str()), order.session_id.as_deref()]
        .into_iter()
        .flatten()
        .collect();
    let found = log.about(&ids, REQUESTS);
    drop(log);
    let entries: Vec<Entry> = found.iter().map(|logged| entry(logged)).collect();
    let mut section = Section::new("requests", "Requests", vec![Block::Entries(entries)]);
    section.note = format!(
        "The newest {REQUESTS} that mention the order or its session; personal data and tokens are hidden."
    );
    section
}
