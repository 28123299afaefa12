//! The token that the browser SDK is started with: a JSON web token in shape, opaque to shops.
//!
//! Invariant: it names its session and the address of the browser side, nothing secret, and fits in 4096 characters.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kassa_environment::Entropy;
use serde_json::{Value, json};

use super::ids;
use super::market::Market;

/// What goes into a token.
pub(crate) struct Claims<'a> {
    pub(crate) session_id: &'a str,
    pub(crate) public_url: &'a str,
    pub(crate) merchant_name: &'a str,
    pub(crate) market: &'a Market,
    pub(crate) locale: &'a str,
}

/// A three-part token with the claims of the public samples. The signature is noise: nobody verifies it.
pub(crate) fn mint(claims: &Claims<'_>, entropy: &dyn Entropy) -> String {
    let header = json!({"alg": "RS256", "kid": ids::uuid(entropy, 4)});
    let payload = json!({
        "session_id": claims.session_id,
        "base_url": format!("{}/{}/kp", claims.public_url, claims.market.region()),
        "design": "klarna",
        "language": claims.locale.split('-').next().unwrap_or("en"),
        "purchase_country": claims.market.country,
        "environment": "playground",
        "merchant_name": claims.merchant_name,
        "session_type": "PAYMENTS",
        "client_event_base_url": format!("{}/{}/kp/events", claims.public_url, claims.market.region()),
        "scheme": true,
        "experiments": [],
        "region": claims.market.region(),
    });
    let mut signature = [0u8; 64];
    entropy.fill(&mut signature);
    format!(
        "{}.{}.{}",
        part(&header),
        part(&payload),
        URL_SAFE_NO_PAD.encode(signature)
    )
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// The session that a token belongs to, read without looking at the signature.
#[must_use]
pub fn session_id(client_token: &str) -> Option<String> {
    let payload = client_token.split('.').nth(1)?;
    let bytes = URL_SAFE_NO_PAD.decode(payload).ok()?;
    let claims: Value = serde_json::from_slice(&bytes).ok()?;
    claims.get("session_id")?.as_str().map(str::to_owned)
}
