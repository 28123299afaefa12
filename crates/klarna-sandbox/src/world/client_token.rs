//! The token that the browser SDK is started with: a JSON web token in shape, opaque to shops.
//!
//! Invariant: it names its session and the address of the browser side, nothing secret, and fits in 4096 characters.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kassa_environment::Entropy;
use serde::Serialize;
use serde_json::Value;

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

#[derive(Serialize)]
struct Header {
    alg: &'static str,
    kid: String,
}

/// In the order of the public samples.
#[derive(Serialize)]
struct Payload<'a> {
    session_id: &'a str,
    base_url: String,
    design: &'static str,
    language: &'a str,
    purchase_country: &'a str,
    environment: &'static str,
    merchant_name: &'a str,
    session_type: &'static str,
    client_event_base_url: String,
    scheme: bool,
    experiments: [(); 0],
    region: &'static str,
}

/// A three-part token with the claims of the public samples. The signature is noise: nobody verifies it.
pub(crate) fn mint(claims: &Claims<'_>, entropy: &dyn Entropy) -> String {
    let header = Header {
        alg: "RS256",
        kid: ids::uuid(entropy, 4),
    };
    let region = claims.market.region();
    let base_url = format!("{}/{region}/kp", claims.public_url);
    let payload = Payload {
        session_id: claims.session_id,
        client_event_base_url: format!("{base_url}/events"),
        base_url,
        design: "klarna",
        language: claims.locale.split('-').next().unwrap_or("en"),
        purchase_country: claims.market.country,
        environment: "playground",
        merchant_name: claims.merchant_name,
        session_type: "PAYMENTS",
        scheme: true,
        experiments: [],
        region,
    };
    let mut signature = [0u8; 64];
    entropy.fill(&mut signature);
    format!(
        "{}.{}.{}",
        part(&header),
        part(&payload),
        URL_SAFE_NO_PAD.encode(signature)
    )
}

fn part(claims: &impl Serialize) -> String {
    let text = serde_json::to_vec(claims).expect("plain data with text keys becomes JSON");
    URL_SAFE_NO_PAD.encode(text)
}

/// The session that a token belongs to, read without looking at the signature.
#[must_use]
pub fn session_id(client_token: &str) -> Option<String> {
    let payload = client_token.split('.').nth(1)?;
    let bytes = URL_SAFE_NO_PAD.decode(payload).ok()?;
    let claims: Value = serde_json::from_slice(&bytes).ok()?;
    claims.get("session_id")?.as_str().map(str::to_owned)
}
