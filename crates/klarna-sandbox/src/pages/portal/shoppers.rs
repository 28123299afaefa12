//! `/portal/shoppers`: the published test shoppers, cards and accounts, and what each leads to.
//!
//! Invariant: the tables are those that the rules ask; nothing is repeated here.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use http::StatusCode;
use serde_json::Value;

use super::door::Visitor;
use super::page::{Block, Cell, Page, Section, Table};
use super::{Portal, Shared, show};
use crate::world::test_shopper;

pub(super) fn routes() -> Router<Arc<Portal>> {
    Router::new().route("/portal/shoppers", get(read))
}

async fn read(State(portal): Shared, visitor: Visitor) -> Response {
    let known = test_shopper::document();
    let page = Page {
        frame: portal.frame(&visitor),
        title: "Test shoppers".to_owned(),
        here: "/portal/shoppers",
        lead:
            "The billing address that reaches the sandbox chooses the outcome. The same as JSON: \
               GET /sandbox/v1/test-shoppers."
                .to_owned(),
        sections: sections(&known),
        ..Page::default()
    };
    page.answer(StatusCode::OK)
}

fn sections(known: &Value) -> Vec<Section> {
    let section =
        |id: &str, title: &str, columns: &[&'static str], rows: (&str, fn(&Value) -> Vec<Cell>)| {
            let (name, row) = rows;
            let lines = known.get(name).and_then(Value::as_array);
            let table = Table {
                caption: title.to_owned(),
                columns: columns.to_vec(),
                rows: lines.into_iter().flatten().map(row).collect(),
                empty: "",
            };
            Section::new(id, title, vec![Block::Table(table)])
        };
    let mut tags = section(
        "tags",
        "Tags in an e-mail address",
        &["Tag", "Outcome", "Countries"],
        ("patterns", tag),
    );
    tags.note =
        "Behind a + in the part before the @: customer+denied@email.de. NN stands for minutes."
            .to_owned();
    let people = section(
        "people",
        "Shoppers by country",
        &PERSON,
        ("countries", person),
    );
    let mut cards = section(
        "cards",
        "Cards",
        &["Number", "Kind", "Checked by the bank"],
        ("cards", card),
    );
    cards.note = format!(
        "Security code {}, expiry {}. The one-time code is any six digits; {} is the wrong one.",
        show::text(known, "card_security_code"),
        show::text(known, "card_expiry"),
        known
            .get("one_time_code")
            .map_or("", |code| show::text(code, "refused")),
    );
    let mut debit = section(
        "accounts",
        "Accounts",
        &["Country", "Kind", "Number"],
        ("accounts", account),
    );
    debit.note = format!(
        "The bank for bank transfers is {}.",
        show::text(known, "bank")
    );
    vec![tags, people, cards, debit]
}

/// The columns of [`person`].
const PERSON: [&str; 7] = [
    "Country",
    "Approved e-mail",
    "Approved phone",
    "Denied e-mail",
    "Denied phone",
    "Born",
    "National number",
];

fn tag(line: &Value) -> Vec<Cell> {
    let markets = joined(line.get("markets"));
    let markets = if markets.is_empty() {
        "all".to_owned()
    } else {
        markets
    };
    vec![
        Cell::code(show::text(line, "tag")),
        Cell::text(show::text(line, "outcome")),
        Cell::text(markets),
    ]
}

fn person(line: &Value) -> Vec<Cell> {
    let nothing = Value::Null;
    let (approved, denied) = (
        line.get("approved").unwrap_or(&nothing),
        line.get("denied").unwrap_or(&nothing),
    );
    let phone = |person: &Value| {
        let address = person.get("billing_address");
        Cell::text(address.map_or("", |address| show::text(address, "phone")))
    };
    let customer = approved.get("customer").unwrap_or(&nothing);
    vec![
        Cell::text(show::text(line, "country")),
        Cell::text(joined(approved.get("emails"))),
        phone(approved),
        Cell::text(joined(denied.get("emails"))),
        phone(denied),
        Cell::text(show::text(customer, "date_of_birth")),
        Cell::text(show::text(customer, "national_identification_number")),
    ]
}

fn card(line: &Value) -> Vec<Cell> {
    let checked = line.get("checked_by_bank").and_then(Value::as_bool) == Some(true);
    vec![
        Cell::code(show::text(line, "number")),
        Cell::text(show::text(line, "kind")),
        Cell::text(if checked { "yes" } else { "no" }),
    ]
}

fn account(line: &Value) -> Vec<Cell> {
    vec![
        Cell::text(show::text(line, "country")),
        Cell::text(show::text(line, "kind").replace('_', " ")),
        Cell::code(show::text(line, "number")),
    ]
}

fn joined(list: Option<&Value>) -> String {
    let texts = list.and_then(Value::as_array).into_iter().flatten();
    texts
        .filter_map(Value::as_str)
        .collect::<Vec<_>>()
        .join(", ")
}
