//! The page behind `standalone_url`: somebody of the shop shows the code or sends the link, and looks at the shopper's
//! document where one is asked for.
//!
//! Invariant: it acts through the commands of the API, so what is refused there is refused here.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::json;

use super::show::{Check, Frame, StaffPage};
use super::{Found, Shared, drawn, find, message, unknown};
use crate::Sandbox;
use crate::pages::offer::Pages;
use crate::world::{Command, PageView, World, mark_of};

pub(super) fn routes() -> Router<Arc<Pages>> {
    Router::new()
        .route("/hpp/distributions/{id}", get(show).post(send))
        .route("/hpp/distributions/{id}/identification", post(decide))
}

/// What a form sends.
#[derive(Deserialize)]
struct Address {
    method: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    phone: String,
    #[serde(default)]
    phone_country: String,
}

async fn of_distribution(sandbox: &Arc<Sandbox>, id: &str) -> Option<Found> {
    let worlds = sandbox.registry.by_mark(mark_of(id)?);
    let look = |world: &World, now| world.page_of_distribution(id, now);
    let found = find(sandbox, worlds, look).await;
    found.filter(|found| !found.view.expired)
}

async fn show(State(pages): Shared, Path(id): Path<String>) -> Response {
    match of_distribution(&pages.sandbox, &id).await {
        None => unknown(),
        Some(found) if found.view.status.is_final() => message(&found.view),
        Some(found) => page(&id, &found.view, StatusCode::OK, None),
    }
}

async fn send(
    State(pages): Shared,
    Path(id): Path<String>,
    Form(address): Form<Address>,
) -> Response {
    let Some(found) = of_distribution(&pages.sandbox, &id).await else {
        return unknown();
    };
    if found.view.status.is_final() {
        return Redirect::to(&format!("/hpp/distributions/{id}")).into_response();
    }
    let contact = match address.method.as_str() {
        "sms" => json!({"phone": address.phone, "phone_country": address.phone_country}),
        _ => json!({"email": address.email}),
    };
    let command = Command::DistributeHostedPage {
        session_id: found.view.id.clone(),
        body: json!({"method": address.method, "contact_information": contact}),
    };
    let frame = Frame::new(&found.view);
    match pages.sandbox.execute(&found.slot, command).await {
        Ok(reply) if reply.is_success() => {
            let told = frame.say("page_staff_sent").to_owned();
            page(&id, &found.view, StatusCode::OK, Some((told, true)))
        }
        Ok(reply) => {
            let reason = reply.error_message().unwrap_or_default();
            let told = frame.words.with("page_staff_refused", "reason", reason);
            let refused = StatusCode::UNPROCESSABLE_ENTITY;
            page(&id, &found.view, refused, Some((told, false)))
        }
        Err(error) => {
            tracing::error!(%error, "a link was not sent");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// What the form about a document sends.
#[derive(Deserialize)]
struct Decision {
    approved: bool,
    challenge: String,
}

/// Staff has looked at the document. A check that is over meanwhile is told by the page itself.
async fn decide(
    State(pages): Shared,
    Path(id): Path<String>,
    Form(decision): Form<Decision>,
) -> Response {
    let Some(found) = of_distribution(&pages.sandbox, &id).await else {
        return unknown();
    };
    let command = Command::CheckIdentification {
        session_id: found.view.id.clone(),
        body: json!({"approved": decision.approved, "challenge": decision.challenge}),
    };
    if let Err(error) = pages.sandbox.execute(&found.slot, command).await {
        tracing::error!(%error, "the check of a document is lost");
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    Redirect::to(&format!("/hpp/distributions/{id}")).into_response()
}

fn page(
    id: &str,
    view: &PageView,
    status: StatusCode,
    outcome: Option<(String, bool)>,
) -> Response {
    let frame = Frame::new(view);
    let page = StaffPage {
        action: format!("/hpp/distributions/{id}"),
        link: view.page_url.clone(),
        picture: format!("/hpp/payments/{}/qr", view.id),
        lead: frame.words.with("page_staff_lead", "amount", &frame.amount),
        country: view.session.purchase_country.clone(),
        check: Check::of(view),
        outcome,
        frame,
    };
    drawn(status, &page, view)
}
