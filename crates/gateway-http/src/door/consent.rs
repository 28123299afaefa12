//! `/oauth/authorize`: the page on which a user of the organization lets a webapp in.
//!
//! Invariant: a browser is sent on only to an address that the webapp is registered with; whoever consents shows email
//! and password with the consent itself, so there is no session that another page could use.

use std::sync::Arc;

use askama::Template;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use http::{HeaderValue, StatusCode, header, request::Parts};
use kassa_gateway::{AuthorizationRefusal, AuthorizationRequest, Consent, GatewayError};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use url::Url;

use super::oauth::host_organization;
use crate::error::{Refused, describe};
use crate::request::body;
use crate::request::media::content_type;
use crate::request::trace::TraceId;
use crate::router::Shared;

/// Largest body of a consent, bytes.
const BODY_LIMIT_BYTES: usize = 16 * 1024;

/// Fields of the form, besides the request's own.
const PERSON: [&str; 3] = ["email", "password", "decision"];

#[derive(Debug, Template)]
#[template(path = "consent.html")]
struct Page {
    title: &'static str,
    message: Option<String>,
    form: Option<Form>,
}

#[derive(Debug)]
struct Form {
    application: String,
    organization: String,
    scope: String,
    test: bool,
    email: String,
    hidden: Vec<(&'static str, String)>,
}

/// `GET /oauth/authorize`.
pub(crate) async fn ask(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let fields = fields(parts.uri.query().unwrap_or_default().as_bytes());
    let host = host_organization(&shared, &parts);
    let answered = async {
        let asked: AuthorizationRequest = typed(fields.map_err(told)?).map_err(told)?;
        let consent = shared.gateway.consent(&asked, host.as_deref()).await;
        match consent {
            Ok(consent) => Ok(form(StatusCode::OK, &asked, consent, None, String::new())),
            Err(refusal) => refused(&asked, refusal),
        }
    };
    finished(answered.await, &parts)
}

/// `POST /oauth/authorize`: the form of the page.
pub(crate) async fn decide(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let host = host_organization(&shared, &parts);
    let answered = async {
        let form_sent = content_type(&parts.headers)
            .is_some_and(|sent| sent == "application/x-www-form-urlencoded");
        if !form_sent {
            return Err(Refused::from(told("send the form of the page".to_owned())));
        }
        let bytes = body::read(body, BODY_LIMIT_BYTES).await?;
        let mut fields = fields(&bytes).map_err(told)?;
        let [email, password, decision] = PERSON.map(|name| match fields.remove(name) {
            Some(Value::String(text)) => text,
            _ => String::new(),
        });
        let asked: AuthorizationRequest = typed(fields).map_err(told)?;
        let consent = match shared.gateway.consent(&asked, host.as_deref()).await {
            Ok(consent) => consent,
            Err(refusal) => return refused(&asked, refusal),
        };
        if decision != "allow" {
            let detail = "the user refused";
            return onward(
                &asked,
                &[("error", "access_denied"), ("error_description", detail)],
            );
        }
        let code = shared
            .gateway
            .authorize(&asked, host.as_deref(), &email, &password)
            .await;
        match code {
            Ok(Some(code)) => onward(&asked, &[("code", code.as_str())]),
            Ok(None) => {
                let wrong = "The email or the password is wrong.".to_owned();
                Ok(form(
                    StatusCode::UNAUTHORIZED,
                    &asked,
                    consent,
                    Some(wrong),
                    email,
                ))
            }
            Err(refusal) => refused(&asked, refusal),
        }
    };
    finished(answered.await, &parts)
}

/// Fields by name, each given once.
fn fields(encoded: &[u8]) -> Result<Map<String, Value>, String> {
    let mut fields = Map::new();
    for (name, value) in url::form_urlencoded::parse(encoded) {
        if fields
            .insert(name.to_string(), Value::String(value.into_owned()))
            .is_some()
        {
            return Err(format!(
                "{name} is given twice; a parameter may be given once"
            ));
        }
    }
    Ok(fields)
}

fn typed<T: DeserializeOwned>(fields: Map<String, Value>) -> Result<T, String> {
    serde_json::from_value(Value::Object(fields)).map_err(|error| error.to_string())
}

/// A request that cannot be understood.
fn told(detail: String) -> GatewayError {
    GatewayError::OAuth {
        code: "invalid_request",
        detail,
    }
}

/// Tells the webapp where that is safe, and the person otherwise.
fn refused(
    asked: &AuthorizationRequest,
    refusal: AuthorizationRefusal,
) -> Result<Response, Refused> {
    match refusal.error {
        GatewayError::OAuth { code, detail } if refusal.redirect => onward(
            asked,
            &[("error", code), ("error_description", detail.as_str())],
        ),
        error => Err(Refused::from(error)),
    }
}

/// Sends the browser back to the webapp.
fn onward(asked: &AuthorizationRequest, values: &[(&str, &str)]) -> Result<Response, Refused> {
    let mut target = Url::parse(&asked.redirect_uri)
        .map_err(|_| told("redirect_uri is no absolute address".to_owned()))?;
    let mut query = target.query_pairs_mut();
    query.extend_pairs(values);
    if !asked.state.is_empty() {
        query.append_pair("state", &asked.state);
    }
    drop(query);
    let location = HeaderValue::from_str(target.as_str())
        .map_err(|_| told("redirect_uri cannot be a Location".to_owned()))?;
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    response.headers_mut().insert(header::LOCATION, location);
    Ok(response)
}

fn form(
    status: StatusCode,
    asked: &AuthorizationRequest,
    consent: Consent,
    message: Option<String>,
    email: String,
) -> Response {
    let hidden = [
        ("response_type", &asked.response_type),
        ("client_id", &asked.client_id),
        ("redirect_uri", &asked.redirect_uri),
        ("scope", &asked.scope),
        ("state", &asked.state),
        ("code_challenge", &asked.code_challenge),
        ("code_challenge_method", &asked.code_challenge_method),
    ];
    let form = Form {
        application: consent.application,
        organization: consent.organization,
        scope: consent.scope,
        test: consent.test,
        email,
        hidden: hidden
            .into_iter()
            .map(|(name, value)| (name, value.clone()))
            .collect(),
    };
    let page = Page {
        title: "Let an application in",
        message,
        form: Some(form),
    };
    html(status, &page)
}

fn finished(answered: Result<Response, Refused>, parts: &Parts) -> Response {
    let mut response = match answered {
        Ok(response) => response,
        Err(Refused::Gateway(error @ GatewayError::OAuth { .. })) => {
            let first = describe(error).into_iter().next();
            let page = Page {
                title: "This request cannot be answered",
                message: first.map(|error| format!("{}: {}", error.code, error.detail)),
                form: None,
            };
            html(StatusCode::BAD_REQUEST, &page)
        }
        Err(refused) => {
            let trace = parts.extensions.get::<TraceId>();
            refused.into_response(&trace.map_or_else(String::new, |trace| trace.0.clone()))
        }
    };
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        // The address carries the request, and the page asks for a password: nobody frames it, nothing leaks from it.
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
        ),
    ] {
        let value = HeaderValue::from_static(value);
        response.headers_mut().insert(name, value);
    }
    response
}

fn html(status: StatusCode, page: &Page) -> Response {
    let mut response = Response::new(Body::from(page.render().unwrap_or_default()));
    *response.status_mut() = status;
    let html = HeaderValue::from_static("text/html; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, html);
    response
}
