//! Who may look: this machine, or whoever knows the key.
//!
//! Invariant: without a key nothing is shown to another machine, nor to a page of another site that a browser on
//! this machine was lured to (the host must be one of ours).

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use subtle::ConstantTimeEq;

/// Options of [`crate::router()`].
#[derive(Clone, Default)]
pub struct DashboardOptions {
    /// The password (any user name) that opens the dashboard to other machines. Without it only this machine may
    /// look.
    pub key: Option<String>,
}

impl std::fmt::Debug for DashboardOptions {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("DashboardOptions")
            .field("key", &self.key.as_ref().map(|_| "[hidden]"))
            .finish()
    }
}

/// What the guard knows.
#[derive(Debug)]
pub(crate) struct Guard {
    pub(crate) options: DashboardOptions,
    /// The gateway's own domain, whose hosts are ours.
    pub(crate) domain: String,
}

/// The middleware around every page.
pub(crate) async fn guard(
    State(guard): State<Arc<Guard>>,
    request: Request,
    next: Next,
) -> Response {
    let peer = request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .map(|peer| peer.0.ip());
    let allowed = match &guard.options.key {
        Some(key) => knows_key(request.headers(), key),
        None => is_here(peer, request.headers(), &guard.domain),
    };
    if allowed {
        let mut response = next.run(request).await;
        protect(response.headers_mut());
        return response;
    }
    match guard.options.key {
        Some(_) => (
            StatusCode::UNAUTHORIZED,
            [(
                header::WWW_AUTHENTICATE,
                "Basic realm=\"dashboard\", charset=\"UTF-8\"",
            )],
            "the dashboard asks for its key as the password\n",
        )
            .into_response(),
        None => (
            StatusCode::FORBIDDEN,
            "the dashboard is open to this machine only; configure a dashboard key to open it\n",
        )
            .into_response(),
    }
}

fn knows_key(headers: &HeaderMap, key: &str) -> bool {
    let given = || {
        let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
        let (scheme, encoded) = value.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let pair = STANDARD.decode(encoded.trim()).ok()?;
        let colon = pair.iter().position(|byte| *byte == b':')?;
        Some(pair[colon + 1..].to_vec())
    };
    !key.is_empty() && given().is_some_and(|given| given.ct_eq(key.as_bytes()).into())
}

fn is_here(peer: Option<IpAddr>, headers: &HeaderMap, domain: &str) -> bool {
    // A proxy on this machine brings strangers in from its loopback address.
    let proxied = headers.contains_key("x-forwarded-for") || headers.contains_key("forwarded");
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or_default();
    peer.is_some_and(|peer| peer.to_canonical().is_loopback())
        && !proxied
        && is_our_host(host, domain)
}

fn is_our_host(host: &str, domain: &str) -> bool {
    let name = |text: &str| {
        let name = match text.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => text,
        };
        name.trim_matches(['[', ']']).to_ascii_lowercase()
    };
    let (host, domain) = (name(host), name(domain));
    host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
        || host == "localhost"
        || host.ends_with(".localhost")
        || host == domain
        || host
            .strip_suffix(&domain)
            .is_some_and(|rest| rest.ends_with('.'))
}

/// Pages show personal data: nobody may keep, frame or be told about them.
fn protect(headers: &mut HeaderMap) {
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (http::HeaderName::from_static(name), value.parse().unwrap()))
            .collect()
    }

    #[test]
    fn without_a_key_only_this_machine_may_look() {
        let here = Some(IpAddr::from([127, 0, 0, 1]));
        let there = Some(IpAddr::from([10, 0, 0, 7]));
        for (peer, pairs, allowed) in [
            (here, vec![("host", "127.0.0.1:8080")], true),
            (here, vec![("host", "acme.kassa.test:8080")], true),
            (here, vec![("host", "[::1]:8080")], true),
            (here, vec![("host", "attacker.example.com")], false),
            (
                here,
                vec![("host", "localhost"), ("x-forwarded-for", "10.0.0.7")],
                false,
            ),
            (there, vec![("host", "localhost")], false),
            (None, vec![("host", "localhost")], false),
        ] {
            assert_eq!(
                is_here(peer, &headers(&pairs), "kassa.test"),
                allowed,
                "{peer:?} {pairs:?}"
            );
        }
    }

    #[test]
    fn the_key_is_a_basic_password() {
        let with = |text: &str| headers(&[("authorization", text)]);
        let pair = STANDARD.encode("anyone:open sesame");
        assert!(knows_key(&with(&format!("Basic {pair}")), "open sesame"));
        assert!(!knows_key(&with(&format!("Basic {pair}")), "open"));
        assert!(!knows_key(&with(&format!("Bearer {pair}")), "open sesame"));
        assert!(!knows_key(&HeaderMap::new(), ""));
    }
}
