//! The runner has teeth: what is planted is found.

use std::sync::Mutex;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::post;
use http::{Request, StatusCode};
use kassa_environment::SystemClock;

use super::{Budget, Plan, Report, failure_text, line, repeat, smoke};
use crate::answer::{ask, block_on};
use crate::{Parser, signal};

/// Panics at a number that no seed has.
fn panics(data: &[u8]) {
    let document: serde_json::Value = serde_json::from_slice(data).unwrap_or_default();
    assert!(document["quantity"].as_i64() != Some(i64::MIN), "planted");
}

/// Panics in a task, which swallows it.
fn panics_in_a_task(data: &[u8]) {
    let long = data.len() > 40;
    block_on(async move {
        let task = tokio::spawn(async move { assert!(!long, "planted in a task") });
        let _ = task.await;
    });
}

/// A server that fails at a body it did not think of.
fn fails(data: &[u8]) {
    let handler = |body: bytes::Bytes| async move {
        match body.contains(&b'%') {
            true => StatusCode::INTERNAL_SERVER_ERROR,
            false => StatusCode::OK,
        }
    };
    let router = Router::new().route("/", post(handler));
    let request = Request::post("/").body(Body::from(data.to_vec())).unwrap();
    block_on(ask(&router, request)).below_500("planted");
}

fn holds(data: &[u8]) {
    signal::taken();
    signal::saw(data.len().min(64));
}

const fn planted(name: &'static str, run: fn(&[u8])) -> Parser {
    Parser {
        name,
        reads: "a planted mistake",
        run,
        seeds: || vec![br#"{"quantity":1,"name":"Mug"}"#.to_vec()],
    }
}

static PANICS: Parser = planted("panics", panics);
static IN_A_TASK: Parser = planted("panics_in_a_task", panics_in_a_task);
static FAILS: Parser = planted("fails", fails);
static HOLDS: Parser = planted("holds", holds);
static ALL: [&Parser; 4] = [&PANICS, &IN_A_TASK, &FAILS, &HOLDS];

fn run(seed: u64, budget: Budget) -> Vec<Report> {
    let plan = Plan {
        seed,
        budget,
        jobs: 2,
    };
    smoke(&ALL, &plan, &SystemClock, &|_| {})
}

#[test]
fn planted_mistakes_are_found_and_the_others_go_on() {
    let reports = run(7, Budget::Inputs(8_000));
    let found: Vec<bool> = reports
        .iter()
        .map(|report| report.failure.is_some())
        .collect();
    assert_eq!(found, [true, true, true, false]);
    assert_eq!(reports[3].executions, 8_001);
    assert_eq!(reports[3].taken, 8_001);
    assert!(reports[3].corpus > 1, "what is new is kept");
    for (report, words) in reports
        .iter()
        .zip(["planted", "planted in a task", "status 500"])
    {
        let failure = report.failure.as_ref().unwrap();
        assert!(failure.message.contains(words), "{}", failure.message);
        assert!(failure.alone);
        assert!(line(report).ends_with("FAILED"));
        let text = failure_text(report, "x.input".as_ref()).unwrap();
        assert!(
            text.contains("--input x.input") && text.contains("seed 7"),
            "{text}"
        );
    }
}

#[test]
fn the_input_of_a_failure_does_it_again_and_so_does_the_seed() {
    let inputs = |seed| -> Vec<Vec<u8>> {
        let failures = run(seed, Budget::Inputs(8_000))
            .into_iter()
            .filter_map(|report| report.failure);
        failures.map(|failure| failure.input).collect()
    };
    let first = inputs(3);
    assert_eq!(first, inputs(3));
    assert_ne!(first, inputs(4));
    for (parser, input) in ALL.iter().zip(&first) {
        let again = repeat(parser, input).unwrap_err();
        assert!(again.contains("planted"), "{again}");
    }
    assert_eq!(repeat(&HOLDS, b"anything"), Ok(()));
}

#[test]
fn no_time_still_runs_every_seed_and_everyone_is_told() {
    let heard = Mutex::new(Vec::new());
    let plan = Plan {
        seed: 1,
        budget: Budget::Time(Duration::ZERO),
        jobs: 1,
    };
    let told = |report: &Report| heard.lock().unwrap().push((report.name, report.executions));
    smoke(&ALL, &plan, &SystemClock, &told);
    assert_eq!(
        heard.into_inner().unwrap(),
        ALL.map(|parser| (parser.name, 1))
    );
}
