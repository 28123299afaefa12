//! The world's clock: read, moved forward, set.
//!
//! Invariant: it never runs backwards.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use jiff::Timestamp;
use serde_json::json;

use super::{Caller, Shared, failed, parsed, said, wrong};
use crate::Sandbox;
use crate::slot::SharedSlot;
use crate::world::{Command, Reply, wire_time};

/// The furthest that one call may move the clock: ten years.
pub(crate) const LONGEST_STEP_SECONDS: i64 = 10 * 366 * 24 * 3600;

pub(super) fn routes() -> Router<Arc<Sandbox>> {
    Router::new()
        .route("/clock", get(read_clock))
        .route("/clock/advance", post(advance_clock))
        .route("/clock/set", post(set_clock))
        .route("/clock/freeze", post(freeze_clock))
        .route("/clock/run", post(run_clock))
}

async fn read_clock(State(sandbox): Shared, Caller(slot): Caller) -> Response {
    shown_clock(&sandbox, &slot)
}

async fn advance_clock(State(sandbox): Shared, Caller(slot): Caller, body: Bytes) -> Response {
    let seconds = parsed(&body).and_then(|body| body.get("seconds")?.as_i64());
    let Some(seconds) = seconds.filter(|seconds| (0..=LONGEST_STEP_SECONDS).contains(seconds))
    else {
        return wrong(&sandbox, "seconds");
    };
    let by_us = seconds.saturating_mul(1_000_000);
    match sandbox
        .execute(&slot, Command::AdvanceClock { by_us })
        .await
    {
        Ok(_) => shown_clock(&sandbox, &slot),
        Err(error) => failed(&sandbox, &error),
    }
}

async fn set_clock(State(sandbox): Shared, Caller(slot): Caller, body: Bytes) -> Response {
    let at = parsed(&body).and_then(|body| body.get("at")?.as_str()?.parse::<Timestamp>().ok());
    let Some(at) = at else {
        return wrong(&sandbox, "at");
    };
    let now = slot.look(&*sandbox.clock, |_, now| now);
    let step = at.duration_since(now);
    if step.is_negative() {
        let message = format!(
            "The clock shows {} and never runs backwards",
            wire_time(now)
        );
        return said(&sandbox, &Reply::error(409, "CONFLICT", message));
    }
    if step.as_secs() > LONGEST_STEP_SECONDS {
        return wrong(&sandbox, "at");
    }
    let by_us = i64::try_from(step.as_micros()).unwrap_or(0);
    match sandbox
        .execute(&slot, Command::AdvanceClock { by_us })
        .await
    {
        Ok(_) => shown_clock(&sandbox, &slot),
        Err(error) => failed(&sandbox, &error),
    }
}

/// The clock stands still at what it shows, until it is moved or runs again.
async fn freeze_clock(State(sandbox): Shared, Caller(slot): Caller) -> Response {
    match sandbox.execute(&slot, Command::StopClock).await {
        Ok(_) => shown_clock(&sandbox, &slot),
        Err(error) => failed(&sandbox, &error),
    }
}

/// How far ahead of the machine's a clock is that goes on from what it shows; `None` when that cannot be counted.
pub(crate) fn running_offset(sandbox: &Sandbox, slot: &SharedSlot) -> Option<i64> {
    let machine = sandbox.clock.now();
    slot.look(&*sandbox.clock, |world, now| match world.is_frozen() {
        true => i64::try_from(now.duration_since(machine).as_micros()).ok(),
        false => Some(world.offset_us()),
    })
}

/// The clock goes on from what it shows.
async fn run_clock(State(sandbox): Shared, Caller(slot): Caller) -> Response {
    let Some(offset_us) = running_offset(&sandbox, &slot) else {
        return wrong(&sandbox, "clock");
    };
    match sandbox
        .execute(&slot, Command::RunClock { offset_us })
        .await
    {
        Ok(_) => shown_clock(&sandbox, &slot),
        Err(error) => failed(&sandbox, &error),
    }
}

fn shown_clock(sandbox: &Sandbox, slot: &SharedSlot) -> Response {
    let machine = sandbox.clock.now();
    let (now, offset_us, frozen) = slot.look(&*sandbox.clock, |world, now| {
        (now, world.offset_us(), world.is_frozen())
    });
    let offset_seconds = match frozen {
        true => now.duration_since(machine).as_secs(),
        false => offset_us / 1_000_000,
    };
    let body = json!({
        "now": wire_time(now),
        "machine_time": wire_time(machine),
        "offset_seconds": offset_seconds,
        "frozen": frozen,
    });
    Json(body).into_response()
}
