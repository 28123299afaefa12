//! Klarna's callbacks: an approval, an order, a fraud decision.
//!
//! Invariant: the addresses carry a secret per payment source and no body is believed; the gateway reads Klarna
//! before anything changes. A refusal says nothing about what exists.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use http::StatusCode;
use kassa_gateway::GatewayError;
use kassa_gateway::payments::callback;
use kassa_klarna_api::{AuthorizationCallback, FraudNotification};
use kassa_storage::Key;
use serde::de::DeserializeOwned;

use crate::error::Refused;
use crate::request::body;
use crate::request::trace::{About, TraceId};
use crate::router::Shared;

/// Largest callback body, bytes. Klarna's are a few hundred.
const BODY_LIMIT_BYTES: usize = 64 * 1024;

/// `POST /klarna/authorizations/{source}/{ticket}`.
pub(crate) async fn authorization(
    State(shared): State<Arc<Shared>>,
    path: Result<Path<(String, String)>, PathRejection>,
    request: Request,
) -> Response {
    let trace_id = trace_id(&request);
    let Ok(Path((source, ticket))) = path else {
        return unreadable(&request, &trace_id);
    };
    let done = async {
        let callback: AuthorizationCallback = read(request).await?;
        let done = callback::authorized(&shared.gateway, &source, &ticket, &callback).await;
        done.map_err(Refused::from)
    };
    answer(done.await, &trace_id, about(&source, &ticket))
}

/// `POST /klarna/notifications/{source}/{ticket}`.
pub(crate) async fn notification(
    State(shared): State<Arc<Shared>>,
    path: Result<Path<(String, String)>, PathRejection>,
    request: Request,
) -> Response {
    let trace_id = trace_id(&request);
    let Ok(Path((source, ticket))) = path else {
        return unreadable(&request, &trace_id);
    };
    let done = async {
        let notification: FraudNotification = read(request).await?;
        let done = callback::notified(&shared.gateway, &source, &ticket, &notification).await;
        done.map_err(Refused::from)
    };
    answer(done.await, &trace_id, about(&source, &ticket))
}

/// `POST /klarna/pushes/{source}/{ticket}/{order id}`; a push has no body worth reading.
pub(crate) async fn push(
    State(shared): State<Arc<Shared>>,
    path: Result<Path<(String, String, String)>, PathRejection>,
    request: Request,
) -> Response {
    let trace_id = trace_id(&request);
    let Ok(Path((source, ticket, order))) = path else {
        return unreadable(&request, &trace_id);
    };
    let done = callback::pushed(&shared.gateway, &source, &ticket, &order).await;
    let about = about(&source, &ticket);
    answer(done.map_err(Refused::from), &trace_id, about)
}

/// An address that is no text leads nowhere, like any other wrong one.
fn unreadable(request: &Request, trace_id: &str) -> Response {
    let error = GatewayError::NoResource(request.uri().path().to_owned());
    Refused::from(error).into_response(trace_id)
}

async fn read<T: DeserializeOwned>(request: Request) -> Result<T, Refused> {
    let bytes = body::read(request.into_body(), BODY_LIMIT_BYTES).await?;
    serde_json::from_slice(&bytes).map_err(|_| {
        Refused::from(GatewayError::Malformed {
            code: "INVALID_DATA_FORMAT",
            detail: "the body is no such callback".to_owned(),
            parameter: None,
            pointer: Some(String::new()),
        })
    })
}

fn trace_id(request: &Request) -> String {
    let trace = request.extensions().get::<TraceId>();
    trace.map_or_else(String::new, |trace| trace.0.clone())
}

/// What an accepted callback was about, for the story of its order.
fn about(source: &str, ticket: &str) -> Option<About> {
    callback::realm_of(ticket).map(|realm| About {
        realm,
        subjects: vec![Key::new("klarna_payments", source)],
    })
}

fn answer(done: Result<(), Refused>, trace_id: &str, about: Option<About>) -> Response {
    match done {
        Ok(()) => {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::OK;
            if let Some(about) = about {
                response.extensions_mut().insert(about);
            }
            response
        }
        // A refused one proves nothing: strangers must not write stories.
        Err(refused) => refused.into_response(trace_id),
    }
}
