//! `/portal/clock`: what the world's clock shows, and moving it forward.
//!
//! Invariant: the clock never runs backwards; every deadline follows it.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::{get, post};
use http::StatusCode;
use jiff::Timestamp;

use super::door::Visitor;
use super::page::{Block, Fact, Field, Form, Page, Section};
use super::request::Sent;
use super::{Portal, Shared, onward, show};
use crate::http::{LONGEST_STEP_SECONDS, running_offset};
use crate::world::Command;

/// Steps that have a button: what it says and how many seconds it is.
const STEPS: [(&str, i64); 5] = [
    ("1 minute", 60),
    ("1 hour", 3600),
    ("1 day", 24 * 3600),
    ("1 week", 7 * 24 * 3600),
    ("4 weeks", 28 * 24 * 3600),
];

pub(super) fn routes() -> Router<Arc<Portal>> {
    Router::new()
        .route("/portal/clock", get(read))
        .route("/portal/clock/advance", post(advance))
        .route("/portal/clock/set", post(set))
        .route("/portal/clock/freeze", post(freeze))
        .route("/portal/clock/run", post(run))
}

async fn read(
    State(portal): Shared,
    visitor: Visitor,
    Query(query): Query<BTreeMap<String, String>>,
) -> Response {
    let done = match query.contains_key("done") {
        true => "Done; the clock shows it below.",
        false => "",
    };
    shown(
        &portal,
        &visitor,
        (StatusCode::OK, done.to_owned(), String::new()),
    )
}

async fn advance(State(portal): Shared, sent: Sent) -> Response {
    let typed = sent.field("amount");
    let unit = match sent.field("unit") {
        "minutes" => 60,
        "hours" => 3600,
        "days" => 24 * 3600,
        _ => 1,
    };
    let seconds = typed
        .parse::<i64>()
        .ok()
        .and_then(|amount| amount.checked_mul(unit));
    match seconds.filter(|seconds| (0..=LONGEST_STEP_SECONDS).contains(seconds)) {
        Some(seconds) => {
            go(
                &portal,
                &sent.visitor,
                "/portal/clock/advance",
                seconds * 1_000_000,
            )
            .await
        }
        None => {
            let why =
                format!("“{typed}” is no step: write a whole number, at most ten years at once.");
            shown(
                &portal,
                &sent.visitor,
                (StatusCode::UNPROCESSABLE_ENTITY, String::new(), why),
            )
        }
    }
}

async fn set(State(portal): Shared, sent: Sent) -> Response {
    let visitor = &sent.visitor;
    let typed = sent.field("at");
    let now = visitor.slot.look(&*portal.sandbox.clock, |_, now| now);
    let refused = |why: String| {
        shown(
            &portal,
            visitor,
            (StatusCode::UNPROCESSABLE_ENTITY, String::new(), why),
        )
    };
    let Ok(at) = typed.parse::<Timestamp>() else {
        return refused(format!(
            "“{typed}” is no instant: write one such as 2026-04-01T00:00:00Z."
        ));
    };
    let step = at.duration_since(now);
    if step.is_negative() {
        return refused(format!(
            "The clock shows {} and never runs backwards.",
            show::moment(now)
        ));
    }
    if step.as_secs() > LONGEST_STEP_SECONDS {
        return refused("The clock moves at most ten years at once.".to_owned());
    }
    let by_us = i64::try_from(step.as_micros()).unwrap_or(0);
    go(&portal, visitor, "/portal/clock/set", by_us).await
}

/// The clock stands still at what it shows.
async fn freeze(State(portal): Shared, sent: Sent) -> Response {
    perform(
        &portal,
        &sent.visitor,
        "/portal/clock/freeze",
        Command::StopClock,
    )
    .await
}

/// The clock goes on from what it shows.
async fn run(State(portal): Shared, sent: Sent) -> Response {
    let Some(offset_us) = running_offset(&portal.sandbox, &sent.visitor.slot) else {
        let why = "The clock is too far from the machine’s to run.".to_owned();
        return shown(
            &portal,
            &sent.visitor,
            (StatusCode::UNPROCESSABLE_ENTITY, String::new(), why),
        );
    };
    perform(
        &portal,
        &sent.visitor,
        "/portal/clock/run",
        Command::RunClock { offset_us },
    )
    .await
}

async fn go(portal: &Portal, visitor: &Visitor, path: &str, by_us: i64) -> Response {
    perform(portal, visitor, path, Command::AdvanceClock { by_us }).await
}

async fn perform(portal: &Portal, visitor: &Visitor, path: &str, command: Command) -> Response {
    match portal.run(visitor, path, command).await {
        Ok(_) => onward("/portal/clock?done=moved"),
        Err((status, why)) => shown(portal, visitor, (status, String::new(), why)),
    }
}

fn shown(
    portal: &Portal,
    visitor: &Visitor,
    (status, done, refused): (StatusCode, String, String),
) -> Response {
    let machine = portal.sandbox.clock.now();
    let (now, frozen) = visitor.slot.look(&*portal.sandbox.clock, |world, now| {
        (now, world.is_frozen())
    });
    let facts = vec![
        Fact::text("The world’s clock", show::moment(now)),
        Fact::text("The machine’s clock", show::moment(machine)),
        Fact::text(
            "Ahead by",
            format!("{} seconds", now.duration_since(machine).as_secs()),
        ),
        Fact::text("It", if frozen { "stands still" } else { "runs" }),
    ];
    let hold = match frozen {
        true => Form::button("/portal/clock/run", "Let it run", "from what it shows"),
        false => Form::button("/portal/clock/freeze", "Hold it", "at what it shows"),
    };
    let page = Page {
        frame: portal.frame(visitor),
        title: "Clock".to_owned(),
        here: "/portal/clock",
        lead: "Sessions, tokens, authorizations, fraud checks, callbacks and their retries follow this clock. It never runs backwards."
            .to_owned(),
        done,
        refused,
        sections: vec![
            Section::new(
                "shows",
                "What it shows",
                vec![Block::Facts(facts), Block::Forms(vec![hold])],
            ),
            Section::new("steps", "Move it forward", vec![Block::Forms(usual_steps())]),
            Section::new("by", "By any step", vec![Block::Forms(any_step())]),
        ],
    };
    page.answer(status)
}

/// A button for each usual step.
fn usual_steps() -> Vec<Form> {
    let steps = STEPS.map(|(says, seconds)| Form {
        hidden: vec![
            ("amount", seconds.to_string()),
            ("unit", "seconds".to_owned()),
        ],
        ..Form::button("/portal/clock/advance", says, "forward")
    });
    steps.into()
}

/// Any step, and any instant ahead.
fn any_step() -> Vec<Form> {
    let by = Form {
        action: "/portal/clock/advance".to_owned(),
        button: "Move forward",
        fields: vec![
            Field::text("amount", "amount", "By")
                .mode("numeric")
                .required(),
            Field::text("unit", "unit", "Unit")
                .choices(&["minutes", "hours", "days"])
                .value("hours"),
        ],
        ..Form::default()
    };
    let to = Form {
        action: "/portal/clock/set".to_owned(),
        button: "Set",
        about: "the clock".to_owned(),
        fields: vec![
            Field::text("at", "at", "To")
                .hint("An instant in the future, such as 2026-04-01T00:00:00Z")
                .required(),
        ],
        ..Form::default()
    };
    vec![by, to]
}
