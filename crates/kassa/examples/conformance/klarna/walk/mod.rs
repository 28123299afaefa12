//! The walk: every operation, in every state that can be brought about, with what is right and what is wrong for it.
//!
//! Three parts. The matrix puts each operation, with each of its bodies, before each situation. The edges are what
//! any operation may meet: bad credentials, malformed and oversized bodies, limits, outages. The stroll strings
//! operations together at random, under a seed, so that orders of events are seen that nobody thought of.

mod bodies;
mod desk;
mod edges;
mod situations;
mod stroll;

use anyhow::{Context, Result};

use super::coverage::Coverage;
use super::document::Operation;
use super::sandbox::{Exchange, Sandbox};
use desk::Desk;
use situations::{SITUATIONS, Situation, Subject};

/// Walks; what is found is in `coverage`.
pub fn run(sandbox: &Sandbox, coverage: &Coverage) -> Result<()> {
    let desk = Desk::new(sandbox, coverage);
    for situation in SITUATIONS {
        for operation in &coverage.operations {
            pair(&desk, situation, operation)
                .with_context(|| format!("{} in {}", operation.name(), situation.name))?;
        }
    }
    edges::run(&desk, &coverage.operations).context("the edges")?;
    stroll::run(&desk, &coverage.operations).context("the stroll")
}

/// One operation with each of its bodies before one situation, which is made anew whenever it may have changed.
fn pair(desk: &Desk<'_>, situation: &Situation, operation: &Operation) -> Result<()> {
    let mut subject = None;
    for choice in 0.. {
        let ready = match subject.take() {
            Some(ready) => ready,
            None => (situation.make)(desk).context("make the situation")?,
        };
        let Some(body) = bodies::of(operation, &ready).into_iter().nth(choice) else {
            break;
        };
        let exchange = desk.with_settings(&situation.settings(), || {
            desk.operate(operation, &ready, body.as_ref())
        })?;
        if !changes(operation, &exchange) {
            subject = Some(ready);
        }
    }
    Ok(())
}

/// Whether the call may have left another situation behind: successes do, and errors stick to authorizations.
fn changes(operation: &Operation, exchange: &Exchange) -> bool {
    let reads = operation.method == "GET";
    !reads && (exchange.status < 300 || operation.path.contains("authorizationToken"))
}

/// The operation's path with the ids of the subject; an id that it has not is a stranger's.
fn path_for(operation: &Operation, subject: &Subject) -> String {
    let mut path = String::new();
    for part in operation.path.split('/').skip(1) {
        path.push('/');
        match part
            .strip_prefix('{')
            .and_then(|part| part.strip_suffix('}'))
        {
            None => path.push_str(part),
            Some(name) => path.push_str(subject.id(operation, name)),
        }
    }
    path
}
