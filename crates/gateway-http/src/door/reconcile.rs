//! `POST /kassa/v1/reconcile`: compares a page of the organization's orders with Klarna's books, for integrations.
//!
//! Invariant: one call reads at most a page, so that it ends within any client's patience; whoever wants everything
//! goes on with `next`.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use http::request::Parts;
use kassa_gateway::GatewayError;
use kassa_gateway::payments::reconcile::books::{self, BooksQuery};
use serde_json::Value;

use super::integration;
use crate::error::Refused;
use crate::request::body;
use crate::router::Shared;

/// `POST /kassa/v1/reconcile {"after"?, "limit"?, "settled_days"?, "order_id"?}`.
pub(crate) async fn reconcile(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    match reconciled(&shared, &parts, body).await {
        Ok(response) => response,
        Err(refused) => refused.into_response(&integration::trace_id(&parts)),
    }
}

async fn reconciled(shared: &Shared, parts: &Parts, body: Body) -> Result<Response, Refused> {
    let caller = integration::caller(shared, parts, "reconcile").await?;
    let bytes = body::read(body, shared.options.body_limit_bytes).await?;
    let bytes = if bytes.is_empty() { "{}".into() } else { bytes };
    // An object first: a list would be taken for the fields in their order.
    let object = serde_json::from_slice(&bytes).map(Value::Object);
    let query: BooksQuery = object.and_then(serde_json::from_value).map_err(|error| {
        let detail = format!(
            "{error}; send any of {{\"after\": <order id>, \"limit\": <1 to {}>, \"settled_days\": <days>, \
             \"order_id\": <order id>}}",
            books::LIMIT_MAX
        );
        integration::malformed(detail, "/")
    })?;
    let page = books::page(&shared.gateway, &caller.realm, &query).await?;
    let page = serde_json::to_value(&page)
        .map_err(|error| GatewayError::Internal(format!("a page of books: {error}")))?;
    Ok(integration::answer(&page))
}
