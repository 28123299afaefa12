//! Routes of the dashboard.
//!
//! Invariant: every page passes the guard, and a failure of the store is a page, not a stack of causes.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::middleware::from_fn_with_state;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use http::{StatusCode, header};
use kassa_gateway::{Gateway, GatewayError};
use kassa_storage::{Realm, Record};
use serde::Deserialize;

use crate::deliveries;
use crate::find::{self, Found};
use crate::guard::{DashboardOptions, Guard, guard};
use crate::pages::{DeliveriesPage, MessagePage, OrderLine, OrdersPage, RealmLine, StoryPage};
use crate::show::{amount, moment, text};
use crate::story;

/// Orders on a page.
const PAGE: u64 = 25;

/// Longest text that is searched for, bytes.
const LONGEST_SEARCH: usize = 200;

/// The dashboard below `/dashboard`.
pub fn router(gateway: Arc<Gateway>, options: DashboardOptions) -> Router {
    let watch = Arc::new(Guard {
        options,
        domain: gateway.settings().domain.clone(),
    });
    Router::new()
        .route("/dashboard", get(orders))
        .route(
            "/dashboard/",
            get(|| async { Redirect::permanent("/dashboard") }),
        )
        .route("/dashboard/orders/{id}", get(order))
        .route("/dashboard/deliveries", get(deliveries_page))
        .route("/dashboard/style.css", get(style))
        .layer(from_fn_with_state(watch, guard))
        .with_state(gateway)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    q: String,
    realm: Option<String>,
    page: u64,
}

async fn orders(State(gateway): State<Arc<Gateway>>, Query(asked): Query<Asked>) -> Response {
    let wanted = asked.q.trim().to_owned();
    match list(&gateway, &wanted, &asked).await {
        Ok(page) => page,
        Err(error) => failed(&error, wanted),
    }
}

async fn list(gateway: &Gateway, wanted: &str, asked: &Asked) -> Result<Response, GatewayError> {
    let realms = find::realms(gateway).await?;
    let chosen = chosen(&realms, asked.realm.as_deref());
    let mut lines = Vec::new();
    let (mut earlier, mut later) = (None, None);
    if wanted.is_empty() {
        if let Some(realm) = chosen {
            let offset = asked.page.saturating_mul(PAGE);
            let records = find::latest(gateway, realm, offset, PAGE + 1).await?;
            let more = u64::try_from(records.len()).unwrap_or(0) > PAGE;
            let link = |page: u64| format!("/dashboard?realm={}&page={page}", realm.as_str());
            earlier = more.then(|| link(asked.page + 1));
            later = (asked.page > 0).then(|| link(asked.page - 1));
            let shown = usize::try_from(PAGE).unwrap_or(usize::MAX);
            lines.extend(
                records
                    .iter()
                    .take(shown)
                    .map(|order| line(realm, order, "")),
            );
        }
    } else if wanted.len() <= LONGEST_SEARCH {
        for realm in &realms {
            let found = find::search(gateway, realm, wanted).await?;
            if let ([only], 1) = (found.as_slice(), realms.len()) {
                return Ok(Redirect::to(&address(only)).into_response());
            }
            lines.extend(
                found
                    .iter()
                    .map(|found| line(&found.realm, &found.order, &found.because)),
            );
        }
    }
    let page = OrdersPage {
        wanted: wanted.to_owned(),
        realms: realm_lines(&realms, chosen),
        orders: lines,
        earlier,
        later,
    };
    Ok(html(StatusCode::OK, &page))
}

fn realm_lines(realms: &[Realm], chosen: Option<&Realm>) -> Vec<RealmLine> {
    realms
        .iter()
        .map(|realm| RealmLine {
            name: realm.as_str().to_owned(),
            label: label(realm),
            chosen: Some(realm) == chosen,
        })
        .collect()
}

async fn deliveries_page(
    State(gateway): State<Arc<Gateway>>,
    Query(asked): Query<Asked>,
) -> Response {
    match list_deliveries(&gateway, &asked).await {
        Ok(page) => page,
        Err(error) => failed(&error, String::new()),
    }
}

async fn list_deliveries(gateway: &Gateway, asked: &Asked) -> Result<Response, GatewayError> {
    let realms = find::realms(gateway).await?;
    let chosen = chosen(&realms, asked.realm.as_deref());
    let (webhooks, attempts) = match chosen {
        Some(realm) => deliveries::read(gateway, realm).await?,
        None => (Vec::new(), Vec::new()),
    };
    let page = DeliveriesPage {
        wanted: String::new(),
        realms: realm_lines(&realms, chosen),
        webhooks,
        attempts,
    };
    Ok(html(StatusCode::OK, &page))
}

async fn order(
    State(gateway): State<Arc<Gateway>>,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Response {
    match find_story(&gateway, &id, asked.realm.as_deref()).await {
        Ok(Some(story)) => html(
            StatusCode::OK,
            &StoryPage {
                wanted: String::new(),
                story,
            },
        ),
        Ok(None) => html(
            StatusCode::NOT_FOUND,
            &MessagePage {
                wanted: id.clone(),
                title: "No such order",
                message: format!(
                    "There is no order with the id {id}. The search above takes any id."
                ),
            },
        ),
        Err(error) => failed(&error, id),
    }
}

async fn find_story(
    gateway: &Gateway,
    id: &str,
    realm: Option<&str>,
) -> Result<Option<story::Story>, GatewayError> {
    for known in find::realms(gateway).await? {
        if realm.is_none_or(|wanted| wanted == known.as_str())
            && let Some(story) = story::read(gateway, &known, id).await?
        {
            return Ok(Some(story));
        }
    }
    Ok(None)
}

async fn style() -> Response {
    (
        [(header::CONTENT_TYPE, "text/css; charset=utf-8")],
        include_str!("../../../web/look/base.css"),
    )
        .into_response()
}

fn chosen<'a>(realms: &'a [Realm], wanted: Option<&str>) -> Option<&'a Realm> {
    wanted
        .and_then(|wanted| realms.iter().find(|realm| realm.as_str() == wanted))
        .or_else(|| realms.iter().find(|realm| realm.test()))
        .or_else(|| realms.first())
}

fn label(realm: &Realm) -> String {
    let mode = if realm.test() { "test" } else { "live" };
    format!("{}, {mode}", realm.organization())
}

fn address(found: &Found) -> String {
    format!(
        "/dashboard/orders/{}?realm={}",
        found.order.key.id,
        found.realm.as_str()
    )
}

fn line(realm: &Realm, order: &Record, because: &str) -> OrderLine {
    OrderLine {
        id: order.key.id.clone(),
        realm: realm.as_str().to_owned(),
        number: text(order, "number"),
        status: text(order, "status"),
        payment_status: text(order, "payment_status"),
        total: amount(order, "total_amount_with_taxes_cents"),
        customer: text(order, "customer_email"),
        created: moment(order.created_at),
        because: because.to_owned(),
    }
}

fn failed(error: &GatewayError, wanted: String) -> Response {
    tracing::error!(%error, "a dashboard page failed");
    html(
        StatusCode::SERVICE_UNAVAILABLE,
        &MessagePage {
            wanted,
            title: "Not available",
            message: "The data cannot be read at this moment; the log says why.".to_owned(),
        },
    )
}

fn html(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(text) => (status, Html(text)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page cannot be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
