//! Assertions of the jwt-bearer grant: whom a client wants to speak for.
//!
//! Invariant: an assertion proves nothing, because everybody knows its key; it is read only after the client has shown
//! its secret.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::issue::Owner;

/// The fixed key that the published libraries sign with. Source: commerce-api, section b.
const PUBLIC_KEY: &[u8] = b"cl";
/// Longest assertion, bytes. Source: commerce-api, section b.
const ASSERTION_BYTES: usize = 4 * 1024;
/// The claim that carries owner and custom claim. Source: commerce-api, section b.
const CLAIMS: &str = "https://commercelayer.io/claims";

/// What an assertion says.
#[derive(Debug, PartialEq)]
pub(super) struct Assertion {
    pub owner: Owner,
    pub custom_claim: Option<Value>,
}

/// Reads an assertion at machine time `now` (seconds).
///
/// # Errors
/// What is wrong with it, as a sentence about "the assertion".
pub(super) fn read(sent: &str, now: i64) -> Result<Assertion, String> {
    if sent.len() > ASSERTION_BYTES {
        return Err(format!(
            "has {} bytes; at most {ASSERTION_BYTES} are read",
            sent.len()
        ));
    }
    let no_jwt = || "is no JWT".to_owned();
    let (signed, signature) = sent.rsplit_once('.').ok_or_else(no_jwt)?;
    let (header, payload) = signed.split_once('.').ok_or_else(no_jwt)?;
    if decoded(header).ok_or_else(no_jwt)?["alg"] != "HS512" {
        return Err("must be signed with HS512".to_owned());
    }
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| no_jwt())?;
    let key = hmac::Key::new(hmac::HMAC_SHA512, PUBLIC_KEY);
    hmac::verify(&key, signed.as_bytes(), &signature)
        .map_err(|_| "is not signed with the published key".to_owned())?;
    let payload = decoded(payload).ok_or_else(no_jwt)?;
    if payload["exp"].as_i64().is_some_and(|exp| exp <= now) {
        return Err("has expired".to_owned());
    }
    let claims = &payload[CLAIMS];
    let owner = &claims["owner"];
    let id = owner["id"].as_str().filter(|id| !id.is_empty());
    let id = id.ok_or_else(|| format!("must name owner.id under {CLAIMS}"))?;
    let owner = match owner["type"].as_str() {
        Some("Customer") => Owner::Customer(id.to_owned()),
        Some("User") => Owner::User(id.to_owned()),
        _ => return Err("must say whether owner.type is Customer or User".to_owned()),
    };
    let custom_claim = match &claims["custom_claim"] {
        Value::Null => None,
        Value::Object(claim) => Some(Value::Object(claim.clone())),
        _ => return Err("has a custom_claim that is no object".to_owned()),
    };
    Ok(Assertion {
        owner,
        custom_claim,
    })
}

fn decoded(part: &str) -> Option<Value> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn signed(header: &Value, payload: &Value, key: &[u8]) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let text = format!("{}.{}", part(header), part(payload));
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA512, key), text.as_bytes());
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(tag))
    }

    fn of(payload: &Value) -> Result<Assertion, String> {
        let header = json!({"alg": "HS512", "typ": "JWT"});
        read(&signed(&header, payload, PUBLIC_KEY), 100)
    }

    #[test]
    fn an_owner_and_a_custom_claim() {
        let said = of(&json!({"iat": 1, CLAIMS: {
            "owner": {"type": "Customer", "id": "aBc"}, "custom_claim": {"tier": "gold"},
        }}));
        let expected = Assertion {
            owner: Owner::Customer("aBc".to_owned()),
            custom_claim: Some(json!({"tier": "gold"})),
        };
        assert_eq!(said.unwrap(), expected);
    }

    #[test]
    fn what_is_refused_says_why() {
        let owner = json!({"owner": {"type": "User", "id": "aBc"}});
        let payload = json!({CLAIMS: owner});
        let header = json!({"alg": "HS512"});
        assert!(read(&signed(&header, &payload, PUBLIC_KEY), 100).is_ok());
        for (sent, why) in [
            ("nonsense".to_owned(), "no JWT"),
            ("a.b.c".to_owned(), "no JWT"),
            ("x".repeat(ASSERTION_BYTES + 1), "at most"),
            (signed(&header, &payload, b"other"), "published key"),
            (
                signed(&json!({"alg": "none"}), &payload, PUBLIC_KEY),
                "HS512",
            ),
        ] {
            let refused = read(&sent, 100).unwrap_err();
            assert!(refused.contains(why), "{refused}");
        }
        for (payload, why) in [
            (json!({}), "owner.id"),
            (json!({CLAIMS: {"owner": {"type": "User"}}}), "owner.id"),
            (
                json!({CLAIMS: {"owner": {"type": "Robot", "id": "a"}}}),
                "owner.type",
            ),
            (
                json!({CLAIMS: {"owner": {"type": "User", "id": "a"}, "custom_claim": 7}}),
                "custom_claim",
            ),
            (json!({CLAIMS: owner, "exp": 100}), "expired"),
        ] {
            let refused = of(&payload).unwrap_err();
            assert!(refused.contains(why), "{refused}");
        }
    }
}
