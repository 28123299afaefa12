//! Klarna's paths and the command behind each.
//!
//! Invariant: a table, no decisions. An unknown path is a 404 like an unknown resource, a known path with another
//! method a 405.

use axum::http::Method;
use serde_json::Value;

use super::hosted_page::{self, HostedPageRoute};
use crate::world::{Command, OrderCall};

/// What a request asks for, before its body is read.
pub(crate) enum Route {
    CreateSession,
    Session { id: String, update: bool },
    PlaceOrder(String),
    CreateCustomerToken(String),
    CancelAuthorization(String),
    ReadToken(String),
    TokenStatus(String),
    TokenOrder(String),
    Order { id: String, call: OrderCall },
    HostedPage(HostedPageRoute),
}

/// Why there is no route.
pub(crate) enum NoRoute {
    Path,
    Method,
}

/// Finds the route of a method and a path.
pub(crate) fn find(method: &Method, path: &str) -> Result<Route, NoRoute> {
    let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let own = |text: &str| text.to_owned();
    let get = method == Method::GET;
    let post = method == Method::POST;
    let patch = method == Method::PATCH;
    let delete = method == Method::DELETE;
    let (found, allowed) = match segments.as_slice() {
        // A session id left empty means creating, as recorded traffic shows.
        ["payments", "v1", "sessions"] | ["payments", "v1", "sessions", ""] => {
            (Route::CreateSession, post)
        }
        ["payments", "v1", "sessions", id] => {
            let route = Route::Session {
                id: own(id),
                update: post,
            };
            (route, get || post)
        }
        ["payments", "v1", "authorizations", token] => {
            (Route::CancelAuthorization(own(token)), delete)
        }
        ["payments", "v1", "authorizations", token, "order"] => {
            (Route::PlaceOrder(own(token)), post)
        }
        ["payments", "v1", "authorizations", token, "customer-token"] => {
            (Route::CreateCustomerToken(own(token)), post)
        }
        ["customer-token", "v1", "tokens", token] => (Route::ReadToken(own(token)), get),
        ["customer-token", "v1", "tokens", token, "status"] => {
            (Route::TokenStatus(own(token)), patch)
        }
        ["customer-token", "v1", "tokens", token, "order"] => (Route::TokenOrder(own(token)), post),
        ["ordermanagement", "v1", "orders", id, rest @ ..] => {
            let (call, wanted) = order_call(rest, post).ok_or(NoRoute::Path)?;
            (Route::Order { id: own(id), call }, *method == wanted)
        }
        ["hpp", "v1", rest @ ..] => {
            let (route, allowed) = hosted_page::find(method, rest).ok_or(NoRoute::Path)?;
            (Route::HostedPage(route), allowed)
        }
        _ => return Err(NoRoute::Path),
    };
    if allowed {
        Ok(found)
    } else {
        Err(NoRoute::Method)
    }
}

/// The calls below an order, with their method.
fn order_call(rest: &[&str], post: bool) -> Option<(OrderCall, Method)> {
    Some(match rest {
        [] => (OrderCall::Read, Method::GET),
        ["acknowledge"] => (OrderCall::Acknowledge, Method::POST),
        ["authorization"] => (OrderCall::UpdateAuthorization, Method::PATCH),
        ["cancel"] => (OrderCall::Cancel, Method::POST),
        ["customer-details"] => (OrderCall::UpdateCustomerDetails, Method::PATCH),
        ["extend-authorization-time"] => (OrderCall::Extend, Method::POST),
        ["merchant-references"] => (OrderCall::UpdateMerchantReferences, Method::PATCH),
        ["release-remaining-authorization"] => (OrderCall::Release, Method::POST),
        ["shipping-info"] => (OrderCall::AddShippingInfo, Method::POST),
        ["captures"] if post => (OrderCall::Capture, Method::POST),
        ["captures"] => (OrderCall::ListCaptures, Method::GET),
        ["captures", id] => (OrderCall::ReadCapture((*id).to_owned()), Method::GET),
        ["captures", id, "extend-due-date"] => {
            (OrderCall::ExtendDueDate((*id).to_owned()), Method::PATCH)
        }
        ["captures", id, "extend-due-date-options"] => {
            (OrderCall::DueDateOptions((*id).to_owned()), Method::GET)
        }
        ["captures", id, "shipping-info"] => (
            OrderCall::AddCaptureShippingInfo((*id).to_owned()),
            Method::POST,
        ),
        ["captures", id, "trigger-send-out"] => {
            (OrderCall::TriggerSendOut((*id).to_owned()), Method::POST)
        }
        ["refunds"] => (OrderCall::Refund, Method::POST),
        ["refunds", id] => (OrderCall::ReadRefund((*id).to_owned()), Method::GET),
        _ => return None,
    })
}

impl Route {
    /// Whether the call has a body to read.
    pub(crate) fn takes_body(&self) -> bool {
        match self {
            Self::CreateSession | Self::PlaceOrder(_) | Self::CreateCustomerToken(_) => true,
            Self::TokenStatus(_) | Self::TokenOrder(_) => true,
            Self::Session { update, .. } => *update,
            Self::HostedPage(route) => route.takes_body(),
            Self::CancelAuthorization(_) | Self::ReadToken(_) => false,
            Self::Order { call, .. } => call.takes_body(),
        }
    }

    /// The command, with the body and key of the request.
    pub(crate) fn command(self, body: Value, key: Option<String>, public_url: String) -> Command {
        match self {
            Self::CreateSession => Command::CreateSession { body, public_url },
            Self::Session { id, update: true } => Command::UpdateSession {
                session_id: id,
                body,
            },
            Self::Session { id, update: false } => Command::ReadSession {
                session_id: id,
                public_url,
            },
            Self::PlaceOrder(token) => Command::PlaceOrder {
                token,
                body,
                public_url,
            },
            Self::CreateCustomerToken(token) => Command::CreateCustomerToken { token, body },
            Self::CancelAuthorization(token) => Command::CancelAuthorization { token },
            Self::ReadToken(token) => Command::ReadCustomerToken { token },
            Self::TokenStatus(token) => Command::ChangeTokenStatus { token, body },
            Self::TokenOrder(token) => Command::OrderWithToken {
                token,
                body,
                public_url,
                idempotency_key: key,
            },
            Self::HostedPage(route) => route.command(body, public_url),
            Self::Order { id, call } => Command::Manage {
                order_id: id,
                call,
                body,
                idempotency_key: key,
            },
        }
    }
}
