//! The page behind `standalone_url`: somebody of the shop shows the code or sends the link.
//!
//! Invariant: it sends through the same command as the distribution call, so the same addresses are refused.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use serde::Deserialize;
use serde_json::json;

use super::show::{Frame, StaffPage};
use super::{Found, Shared, drawn, find, message, unknown};
use crate::Sandbox;
use crate::pages::offer::Pages;
use crate::world::{Command, PageView, World, mark_of};

pub(super) fn routes() -> Router<Arc<Pages>> {
    Router::new().route("/hpp/distributions/{id}", get(show).post(send))
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

fn of_distribution(sandbox: &Sandbox, id: &str) -> Option<Found> {
    let worlds = sandbox.registry.by_mark(mark_of(id)?);
    let look = |world: &World, now| world.page_of_distribution(id, now);
    find(sandbox, worlds, look).filter(|found| !found.view.expired)
}

async fn show(State(pages): Shared, Path(id): Path<String>) -> Response {
    match of_distribution(&pages.sandbox, &id) {
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
    let Some(found) = of_distribution(&pages.sandbox, &id) else {
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
        outcome,
        frame,
    };
    drawn(status, &page, view)
}
