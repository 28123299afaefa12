//! The Hosted Payment Page as shoppers see it: an overview of the purchase, the way into the purchase flow that the
//! widget opens as well, and the ways out of it.
//!
//! Invariant: no status is decided here. A page is opened, paid, left and cancelled by commands, and the browser is sent
//! where the world says; without an address of the merchant's it stays on a page of ours. A page is found by the code of
//! its address in whatever world it lives: the browser has no credentials.

mod qr;
mod show;
mod staff;

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Form, Path, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::journey::{Ending, Flow};
use super::offer::Pages;
use crate::fault::HeaderFaults;
use crate::registry::Number;
use crate::slot::SharedSlot;
use crate::world::{
    Leaving, PageAction, PageStatus, PageView, Reply, World, is_access_id, mark_of, page_code_fits,
};
use crate::{Sandbox, Visit};
use show::{LeavePage, MessagePage, PayPage};

type Shared = State<Arc<Pages>>;

/// The routes below `/hpp/` that need no credentials.
pub(super) fn routes() -> Router<Arc<Pages>> {
    Router::new()
        .route("/hpp/payments/{code}", get(open))
        .route("/hpp/payments/{code}/pay", post(pay))
        .route("/hpp/payments/{code}/leave", get(ask).post(leave))
        .route("/hpp/payments/{code}/left", get(left))
        .route("/hpp/payments/{id}/qr", get(qr_code))
        .route("/hpp/devices/{access_id}", get(device))
        .merge(staff::routes())
}

/// A page with the world that it lives in.
struct Found {
    slot: SharedSlot,
    view: PageView,
}

/// The page that `look` finds in one of these worlds. One that is not in memory is read.
async fn find(
    sandbox: &Arc<Sandbox>,
    worlds: Vec<Number>,
    look: impl Fn(&World, jiff::Timestamp) -> Option<PageView>,
) -> Option<Found> {
    for number in worlds {
        if let Some(slot) = sandbox.world_if_sound(number).await
            && let Some(view) = slot.look(&*sandbox.clock, &look)
        {
            return Some(Found { slot, view });
        }
    }
    None
}

async fn of_code(sandbox: &Arc<Sandbox>, code: &str) -> Option<Found> {
    let worlds = sandbox.registry.by_marks(|mark| page_code_fits(mark, code));
    let look = |world: &World, now| world.page_of_code(code, now);
    let found = find(sandbox, worlds, look).await;
    found.filter(|found| !found.view.expired)
}

async fn of_id(sandbox: &Arc<Sandbox>, id: &str) -> Option<Found> {
    let worlds = sandbox.registry.by_mark(mark_of(id)?);
    find(sandbox, worlds, |world, now| world.page_of_id(id, now)).await
}

/// Does something on a page; `None` when the page is over or the journal cannot be written.
async fn act(sandbox: &Sandbox, found: &Found, action: PageAction) -> Option<Reply> {
    let none = HeaderFaults::default();
    let visited = sandbox.visit_page(&found.slot, &found.view.id, action, &none);
    match visited.await {
        Ok(reply) => reply.is_success().then_some(reply),
        Err(error) => {
            tracing::error!(%error, "a shopper's step on a hosted page is lost");
            None
        }
    }
}

/// Opening the page puts it in progress; one that is over says so.
async fn open(State(pages): Shared, Path(code): Path<String>, method: Method) -> Response {
    let Some(found) = of_code(&pages.sandbox, &code).await else {
        return unknown();
    };
    if found.view.status.is_final() {
        return message(&found.view);
    }
    // Whoever only asks whether there is a page, as mail programs do, does not open it.
    if method == Method::GET {
        act(&pages.sandbox, &found, PageAction::Open).await;
    }
    let Some(found) = of_code(&pages.sandbox, &code).await else {
        return unknown();
    };
    match found.view.status {
        PageStatus::Error => onward(&found.view),
        PageStatus::ManualIdCheck => message(&found.view),
        _ => drawn(StatusCode::OK, &PayPage::new(&found.view), &found.view),
    }
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    category: String,
}

/// The buy button: a new purchase flow for the payment session, in this window.
async fn pay(
    State(pages): Shared,
    Path(code): Path<String>,
    Form(choice): Form<Choice>,
) -> Response {
    let Some(found) = of_code(&pages.sandbox, &code).await else {
        return unknown();
    };
    if found.view.status == PageStatus::Disabled {
        return unknown();
    }
    if act(&pages.sandbox, &found, PageAction::Open)
        .await
        .is_none()
    {
        return Redirect::to(&home(&found.view)).into_response();
    }
    let view = &found.view;
    let categories: Vec<String> = view
        .categories
        .iter()
        .filter(|category| choice.category.is_empty() || **category == choice.category)
        .cloned()
        .collect();
    let data = known_of_shopper(view);
    let Ok(offer) = pages.offer_of(&view.session.session_id, &data).await else {
        act(&pages.sandbox, &found, PageAction::Error).await;
        return match of_code(&pages.sandbox, &code).await {
            Some(found) => onward(&found.view),
            None => unknown(),
        };
    };
    let flow_id = flow_id(&pages.sandbox);
    let flow = offer
        .flow(&categories, true)
        .on_page(&view.id, &left_url(view));
    pages.flows.keep(&flow_id, flow);
    Redirect::to(&format!("/kp/flow/{flow_id}")).into_response()
}

/// The question before a cancellation. Going back needs none.
async fn ask(State(pages): Shared, Path(code): Path<String>) -> Response {
    match of_code(&pages.sandbox, &code).await {
        None => unknown(),
        Some(found) if found.view.status.is_final() => message(&found.view),
        Some(found) if found.view.leaving == Leaving::Back => {
            Redirect::to(&home(&found.view)).into_response()
        }
        Some(found) => drawn(StatusCode::OK, &LeavePage::new(&found.view), &found.view),
    }
}

async fn leave(State(pages): Shared, Path(code): Path<String>) -> Response {
    let Some(found) = of_code(&pages.sandbox, &code).await else {
        return unknown();
    };
    if found.view.status == PageStatus::Disabled {
        return unknown();
    }
    act(&pages.sandbox, &found, PageAction::Cancel).await;
    match of_code(&pages.sandbox, &code).await {
        Some(found) => onward(&found.view),
        None => unknown(),
    }
}

/// Where shoppers end up whose merchant gave no address for how it went.
async fn left(State(pages): Shared, Path(code): Path<String>) -> Response {
    match of_code(&pages.sandbox, &code).await {
        None => unknown(),
        Some(found) => match found.view.status {
            PageStatus::Waiting | PageStatus::InProgress => {
                Redirect::to(&home(&found.view)).into_response()
            }
            _ => message(&found.view),
        },
    }
}

/// The device that scanned the shop's own code: it shows its access id until staff sends a payment to it.
async fn device(
    State(pages): Shared,
    Path(access_id): Path<String>,
    headers: HeaderMap,
) -> Response {
    if !is_access_id(&access_id) {
        return unknown();
    }
    let sandbox = &pages.sandbox;
    let mut newest = None;
    for number in sandbox.registry.by_device(&access_id) {
        if let Some(slot) = sandbox.world_if_sound(number).await {
            let sent = slot.look(&*sandbox.clock, |world, now| {
                world.page_for_device(&access_id, now)
            });
            newest = newest.max(sent);
        }
    }
    match newest {
        Some((_, page)) => Redirect::to(&page).into_response(),
        None => {
            let language = headers.get(header::ACCEPT_LANGUAGE);
            let language = language
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default();
            html(
                StatusCode::OK,
                &MessagePage::device(&access_id, language),
                &[],
            )
        }
    }
}

async fn qr_code(State(pages): Shared, Path(id): Path<String>) -> Response {
    let found = of_id(&pages.sandbox, &id).await;
    match found.filter(|found| !found.view.expired) {
        Some(found) => qr::picture(&found.view.page_url),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

impl Flow {
    /// What the world makes of the shopper's confirmation on a hosted page.
    pub(super) async fn pay_on_page(&mut self, pages: &Pages, visit: Visit) -> Ending {
        match self.act_on_page(pages, PageAction::Pay(visit)).await {
            Some(result) => Ending::of(result),
            None => Ending {
                result: json!({"approved": false, "show_form": true}),
                reason: "failed",
            },
        }
    }

    /// The shopper closed the flow: on a hosted page that is how the page itself is left.
    pub(super) async fn leave_page(&mut self, pages: &Pages) {
        if self.page.is_some() && !self.is_decided() {
            self.act_on_page(pages, PageAction::Cancel).await;
        }
    }

    /// Whether the page that the flow belongs to was taken away meanwhile.
    pub(super) async fn page_is_gone(&self, pages: &Pages) -> bool {
        let Some(page) = &self.page else {
            return false;
        };
        let found = of_id(&pages.sandbox, &page.session_id).await;
        found.is_none_or(|found| found.view.expired || found.view.status == PageStatus::Disabled)
    }

    /// Acts on the flow's page, notes where the shopper goes from there, and gives the answer of the payment session.
    async fn act_on_page(&mut self, pages: &Pages, action: PageAction) -> Option<Value> {
        let page = self.page.as_mut()?;
        let found = of_id(&pages.sandbox, &page.session_id).await?;
        let reply = act(&pages.sandbox, &found, action).await?;
        let told = reply.document()?;
        page.leave_to = match told.get("redirect_url").and_then(Value::as_str) {
            Some(url) => url.to_owned(),
            None => left_url(&found.view),
        };
        told.get("result").cloned()
    }
}

/// What the payment session and the distribution know of the shopper, as the `data` of a flow.
fn known_of_shopper(view: &PageView) -> Map<String, Value> {
    let mut address = view.session.billing_address.clone();
    for (name, value) in &view.reached_at {
        address.entry(name.clone()).or_insert_with(|| value.clone());
    }
    Map::from_iter([("billing_address".to_owned(), address.into())])
}

/// The page under the host that the browser already uses.
fn home(view: &PageView) -> String {
    format!("/hpp/payments/{}", view.code)
}

fn left_url(view: &PageView) -> String {
    format!("{}/left", home(view))
}

/// An id that only this browser is told.
fn flow_id(sandbox: &Sandbox) -> String {
    crate::world::uuid(&*sandbox.entropy, 4).replace('-', "")
}

/// To the merchant, or to what we say ourselves.
fn onward(view: &PageView) -> Response {
    match &view.return_url {
        Some(url) => Redirect::to(url).into_response(),
        None => Redirect::to(&left_url(view)).into_response(),
    }
}

fn message(view: &PageView) -> Response {
    let status = match view.status {
        PageStatus::Disabled => StatusCode::GONE,
        _ => StatusCode::OK,
    };
    drawn(status, &MessagePage::of_status(view), view)
}

/// Never existed, or is over: the browser is told no difference.
fn unknown() -> Response {
    html(StatusCode::NOT_FOUND, &MessagePage::unknown(), &[])
}

fn drawn(status: StatusCode, page: &impl Template, view: &PageView) -> Response {
    let pictures = view
        .background_images
        .iter()
        .map(|image| image.url.as_str());
    let sources: Vec<&str> = pictures.chain(view.logo_url.as_deref()).collect();
    html(status, page, &sources)
}

/// A page of ours. It loads nothing from elsewhere but the merchant's pictures, and nobody frames it. Where forms lead is
/// left open: browsers hold a redirect after a form to that rule too, and it goes to the merchant.
fn html(status: StatusCode, page: &impl Template, pictures: &[&str]) -> Response {
    let Ok(text) = page.render() else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let mut sources = vec!["'self'"];
    sources.extend(pictures.iter().filter_map(|url| origin(url)));
    sources.dedup();
    let policy = format!(
        "default-src 'none'; style-src 'self'; img-src {}; base-uri 'none'; frame-ancestors 'none'",
        sources.join(" ")
    );
    let mut response = (status, axum::response::Html(text)).into_response();
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, policy.as_str()),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ] {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    }
    response
}

/// Scheme and host of an address.
fn origin(url: &str) -> Option<&str> {
    let host = url.find("://")? + 3;
    let end = url[host..]
        .find(['/', '?', '#'])
        .map_or(url.len(), |end| host + end);
    url.get(..end)
}
