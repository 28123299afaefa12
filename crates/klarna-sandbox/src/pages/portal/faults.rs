//! `/portal/faults`: the world's fault rules and its seeded profile, with forms to make and remove them.
//!
//! Invariant: a form becomes the document that the control API takes, and the same checks read it.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use axum::routing::{get, post};
use http::StatusCode;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::door::Visitor;
use super::page::{Block, Cell, Field, Form, Page, Section, Table};
use super::request::{Sent, missing};
use super::{Portal, Shared, onward, show};
use crate::fault::{FaultRequest, Profile, ProfileRequest};

/// The kinds that the form offers.
const KINDS: [&str; 19] = [
    "hold_before",
    "hold_after",
    "drop_before",
    "drop_after",
    "status_before",
    "status_after",
    "rate_limited",
    "edge_page_before",
    "edge_page_after",
    "truncated_body",
    "wrong_content_type",
    "no_rate_headers",
    "error_sticks",
    "late_authorization",
    "callback_lost",
    "callback_delayed",
    "callback_duplicated",
    "callback_reordered",
    "maintenance",
];

/// Fields that are whole numbers.
const NUMBERS: [(&str, &str); 10] = [
    ("nth", "From the nth call"),
    ("times", "So many calls, 0 for all"),
    ("per_mille", "In so many of a thousand"),
    ("seed", "Seed of the draws"),
    ("status", "Status"),
    ("hold_ms", "Hold, milliseconds"),
    ("hold_max_ms", "Hold at most, milliseconds"),
    ("delay_seconds", "Delay, seconds"),
    ("delay_max_seconds", "Delay at most, seconds"),
    ("copies", "Copies"),
];

/// Fields that are text.
const TEXTS: [&str; 4] = ["kind", "operation", "from", "until"];

pub(super) fn routes() -> Router<Arc<Portal>> {
    Router::new()
        .route("/portal/faults", get(read).post(add))
        .route("/portal/faults/profile", post(profile))
        .route("/portal/faults/{id}/remove", post(remove))
}

async fn read(
    State(portal): Shared,
    visitor: Visitor,
    Query(query): Query<BTreeMap<String, String>>,
) -> Response {
    let done = match query.get("done").map(String::as_str) {
        Some("added") => "The rule is at work.",
        Some("removed") => "The rule is gone; the calls that it held go on.",
        Some("profile") => "The profile is changed.",
        _ => "",
    };
    shown(
        &portal,
        &visitor,
        (StatusCode::OK, done.to_owned(), String::new()),
    )
}

async fn add(State(portal): Shared, sent: Sent) -> Response {
    let slot = &sent.visitor.slot;
    let now = slot.look(&*portal.sandbox.clock, |_, now| now);
    let made = document(&sent)
        .and_then(parsed::<FaultRequest>)
        .and_then(|request| slot.faults.add(request, now, &*portal.sandbox.entropy));
    match made {
        Ok(_) => changed(&portal, "added"),
        Err(why) => shown(
            &portal,
            &sent.visitor,
            (StatusCode::UNPROCESSABLE_ENTITY, String::new(), why),
        ),
    }
}

async fn remove(State(portal): Shared, Path(id): Path<u64>, sent: Sent) -> Response {
    match sent.visitor.slot.faults.remove(Some(id)) {
        0 => missing(&portal, &sent.visitor, "fault rule with this number"),
        _ => changed(&portal, "removed"),
    }
}

/// Sets the profile that was typed; an empty one takes it away.
async fn profile(State(portal): Shared, sent: Sent) -> Response {
    let typed = sent.field("profile");
    let made = match typed {
        "" => Ok(None),
        typed => serde_json::from_str::<ProfileRequest>(typed)
            .map_err(|error| error.to_string())
            .and_then(Profile::new)
            .map(Some),
    };
    match made {
        Ok(made) => {
            sent.visitor.slot.faults.set_profile(made);
            changed(&portal, "profile")
        }
        Err(why) => shown(
            &portal,
            &sent.visitor,
            (StatusCode::UNPROCESSABLE_ENTITY, String::new(), why),
        ),
    }
}

fn changed(portal: &Portal, what: &str) -> Response {
    // What maintenance held back may be due now.
    portal.sandbox.notifier.wake();
    onward(&format!("/portal/faults?done={what}"))
}

/// The fields that are filled in, as the control API would get them.
fn document(sent: &Sent) -> Result<Value, String> {
    let mut document = Map::new();
    for name in TEXTS {
        if !sent.field(name).is_empty() {
            document.insert(name.to_owned(), sent.field(name).into());
        }
    }
    for (name, _) in NUMBERS {
        let typed = sent.field(name);
        if !typed.is_empty() {
            let number: u64 = typed
                .parse()
                .map_err(|_| format!("{name}: “{typed}” is no whole number"))?;
            document.insert(name.to_owned(), number.into());
        }
    }
    Ok(document.into())
}

fn parsed<T: DeserializeOwned>(document: Value) -> Result<T, String> {
    serde_json::from_value(document).map_err(|error| error.to_string())
}

fn shown(
    portal: &Portal,
    visitor: &Visitor,
    (status, done, refused): (StatusCode, String, String),
) -> Response {
    let listed = visitor.slot.faults.list();
    let rows = listed.as_array().into_iter().flatten().map(row).collect();
    let table = Table {
        caption: "Fault rules".to_owned(),
        columns: vec![
            "Number",
            "Kind",
            "Operation",
            "Seen",
            "Hit",
            "Held",
            "Everything",
            "Remove",
        ],
        rows,
        empty: "There is no rule.",
    };
    let profile = visitor.slot.faults.profile();
    let mut by_seed = Section::new(
        "profile",
        "Faults by seed",
        vec![Block::Forms(vec![profile_form(&profile)])],
    );
    by_seed.note = match profile {
        Value::Null => "No profile is at work.".to_owned(),
        profile => format!("At work: {profile}"),
    };
    let page = Page {
        frame: portal.frame(visitor),
        title: "Faults".to_owned(),
        here: "/portal/faults",
        lead: "A fault changes what the shop’s server sees and when, never what the rules decide. Rules live in memory."
            .to_owned(),
        done,
        refused,
        sections: vec![
            Section::new("rules", "Rules at work", vec![Block::Table(table)]),
            Section::new("new", "A new rule", vec![Block::Forms(vec![rule_form()])]),
            by_seed,
        ],
    };
    page.answer(status)
}

fn row(rule: &Value) -> Vec<Cell> {
    let id = rule.get("id").and_then(Value::as_u64).unwrap_or(0);
    let number = |name: &str| Cell::text(rule.get(name).map(Value::to_string).unwrap_or_default());
    let remove = Form::button(
        format!("/portal/faults/{id}/remove"),
        "Remove",
        format!("rule {id}"),
    );
    vec![
        Cell::text(id.to_string()),
        Cell::code(show::text(rule, "kind")),
        Cell::code(show::text(rule, "operation")),
        number("seen"),
        number("hits"),
        number("held"),
        Cell::code(rule.to_string()),
        Cell::Form(remove),
    ]
}

fn rule_form() -> Form {
    let mut fields = vec![
        Field::text("kind", "kind", "Kind").choices(&KINDS),
        Field::text("operation", "operation", "Operation or kind of callback")
            .value("*")
            .hint("* for all that the kind can strike, or one such as capture"),
    ];
    fields.extend(
        NUMBERS
            .iter()
            .map(|(name, label)| Field::text(*name, name, label).mode("numeric")),
    );
    fields.push(Field::text("from", "from", "Maintenance from"));
    fields.push(
        Field::text("until", "until", "Maintenance until")
            .hint("An instant of the world’s clock, such as 2026-04-01T00:00:00Z"),
    );
    Form {
        action: "/portal/faults".to_owned(),
        button: "Add the rule",
        note: "Fields that mean nothing to the kind stay empty: a rule that says more than its kind takes is refused."
            .to_owned(),
        fields,
        ..Form::default()
    }
}

fn profile_form(profile: &Value) -> Form {
    let hint = "A JSON document such as {\"seed\": 1, \"rates\": {\"status_after\": 20}}; empty takes the profile away.";
    Form {
        action: "/portal/faults/profile".to_owned(),
        button: if profile.is_null() {
            "Set the profile"
        } else {
            "Change the profile"
        },
        fields: vec![Field::text("seeded", "profile", "Profile").hint(hint)],
        ..Form::default()
    }
}
