//! What a token request says, from its body and its `Authorization` header.
//!
//! Invariant: JSON and form bodies mean the same, each member is given once and is text, and a client authenticates in
//! one way: in the body, or by HTTP Basic (RFC 6749, 2.3.1).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, header};
use kassa_gateway::GatewayError;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use crate::error::Refused;
use crate::request::media::content_type;

/// Members of a request, all of them text.
pub(super) type Members = Map<String, Value>;

/// Members that are looked at; others are none of our business (RFC 6749, 3.2).
const KNOWN: [&str; 12] = [
    "grant_type",
    "client_id",
    "client_secret",
    "scope",
    "username",
    "password",
    "refresh_token",
    "code",
    "redirect_uri",
    "code_verifier",
    "assertion",
    "token",
];

/// The request's members, those of the header among them.
pub(super) fn members(headers: &HeaderMap, bytes: &[u8]) -> Result<Members, Refused> {
    let form =
        content_type(headers).is_some_and(|sent| sent == "application/x-www-form-urlencoded");
    let mut members = if form {
        of_form(bytes)?
    } else {
        of_json(bytes)?
    };
    authenticate(headers, &mut members)?;
    Ok(members)
}

fn of_form(bytes: &[u8]) -> Result<Members, Refused> {
    let mut members = Members::new();
    for (name, value) in url::form_urlencoded::parse(bytes) {
        if !KNOWN.contains(&name.as_ref()) {
            continue;
        }
        if members.contains_key(name.as_ref()) {
            return Err(invalid(format!(
                "{name} is given twice; a parameter may be given once"
            )));
        }
        members.insert(name.into_owned(), Value::String(value.into_owned()));
    }
    Ok(members)
}

fn of_json(bytes: &[u8]) -> Result<Members, Refused> {
    let body: Value = serde_json::from_slice(bytes).map_err(|_| {
        invalid(
            "the body is no JSON; send a JSON object, or a form as application/x-www-form-urlencoded"
                .to_owned(),
        )
    })?;
    let Value::Object(body) = body else {
        let sent = word(&body);
        return Err(invalid(format!(
            "the body must be a JSON object, not {sent}"
        )));
    };
    let mut members = Members::new();
    for (name, value) in body {
        if !KNOWN.contains(&name.as_str()) || value.is_null() {
            continue;
        }
        let value = match value {
            Value::String(text) => text,
            Value::Array(parts) if name == "scope" => joined(&parts)?,
            other => {
                let sent = word(&other);
                return Err(invalid(format!("{name} must be text, not {sent}")));
            }
        };
        members.insert(name, Value::String(value));
    }
    Ok(members)
}

/// A scope given as a list: the same as its parts with spaces between them.
fn joined(parts: &[Value]) -> Result<String, Refused> {
    let texts: Option<Vec<&str>> = parts.iter().map(Value::as_str).collect();
    let texts =
        texts.ok_or_else(|| invalid("scope must be text, or a list of texts".to_owned()))?;
    Ok(texts.join(" "))
}

/// Puts the client's id and secret from an `Authorization` header among the members.
fn authenticate(headers: &HeaderMap, members: &mut Members) -> Result<(), Refused> {
    let Some(value) = headers.get(header::AUTHORIZATION) else {
        return Ok(());
    };
    let (id, secret) = value.to_str().ok().and_then(basic).ok_or_else(|| {
        Refused::from(GatewayError::OAuth {
            code: "invalid_client",
            detail:
                "the Authorization header must be Basic with client_id and client_secret, each \
                     form-encoded; without it they go into the body"
                    .to_owned(),
        })
    })?;
    if members.contains_key("client_secret") {
        return Err(invalid(
            "client_secret is in the body and in the Authorization header; send it in one of them"
                .to_owned(),
        ));
    }
    if members.get("client_id").is_some_and(|sent| *sent != id) {
        return Err(invalid(
            "client_id in the body is another than in the Authorization header".to_owned(),
        ));
    }
    members.insert("client_id".to_owned(), Value::String(id));
    if !secret.is_empty() {
        members.insert("client_secret".to_owned(), Value::String(secret));
    }
    Ok(())
}

/// Id and secret of a Basic header.
fn basic(header: &str) -> Option<(String, String)> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = STANDARD.decode(encoded.trim()).ok()?;
    let pair = String::from_utf8(pair).ok()?;
    let (id, secret) = pair.split_once(':')?;
    Some((decoded(id)?, decoded(secret)?))
}

/// A form-encoded text (RFC 6749, appendix B).
fn decoded(text: &str) -> Option<String> {
    let spaced = text.replace('+', " ");
    let decoded = percent_decode_str(&spaced).decode_utf8().ok()?;
    Some(decoded.into_owned())
}

fn invalid(detail: String) -> Refused {
    Refused::from(GatewayError::OAuth {
        code: "invalid_request",
        detail,
    })
}

/// What somebody sent, without repeating it: it may be a secret.
fn word(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_basic_header_is_form_encoded_inside() {
        let header = format!("basic {}", STANDARD.encode("a%3Ab:s%2Bx+y"));
        assert_eq!(basic(&header), Some(("a:b".to_owned(), "s+x y".to_owned())));
        for wrong in ["Bearer x", "Basic ???", "Basic", "Basic YWJj"] {
            assert_eq!(basic(wrong), None, "{wrong}");
        }
    }
}
