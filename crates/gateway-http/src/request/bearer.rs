//! Who asks: the bearer token, and whether it belongs to the host it was sent to.
//!
//! Invariant: on a host that names an organization only tokens of that organization are served.

use http::{HeaderMap, header};
use kassa_gateway::{Caller, Gateway, GatewayError};

use crate::request::origin::{Label, Origin};

/// The caller behind the request's token.
pub(crate) async fn caller(
    gateway: &Gateway,
    headers: &HeaderMap,
    origin: &Origin,
    trace_id: &str,
) -> Result<Caller, GatewayError> {
    let token = token(headers)?;
    let caller = gateway.verify(token, trace_id.to_owned()).await?;
    match origin.label(&gateway.settings().domain) {
        Label::Organization(slug) if slug != caller.organization_slug.to_ascii_lowercase() => {
            Err(GatewayError::Denied(format!(
                "the token belongs to another organization than {slug}"
            )))
        }
        Label::Organization(_) | Label::Auth | Label::Bare => Ok(caller),
    }
}

fn token(headers: &HeaderMap) -> Result<&str, GatewayError> {
    let missing =
        || GatewayError::InvalidToken("send it as `Authorization: Bearer <token>`".into());
    let value = headers
        .get(header::AUTHORIZATION)
        .ok_or_else(missing)?
        .to_str()
        .map_err(|_| missing())?;
    let (scheme, token) = value.split_once(' ').ok_or_else(missing)?;
    if scheme.eq_ignore_ascii_case("bearer") && !token.trim().is_empty() {
        Ok(token.trim())
    } else {
        Err(missing())
    }
}
