//! Signing in with a world's credentials, and out again.
//!
//! Invariant: what was typed is compared with the credentials only; a wrong guess says nothing about which part was
//! wrong. The way on leads to a page of the portal and nowhere else.

use std::collections::BTreeMap;

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode, header};

use super::door::{self, Door};
use super::page::rendered;
use super::request::Sent;
use super::{Portal, Shared, onward, wants_json};
use crate::registry::Digest;
use crate::world::{Reply, uuid};

#[derive(Template)]
#[template(path = "portal/sign_in.html")]
struct SignIn {
    next: String,
    username: String,
    refused: &'static str,
}

pub(super) async fn ask(Query(query): Query<BTreeMap<String, String>>) -> Response {
    let page = SignIn {
        next: own_page(query.get("next").map_or("", String::as_str)),
        username: String::new(),
        refused: "",
    };
    rendered(StatusCode::OK, &page)
}

pub(super) async fn enter(
    State(portal): Shared,
    headers: HeaderMap,
    Form(typed): Form<BTreeMap<String, String>>,
) -> Response {
    let field = |name: &str| typed.get(name).map_or("", String::as_str);
    let next = own_page(field("next"));
    let (username, password, key) = (
        field("username"),
        field("password"),
        field("api_key").trim(),
    );
    let refused = |status, refused| {
        let page = SignIn {
            next: next.clone(),
            username: username.to_owned(),
            refused,
        };
        rendered(status, &page)
    };
    if !door::is_own_page(&headers) {
        return refused(
            StatusCode::FORBIDDEN,
            "Another site sent this form. Sign in here.",
        );
    }
    let secret = match key {
        "" => Digest::of_login(username, password),
        key => Digest::of_key(key),
    };
    let Some(number) = portal.sandbox.registry.by_secret(&secret) else {
        return refused(
            StatusCode::UNAUTHORIZED,
            "No world has these credentials. Check user name and password, or the API key.",
        );
    };
    let Some((_, cookie)) = portal.door.open(&portal.sandbox, number).await else {
        let why = "The world cannot be loaded at this moment; the log says why.";
        return refused(StatusCode::INTERNAL_SERVER_ERROR, why);
    };
    let mut response = onward(&next);
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    response
}

pub(super) async fn leave(State(portal): Shared, headers: HeaderMap, _: Sent) -> Response {
    portal.door.end(&portal.sandbox, &headers);
    let mut response = onward("/portal/sign-in");
    response
        .headers_mut()
        .insert(header::SET_COOKIE, Door::forgotten(&portal.sandbox));
    response
}

/// The answer to somebody whom nobody knows: the form for people, Klarna's error for programs.
pub(super) fn refuse(portal: &Portal, parts: &Parts) -> Response {
    let program = wants_json(&parts.headers) || parts.headers.contains_key(header::AUTHORIZATION);
    if program {
        let correlation_id = uuid(&*portal.sandbox.entropy, 4);
        let reply = Reply::error(401, "UNAUTHORIZED", "The credentials open no world");
        return crate::http::rendered_reply(&reply, &correlation_id, &portal.sandbox.public_url());
    }
    if parts.method != Method::GET {
        let page = SignIn {
            next: "/portal".to_owned(),
            username: String::new(),
            refused: "Your visit has ended; nothing was done. Sign in and try again.",
        };
        return rendered(StatusCode::UNAUTHORIZED, &page).into_response();
    }
    let wanted = parts
        .uri
        .path_and_query()
        .map_or("/portal", |path| path.as_str());
    onward(&format!("/portal/sign-in?next={}", encoded(wanted)))
}

/// A page of the portal, whatever was asked for.
fn own_page(wanted: &str) -> String {
    let below = wanted
        .strip_prefix("/portal")
        .filter(|rest| rest.is_empty() || rest.starts_with(['/', '?']));
    let plain = wanted
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    match below {
        Some(_) if plain && !wanted.contains("//") => wanted.to_owned(),
        _ => "/portal".to_owned(),
    }
}

/// Text as a value of a query string.
pub(super) fn encoded(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::new(), |mut out, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                out.push(char::from(byte))
            }
            byte => {
                // Writing into a string cannot fail.
                let _ = write!(out, "%{byte:02X}");
            }
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_on_stays_in_the_portal() {
        for wanted in ["/portal", "/portal/logs?q=a", "/portal?page=2"] {
            assert_eq!(own_page(wanted), wanted);
        }
        for wanted in [
            "",
            "/",
            "https://example.com/portal",
            "//example.com",
            "/portal//example.com",
            "/portal\\@example.com",
            "/portalx",
            "/portal/\r\nset-cookie: a",
        ] {
            assert_eq!(own_page(wanted), "/portal", "{wanted}");
        }
    }

    #[test]
    fn a_query_value_is_encoded_whole() {
        assert_eq!(encoded("/portal?a=b&c d"), "%2Fportal%3Fa%3Db%26c%20d");
    }
}
