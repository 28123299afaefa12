//! `/portal`: the world's orders, newest first, found by id or reference.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::get;
use http::StatusCode;
use serde::Deserialize;

use super::door::Visitor;
use super::page::{Block, Cell, Field, Form, Page, Section, Table};
use super::sign_in::encoded;
use super::{Portal, Shared, show};
use crate::world::Order;

/// Lines on a page.
pub(super) const PAGE: usize = 25;
/// Longest text that is searched for, in bytes.
const LONGEST_SEARCH: usize = 200;
/// The furthest page that is counted to.
const LAST_PAGE: usize = 1_000_000;

/// What a list is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    pub(super) q: String,
    page: usize,
}

impl Asked {
    /// Lines to skip and to show.
    pub(super) fn range(&self) -> (usize, usize) {
        (self.page.min(LAST_PAGE) * PAGE, PAGE)
    }

    /// Links to the pages around this one.
    pub(super) fn around(&self, address: &str, more: bool) -> Vec<Cell> {
        let link = |page: usize, text: &str| {
            let href = format!("{address}?q={}&page={page}", encoded(&self.q));
            Cell::link(href, text)
        };
        let later = (self.page > 0).then(|| link(self.page.min(LAST_PAGE) - 1, "Later"));
        let earlier = more.then(|| link(self.page + 1, "Earlier"));
        later.into_iter().chain(earlier).collect()
    }
}

pub(super) fn routes() -> Router<Arc<Portal>> {
    Router::new().route("/portal", get(orders))
}

async fn orders(State(portal): Shared, visitor: Visitor, Query(asked): Query<Asked>) -> Response {
    let wanted = asked.q.trim();
    let wanted = wanted.get(..LONGEST_SEARCH).unwrap_or(wanted);
    let listed = visitor.slot.look(&*portal.sandbox.clock, |world, now| {
        world.list_orders(wanted, asked.range(), now)
    });
    let rows = listed.lines.iter().map(row).collect();
    let find = Form {
        action: "/portal".to_owned(),
        asks: true,
        button: "Filter",
        about: "orders".to_owned(),
        fields: vec![
            Field::text(
                "order-text",
                "q",
                "Order id, Klarna reference or merchant reference",
            )
            .value(&asked.q),
        ],
        ..Form::default()
    };
    let table = Table {
        caption: "Orders, newest first".to_owned(),
        columns: vec![
            "Order",
            "Status",
            "Amount",
            "Captured",
            "Refunded",
            "Merchant reference",
            "Placed",
            "Expires",
        ],
        rows,
        empty: "There is no such order. One appears when a shopper approved and the shop placed it.",
    };
    let mut section = Section::new(
        "list",
        "Newest first",
        vec![Block::Forms(vec![find]), Block::Table(table)],
    );
    section
        .blocks
        .extend(pages_block(asked.around("/portal", listed.more)));
    let page = Page {
        frame: portal.frame(&visitor),
        title: "Orders".to_owned(),
        here: "/portal",
        sections: vec![section],
        ..Page::default()
    };
    page.answer(StatusCode::OK)
}

/// The links between pages of a list, where there are any.
pub(super) fn pages_block(links: Vec<Cell>) -> Option<Block> {
    (!links.is_empty()).then(|| {
        let facts = links.into_iter().map(|value| super::page::Fact {
            name: "Page",
            value,
        });
        Block::Facts(facts.collect())
    })
}

fn row(order: &Order) -> Vec<Cell> {
    let currency = currency(order);
    let amount = |minor| Cell::text(show::amount(minor, currency));
    let fraud = match order.fraud_status() {
        "ACCEPTED" => String::new(),
        other => format!(", fraud check {}", other.to_lowercase()),
    };
    vec![
        Cell::link(address(&order.id), order.reference.as_str()),
        Cell::text(format!("{}{fraud}", order.status())),
        amount(order.amount),
        amount(order.captured()),
        amount(order.refunded()),
        Cell::text(reference(order)),
        Cell::text(show::moment(order.created_at)),
        Cell::text(show::moment(order.expires_at)),
    ]
}

/// Where an order's page is.
pub(super) fn address(order_id: &str) -> String {
    format!("/portal/orders/{}", encoded(order_id))
}

/// An order's currency code.
pub(super) fn currency(order: &Order) -> &str {
    member(order, "purchase_currency")
}

/// The text of a member of the order.
pub(super) fn member<'a>(order: &'a Order, name: &str) -> &'a str {
    order
        .body
        .get(name)
        .and_then(serde_json::Value::as_str)
        .unwrap_or_default()
}

fn reference(order: &Order) -> String {
    let both = ["merchant_reference1", "merchant_reference2"].map(|name| member(order, name));
    both.into_iter()
        .filter(|text| !text.is_empty())
        .collect::<Vec<_>>()
        .join(", ")
}
