//! The headless shopper.
//!
//! Invariant: it can do what the widget can, and nothing else.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::response::Response;
use axum::routing::post;
use axum::{RequestPartsExt as _, Router};

use super::{Caller, Shared, failed, parsed, said, wrong};
use crate::Sandbox;
use crate::fault::Target;
use crate::http::BODY_LIMIT;
use crate::http::call::asked;
use crate::http::record::{Facts, is_fresh};
use crate::http::struck::Outgoing;
use crate::world::{Reply, Visit, bad_request};

pub(super) fn routes() -> Router<Arc<Sandbox>> {
    Router::new().route("/sessions/{session_id}/shopper", post(shopper))
}

/// The journal keeps this call with its answer, like those of Klarna's own API.
async fn shopper(State(sandbox): Shared, Caller(slot): Caller, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let Ok(Path(session_id)) = parts.extract::<Path<String>>().await else {
        return wrong(&sandbox, "session_id");
    };
    let Ok(body) = axum::body::to_bytes(body, BODY_LIMIT).await else {
        return said(&sandbox, &bad_request());
    };
    let Some(sent) = parsed(&body) else {
        return said(&sandbox, &bad_request());
    };
    let visit = match Visit::from_body(&sent) {
        Ok(visit) => visit,
        Err(name) => return wrong(&sandbox, name),
    };
    let targets = [Target::Visit, Target::Callback];
    let taken = slot.look(&*sandbox.clock, |world, _| world.settings().header_faults);
    let asked = match asked(taken, &parts.headers, &targets) {
        Ok(asked) => asked,
        Err(reason) => return wrong(&sandbox, &reason),
    };
    let path = format!("/sandbox/v1/sessions/{session_id}/shopper");
    let numbered = is_fresh(&parts).then(|| slot.number_request());
    let facts = Facts::of(&sandbox, numbered, &parts, &path, Some(body));
    let render = |reply: Reply, whole: bool| {
        let outgoing = Outgoing::Whole(facts.rendered(&reply));
        let call = facts.call(facts.sent(None), None, None, &outgoing, whole);
        (outgoing, Some(call))
    };
    let done = match &facts.script {
        Some(script) => sandbox.visit_again(&slot, script, render).await,
        None => {
            let visit = sandbox.visit_by_request(&slot, &session_id, visit, &asked, render);
            visit.await
        }
    };
    match done {
        Ok(outgoing) => outgoing.into_response(),
        Err(error) => failed(&sandbox, &error),
    }
}
