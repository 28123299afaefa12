//! The merchant portal: a world's orders with everything that can be done to them, its sessions, hosted pages, tokens,
//! requests, callbacks and clock, on pages that work without a script.
//!
//! Invariant: a page shows what the rules say and a form runs the command that the API would run; nothing is decided
//! here. A visitor sees one world, the one of the credentials (`docs/klarna/portal.md`).

mod clock;
mod deliveries;
mod door;
mod faults;
mod hosted_pages;
mod logs;
mod order;
mod order_form;
mod order_history;
mod order_table;
mod orders;
mod outbox;
mod page;
mod request;
mod sessions;
mod shoppers;
mod show;
mod sign_in;
mod snapshots;
mod tokens;
mod world;
mod worlds;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use http::{HeaderMap, HeaderValue, StatusCode, header};

use crate::Sandbox;
use crate::http::world_of_caller;
use door::{Door, Visitor};

/// What the pages share.
pub(super) struct Portal {
    sandbox: Arc<Sandbox>,
    door: Door,
}

type Shared = State<Arc<Portal>>;

/// The look of all pages for people, and what forms need besides.
const STYLE: &str = concat!(
    include_str!("../../../../../web/look/base.css"),
    include_str!("portal.css")
);

/// Everything below `/portal`.
pub fn router(sandbox: Arc<Sandbox>) -> Router {
    let door = Door::new(&*sandbox.entropy);
    let portal = Arc::new(Portal { sandbox, door });
    Router::new()
        .merge(orders::routes())
        .merge(order::routes())
        .merge(sessions::routes())
        .merge(hosted_pages::routes())
        .merge(tokens::routes())
        .merge(logs::routes())
        .merge(deliveries::routes())
        .merge(outbox::routes())
        .merge(clock::routes())
        .merge(faults::routes())
        .merge(shoppers::routes())
        .merge(world::routes())
        .merge(snapshots::routes())
        .merge(worlds::routes())
        .route("/portal/sign-out", post(sign_in::leave))
        .route("/portal/{*rest}", get(request::nowhere))
        .layer(from_fn_with_state(Arc::clone(&portal), admit))
        .route("/portal/sign-in", get(sign_in::ask).post(sign_in::enter))
        .route("/portal/style.css", get(style))
        .route("/portal/", get(async || Redirect::permanent("/portal")))
        .layer(from_fn(protect))
        .with_state(portal)
}

/// Lets in whoever has a cookie or credentials, and whoever is on this machine where the portal stands open.
async fn admit(State(portal): Shared, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let sandbox = &portal.sandbox;
    let mut cookie = None;
    let mut visitor = portal.door.by_cookie(sandbox, &parts.headers).await;
    if visitor.is_none() {
        let caller = world_of_caller(sandbox, &parts.headers).await.ok();
        visitor = caller.map(|slot| Visitor { slot, csrf: None });
    }
    // A wrong header is a mistake to be told of, no reason to look for another way in.
    let asks_nicely = !parts.headers.contains_key(header::AUTHORIZATION);
    if visitor.is_none()
        && asks_nicely
        && door::is_here(&parts)
        && let Some(number) = sandbox.open_portal_world()
        && let Some((opened, remembered)) = portal.door.open(sandbox, number).await
    {
        (visitor, cookie) = (Some(opened), Some(remembered));
    }
    let Some(visitor) = visitor else {
        return sign_in::refuse(&portal, &parts);
    };
    parts.extensions.insert(visitor);
    let mut response = next.run(Request::from_parts(parts, body)).await;
    if let Some(cookie) = cookie {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

async fn style() -> Response {
    let kind = HeaderValue::from_static("text/css; charset=utf-8");
    ([(header::CONTENT_TYPE, kind)], STYLE).into_response()
}

/// Pages show personal data: nobody may keep, frame or be told about them.
async fn protect(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Whether the caller is a program that wants JSON.
fn wants_json(headers: &HeaderMap) -> bool {
    door::text(headers, header::ACCEPT).is_some_and(|accept| accept.contains("application/json"))
}

/// `303 See Other`: the way on after a form.
fn onward(address: &str) -> Response {
    match HeaderValue::from_str(address) {
        Ok(location) => (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response(),
        Err(_) => StatusCode::BAD_REQUEST.into_response(),
    }
}
