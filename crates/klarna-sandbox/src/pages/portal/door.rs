//! Who may enter the portal: whoever knows a world's credentials, and whose browser sent a form.
//!
//! Invariant: a cookie opens the one world it was made for, ends after half a day, with the process, with the
//! credentials that it was made from, and with its visitor's signing out, whoever has a copy of it; it cannot be read by scripts nor sent by another site. What changes something needs
//! the cookie and a token bound to it: a header with credentials, which browsers repeat by themselves, only reads.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::ConnectInfo;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, header};
use jiff::Timestamp;
use kassa_environment::{Entropy, base62};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use crate::Sandbox;
use crate::registry::Number;
use crate::slot::SharedSlot;

/// The cookie's name.
const COOKIE: &str = "kassa_portal";
/// How long a visit lasts, in seconds of the machine's clock.
const VISIT_SECONDS: i64 = 12 * 3600;

/// Makes and checks cookies. Its key lives as long as the process.
pub(super) struct Door {
    key: [u8; 32],
    ended: Mutex<Ended>,
}

/// Visits that ended before their time: when they would have, and what names them. Nothing is remembered longer.
type Ended = BTreeSet<(i64, String)>;

/// What a valid cookie says.
struct Proof {
    number: Number,
    until: i64,
    nonce: String,
    csrf: String,
}

/// Someone who was let in.
#[derive(Clone)]
pub(super) struct Visitor {
    /// The world.
    pub(super) slot: SharedSlot,
    /// The token that forms must carry; `None` for a visitor by header, who may only look.
    pub(super) csrf: Option<String>,
}

impl Door {
    pub(super) fn new(entropy: &dyn Entropy) -> Self {
        let mut key = [0; 32];
        entropy.fill(&mut key);
        Self {
            key,
            ended: Mutex::default(),
        }
    }

    /// The visitor of a valid cookie.
    pub(super) async fn by_cookie(
        &self,
        sandbox: &Arc<Sandbox>,
        headers: &HeaderMap,
    ) -> Option<Visitor> {
        let proof = self.proven(sandbox, headers)?;
        let slot = loaded(sandbox, proof.number).await?;
        Some(Visitor {
            slot,
            csrf: Some(proof.csrf),
        })
    }

    /// The visitor signs out: their cookie opens nothing any more, nor does a copy of it.
    pub(super) fn end(&self, sandbox: &Sandbox, headers: &HeaderMap) {
        let Some(proof) = self.proven(sandbox, headers) else {
            return;
        };
        let now = sandbox.clock.now().as_second();
        let mut ended = self.ended();
        *ended = ended.split_off(&(now, String::new()));
        ended.insert((proof.until, proof.nonce));
    }

    fn ended(&self) -> MutexGuard<'_, Ended> {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The world that a cookie proves its right to, and the token of its forms. Nothing is read from disk for a cookie
    /// that proves nothing.
    fn proven(&self, sandbox: &Sandbox, headers: &HeaderMap) -> Option<Proof> {
        let cookies = headers.get_all(header::COOKIE).iter();
        let mut values = cookies
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='));
        values.find_map(|value| self.of_value(sandbox, value))
    }

    fn of_value(&self, sandbox: &Sandbox, value: &str) -> Option<Proof> {
        let mut parts = value.split('.');
        let (world, until, nonce, seal) =
            (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let ends = until.parse::<i64>().ok()?;
        let expired = ends <= sandbox.clock.now().as_second();
        let name = String::from_utf8(URL_SAFE_NO_PAD.decode(world).ok()?).ok()?;
        let number = sandbox.registry.by_username(&name)?;
        let expected = self.seal(sandbox, number, until, nonce)?;
        let sound = bool::from(seal.as_bytes().ct_eq(expected.as_bytes()));
        if !sound || expired || parts.next().is_some() {
            return None;
        }
        let proof = Proof {
            number,
            until: ends,
            nonce: nonce.to_owned(),
            csrf: self.mac(&["form", seal]),
        };
        let left = self.ended().contains(&(ends, proof.nonce.clone()));
        (!left).then_some(proof)
    }

    /// A new visit to a world: the visitor, and the header that makes the browser remember.
    pub(super) async fn open(
        &self,
        sandbox: &Arc<Sandbox>,
        number: Number,
    ) -> Option<(Visitor, HeaderValue)> {
        let slot = loaded(sandbox, number).await?;
        let now: Timestamp = sandbox.clock.now();
        let until = now.as_second().saturating_add(VISIT_SECONDS).to_string();
        let nonce = base62(&*sandbox.entropy, 22);
        let seal = self.seal(sandbox, number, &until, &nonce)?;
        let world = URL_SAFE_NO_PAD.encode(slot.world_name());
        let value = format!("{world}.{until}.{nonce}.{seal}");
        let visitor = Visitor {
            csrf: Some(self.mac(&["form", &seal])),
            slot,
        };
        Some((visitor, cookie(sandbox, &value, VISIT_SECONDS)))
    }

    /// The header that makes the browser forget.
    pub(super) fn forgotten(sandbox: &Sandbox) -> HeaderValue {
        cookie(sandbox, "", 0)
    }

    /// Whether a form carries the token of its visitor.
    pub(super) fn takes(visitor: &Visitor, sent: &str) -> bool {
        visitor
            .csrf
            .as_ref()
            .is_some_and(|token| token.as_bytes().ct_eq(sent.as_bytes()).into())
    }

    /// Binds a cookie to the credentials of its world: new credentials end old visits.
    fn seal(&self, sandbox: &Sandbox, number: Number, until: &str, nonce: &str) -> Option<String> {
        sandbox.registry.look(number, |known| {
            self.mac(&["visit", known.username(), &known.seal(), until, nonce])
        })
    }

    /// Parts are counted and measured, so that none can pass for its neighbour.
    fn mac(&self, parts: &[&str]) -> String {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.key) else {
            // An HMAC takes keys of any length.
            return String::new();
        };
        for part in parts {
            mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            mac.update(part.as_bytes());
        }
        URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
    }
}

/// The world, read from disk where it is not in memory.
async fn loaded(sandbox: &Arc<Sandbox>, number: Number) -> Option<SharedSlot> {
    let slot = sandbox.world(number).await;
    slot.inspect_err(|error| tracing::error!(%error, "a world cannot be loaded"))
        .ok()
}

fn cookie(sandbox: &Sandbox, value: &str, seconds: i64) -> HeaderValue {
    let secure = match sandbox.public_url().starts_with("https://") {
        true => "; Secure",
        false => "",
    };
    let text = format!(
        "{COOKIE}={value}; Path=/portal; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}"
    );
    // Every part is base64, digits or letters.
    HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// Whether a request comes from this machine, straight, and to a name of this machine: a page of another site that
/// was given our address by its name server says its own name.
pub(super) fn is_here(parts: &Parts) -> bool {
    let peer = parts
        .extensions
        .get::<ConnectInfo<SocketAddr>>()
        .map(|peer| peer.0.ip());
    let proxied = ["forwarded", "x-forwarded-for"]
        .iter()
        .any(|name| parts.headers.contains_key(*name));
    let host = text(&parts.headers, header::HOST).unwrap_or_default();
    peer.is_some_and(|peer| peer.to_canonical().is_loopback()) && !proxied && is_own_name(host)
}

/// Whether a form was sent by a page of ours, as far as the browser says.
pub(super) fn is_own_page(headers: &HeaderMap) -> bool {
    let host = text(headers, header::HOST).unwrap_or_default();
    match text(headers, header::ORIGIN) {
        None => true,
        Some(origin) => origin
            .split_once("://")
            .is_some_and(|(_, authority)| authority.eq_ignore_ascii_case(host)),
    }
}

fn is_own_name(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let name = name.trim_matches(['[', ']']).to_ascii_lowercase();
    name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
        || name == "localhost"
        || name.ends_with(".localhost")
}

pub(super) fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_are_its_own() {
        for (host, own) in [
            ("127.0.0.1:8090", true),
            ("[::1]:8090", true),
            ("localhost", true),
            ("klarna.localhost:80", true),
            ("attacker.example.com", false),
            ("127.0.0.1.example.com", false),
            ("", false),
        ] {
            assert_eq!(is_own_name(host), own, "{host}");
        }
    }

    #[test]
    fn a_form_of_another_origin_is_not_ours() {
        let headers = |origin: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_static("127.0.0.1:8090"));
            headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
            headers
        };
        assert!(is_own_page(&headers("http://127.0.0.1:8090")));
        assert!(!is_own_page(&headers("http://127.0.0.1:8080")));
        assert!(!is_own_page(&headers("null")));
    }
}
