//! The addresses below `/kp/`.
//!
//! Invariant: business outcomes are 200 with a body the script understands; 404 means an unknown flow, 422 names wrong
//! fields. What the shopper typed is shown to the flow's own window only, never to the shop's page.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::assets;
use super::entry::Entry;
use super::flows::Flows;
use super::journey::{Ending, Flow, Progress};
use super::offer::{Offer, Pages};
use crate::world::test_shopper::{email_of, is_refused_at_load};
use crate::world::{invalid_fields, session_of_client_token};
use crate::{Action, Sandbox, Visit};

/// Longest flow id taken; ours have 32 characters.
const FLOW_ID_LENGTH: usize = 64;

type Shared = State<Arc<Pages>>;

/// The routes of the browser side: below `/kp/` (and the script once more under its older address), and the hosted page.
pub fn router(sandbox: Arc<Sandbox>) -> Router {
    let pages = Arc::new(Pages {
        sandbox,
        flows: Flows::default(),
    });
    Router::new()
        .route("/kp/lib/v1/api.js", get(async || assets::script()))
        .route("/lib/v1/api.js", get(async || assets::script()))
        .route("/kp/assets/{*name}", get(asset))
        .route("/kp/bridge", get(async || assets::page(assets::BRIDGE)))
        .route("/kp/widget", get(async || assets::page(assets::WIDGET)))
        .route(
            "/kp/challenge",
            get(async || assets::page(assets::CHALLENGE)),
        )
        .route("/kp/about", get(async || assets::page(assets::ABOUT)))
        .route("/kp/flow/{id}", get(async || assets::page(assets::FLOW)))
        .route("/kp/api/load", post(load))
        .route("/kp/api/finalize", post(finalize))
        .route("/kp/api/reauthorize", post(reauthorize))
        .route("/kp/api/flows", post(begin))
        .route("/kp/api/flows/{id}", get(show))
        .route("/kp/api/flows/{id}/outcome", get(outcome))
        .route("/kp/api/flows/{id}/steps", post(step))
        .route("/kp/api/flows/{id}/cancel", post(cancel))
        .route("/kp/api/flows/{id}/beat", post(beat))
        .route("/kp/api/flows/{id}/left", post(left))
        .merge(super::hosted_page::routes())
        .with_state(pages)
}

async fn asset(Path(name): Path<String>) -> Response {
    assets::find(&name).unwrap_or_else(|| StatusCode::NOT_FOUND.into_response())
}

/// What the page's script sends with every call about a session.
#[derive(Deserialize)]
struct SessionCall {
    client_token: String,
    #[serde(default)]
    payment_method_categories: Vec<String>,
    #[serde(default)]
    data: Map<String, Value>,
}

#[derive(Deserialize)]
struct BeginCall {
    flow_id: String,
    #[serde(default = "yes")]
    auto_finalize: bool,
    #[serde(flatten)]
    session: SessionCall,
}

fn yes() -> bool {
    true
}

/// What the page's script may offer. A decline is final there; a hosted page may be tried again.
async fn offer(pages: &Pages, call: &SessionCall) -> Result<Offer, &'static str> {
    let session_id = session_of_client_token(&call.client_token).ok_or("unreachable")?;
    let offer = pages.offer_of(&session_id, &call.data).await?;
    if pages.flows.is_declined(&session_id) {
        return Err("declined");
    }
    Ok(offer)
}

async fn load(State(pages): Shared, Json(call): Json<SessionCall>) -> Response {
    let offer = match offer(&pages, &call).await {
        Ok(offer) => offer,
        Err(reason) => return no_store(json!({"show_form": false, "reason": reason})),
    };
    let mut answer =
        json!({"show_form": true, "categories": offer.categories, "view": offer.view.shown()});
    if call
        .payment_method_categories
        .iter()
        .any(|wanted| !offer.categories.contains(wanted))
    {
        answer["show_form"] = false.into();
        answer["reason"] = "category".into();
        return no_store(answer);
    }
    if is_refused_at_load(email_of(&offer.data)) {
        answer["show_form"] = false.into();
        answer["reason"] = "refused".into();
        return no_store(answer);
    }
    let invalid = invalid_fields(&call.data);
    if !invalid.is_empty() {
        answer["error"] = json!({"invalid_fields": invalid});
    }
    no_store(answer)
}

async fn begin(State(pages): Shared, Json(call): Json<BeginCall>) -> Response {
    let id_is_sound = call.flow_id.len() <= FLOW_ID_LENGTH
        && call
            .flow_id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric());
    if !id_is_sound || call.flow_id.is_empty() {
        return StatusCode::BAD_REQUEST.into_response();
    }
    let session = call.session;
    let offer = match offer(&pages, &session).await {
        Ok(offer) => offer,
        Err(reason) => {
            return no_store(
                json!({"result": {"approved": false, "show_form": false}, "reason": reason}),
            );
        }
    };
    if session
        .payment_method_categories
        .iter()
        .any(|wanted| !offer.categories.contains(wanted))
    {
        return no_store(
            json!({"result": {"approved": false, "show_form": false}, "reason": "category"}),
        );
    }
    let invalid = invalid_fields(&session.data);
    if !invalid.is_empty() {
        let result =
            json!({"approved": false, "show_form": true, "error": {"invalid_fields": invalid}});
        return no_store(json!({"result": result, "reason": "fields"}));
    }
    let flow = offer.flow(&session.payment_method_categories, call.auto_finalize);
    let flow = pages.flows.keep(&call.flow_id, flow);
    let flow = flow.lock().await;
    no_store(told(&flow))
}

async fn show(State(pages): Shared, Path(id): Path<String>) -> Response {
    match pages.flows.find(&id) {
        Some(flow) => no_store(flow.lock().await.shown()),
        None => unknown_flow(),
    }
}

async fn outcome(State(pages): Shared, Path(id): Path<String>) -> Response {
    match pages.flows.find(&id) {
        Some(flow) => no_store(told(&*flow.lock().await)),
        None => unknown_flow(),
    }
}

async fn step(State(pages): Shared, Path(id): Path<String>, Json(entry): Json<Entry>) -> Response {
    let Some(shared) = pages.flows.find(&id) else {
        return unknown_flow();
    };
    let mut flow = shared.lock().await;
    if flow.page_is_gone(&pages).await {
        return unknown_flow();
    }
    if flow.ending().is_some() {
        return no_store(flow.shown());
    }
    match flow.advance(&entry) {
        Progress::Shown => no_store(flow.shown()),
        Progress::Refused(errors) => refused(&errors),
        Progress::Decide => {
            decide(&pages, &mut flow).await;
            no_store(flow.shown())
        }
    }
}

async fn cancel(State(pages): Shared, Path(id): Path<String>) -> Response {
    let Some(shared) = pages.flows.find(&id) else {
        return unknown_flow();
    };
    let mut flow = shared.lock().await;
    flow.leave_page(&pages).await;
    flow.leave();
    no_store(told(&flow))
}

async fn beat(State(pages): Shared, Path(id): Path<String>) -> Response {
    let Some(shared) = pages.flows.find(&id) else {
        return unknown_flow();
    };
    let mut flow = shared.lock().await;
    flow.beats = flow.beats.wrapping_add(1);
    flow.attached = true;
    StatusCode::NO_CONTENT.into_response()
}

async fn left(State(pages): Shared, Path(id): Path<String>) -> Response {
    let Some(shared) = pages.flows.find(&id) else {
        return unknown_flow();
    };
    shared.lock().await.attached = false;
    StatusCode::NO_CONTENT.into_response()
}

/// Asks the world about the purchase, with everything that the shopper entered.
async fn decide(pages: &Pages, flow: &mut Flow) {
    let visit = Visit {
        data: flow.data.clone(),
        auto_finalize: flow.auto_finalize,
        payment_method: Some(flow.payment_method().to_owned()),
        challenge: flow.challenge.take(),
        ..Visit::bare(Action::Approve)
    };
    let session_id = flow.session_id.clone();
    let ending = match flow.page {
        Some(_) => flow.pay_on_page(pages, visit).await,
        None => pages.visit(&session_id, visit).await,
    };
    flow.decide(ending);
}

/// The second half of an approval with `auto_finalize: false`: no window, the shopper agreed already.
async fn finalize(State(pages): Shared, Json(call): Json<SessionCall>) -> Response {
    again(&pages, &call, Action::Finalize).await
}

/// A new token for a changed cart, under the approval that the shopper gave before.
async fn reauthorize(State(pages): Shared, Json(call): Json<SessionCall>) -> Response {
    again(&pages, &call, Action::Approve).await
}

async fn again(pages: &Pages, call: &SessionCall, action: Action) -> Response {
    let refused = |reason: &str| {
        no_store(json!({"result": {"approved": false, "show_form": false}, "reason": reason}))
    };
    let offer = match offer(pages, call).await {
        Ok(offer) => offer,
        Err(reason) => return refused(reason),
    };
    // Without an earlier approval there is nothing that could be repeated on the shopper's behalf.
    if action == Action::Approve && !offer.authorized {
        return refused("not_authorized");
    }
    let visit = Visit {
        data: offer.data,
        // Whoever approved before has passed the challenge, too.
        challenge: Some("success".to_owned()),
        ..Visit::bare(action)
    };
    let Ending { result, reason } = pages.visit(&offer.session_id, visit).await;
    no_store(json!({"result": result, "reason": reason}))
}

/// What the shop's page hears: signs of life and the ending, none of the shopper's data.
fn told(flow: &Flow) -> Value {
    let mut answer = json!({"beats": flow.beats, "attached": flow.attached});
    if let Some(Ending { result, reason }) = flow.ending() {
        answer["result"] = result.clone();
        answer["reason"] = (*reason).into();
        answer["leave_to"] = flow.leave_to().into();
    }
    answer
}

fn refused(errors: &BTreeMap<&'static str, &'static str>) -> Response {
    (
        StatusCode::UNPROCESSABLE_ENTITY,
        Json(json!({"errors": errors})),
    )
        .into_response()
}

fn unknown_flow() -> Response {
    (
        StatusCode::NOT_FOUND,
        Json(json!({"error": "there is no such flow"})),
    )
        .into_response()
}

fn no_store(body: Value) -> Response {
    ([(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}
