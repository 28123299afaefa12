//! Access tokens as RS512 JWTs: the claims, and the key that signs and verifies them.
//!
//! Invariant: only `RS512` under our own key id verifies; the header's algorithm is never trusted.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{
    KeyPair as _, RSA_PKCS1_2048_8192_SHA512, RSA_PKCS1_SHA512, UnparsedPublicKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::error::GatewayError;

/// Longest token that is looked at, bytes. Ours: our own are below 2 KiB.
const TOKEN_BYTES: usize = 8 * 1024;

/// What a token says, under the published claim names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Claims {
    pub organization: OrganizationClaim,
    pub application: ApplicationClaim,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub market: Option<MarketClaim>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub owner: Option<OwnerClaim>,
    /// What somebody who spoke on behalf of the owner added.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub custom_claim: Option<Value>,
    /// What a back office may do, where that is not everything. Ours.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub role: Option<String>,
    pub scope: String,
    /// Machine time, seconds.
    pub exp: i64,
    /// Machine time, seconds.
    pub iat: i64,
    /// Makes every token different, and names it when it is revoked.
    pub rand: String,
    pub test: bool,
    pub iss: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OrganizationClaim {
    pub id: String,
    pub slug: String,
    pub enterprise: bool,
    pub region: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ApplicationClaim {
    pub id: String,
    pub client_id: String,
    pub kind: String,
    pub public: bool,
    pub confidential: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MarketClaim {
    pub id: Vec<String>,
    pub stock_location_ids: Vec<String>,
    /// Ours: the store in scope.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub store_id: Option<String>,
    pub geocoder_id: Option<String>,
    pub allows_external_prices: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OwnerClaim {
    pub id: String,
    #[serde(rename = "type")]
    pub kind: String,
}

/// The signing key and its name.
pub(crate) struct SigningKey {
    kid: String,
    pair: KeyPair,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("SigningKey")
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

impl SigningKey {
    /// A new 2048-bit key; takes a fraction of a second, never call it on an async thread.
    pub(crate) fn generate() -> Result<Self, GatewayError> {
        let pair = KeyPair::generate(KeySize::Rsa2048)
            .map_err(|_| GatewayError::Internal("no RSA key can be made".to_owned()))?;
        Ok(Self::named(pair))
    }

    /// The key from its stored form.
    pub(crate) fn from_pkcs8(der: &[u8]) -> Result<Self, GatewayError> {
        KeyPair::from_pkcs8(der)
            .map(Self::named)
            .map_err(|_| GatewayError::Internal("the stored signing key is unreadable".to_owned()))
    }

    /// The form to store: a secret.
    pub(crate) fn to_pkcs8(&self) -> Result<Vec<u8>, GatewayError> {
        let der: Pkcs8V1Der<'_> = self
            .pair
            .as_der()
            .map_err(|_| GatewayError::Internal("the signing key cannot be stored".to_owned()))?;
        Ok(der.as_ref().to_vec())
    }

    /// The public half as a JWK.
    pub(crate) fn jwk(&self) -> Value {
        let (modulus, exponent) =
            public_numbers(self.pair.public_key().as_ref()).unwrap_or_default();
        json!({
            "kty": "RSA", "use": "sig", "alg": "RS512", "kid": self.kid,
            "n": URL_SAFE_NO_PAD.encode(modulus), "e": URL_SAFE_NO_PAD.encode(exponent),
        })
    }

    /// The signed token.
    pub(crate) fn sign(&self, claims: &Claims) -> Result<String, GatewayError> {
        let header = json!({"alg": "RS512", "typ": "JWT", "kid": self.kid});
        let payload = serde_json::to_vec(claims).map_err(|error| {
            GatewayError::Internal(format!("claims cannot be written: {error}"))
        })?;
        let mut token = URL_SAFE_NO_PAD.encode(header.to_string());
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(payload, &mut token);
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(
                &RSA_PKCS1_SHA512,
                &unused_random(),
                token.as_bytes(),
                &mut signature,
            )
            .map_err(|_| GatewayError::Internal("a token cannot be signed".to_owned()))?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Ok(token)
    }

    /// What a token says, once its signature holds; expiry and issuer are the caller's to judge.
    pub(crate) fn read(&self, token: &str) -> Result<Claims, GatewayError> {
        let bad = |why: &str| GatewayError::InvalidToken(why.to_owned());
        if token.len() > TOKEN_BYTES {
            return Err(bad("it is too long"));
        }
        let (signed, signature) = token.rsplit_once('.').ok_or_else(|| bad("it is no JWT"))?;
        let (header, payload) = signed.split_once('.').ok_or_else(|| bad("it is no JWT"))?;
        let header: Value = decoded(header).ok_or_else(|| bad("its header is unreadable"))?;
        if header["alg"] != "RS512" || header["kid"] != self.kid.as_str() {
            return Err(bad("it was not signed by this server"));
        }
        let signature = URL_SAFE_NO_PAD
            .decode(signature)
            .map_err(|_| bad("its signature is unreadable"))?;
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA512, self.pair.public_key().as_ref())
            .verify(signed.as_bytes(), &signature)
            .map_err(|_| bad("its signature does not hold"))?;
        decoded(payload).ok_or_else(|| bad("its claims are unreadable"))
    }

    fn named(pair: KeyPair) -> Self {
        let digest =
            aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, pair.public_key().as_ref());
        Self {
            kid: super::secrets::hexadecimal(digest.as_ref()),
            pair,
        }
    }
}

fn decoded<T: serde::de::DeserializeOwned>(part: &str) -> Option<T> {
    let bytes = URL_SAFE_NO_PAD.decode(part).ok()?;
    serde_json::from_slice(&bytes).ok()
}

#[expect(
    clippy::disallowed_methods,
    reason = "PKCS#1 v1.5 signatures are deterministic; the library ignores the argument"
)]
fn unused_random() -> SystemRandom {
    SystemRandom::new()
}

/// Modulus and exponent out of the DER form `SEQUENCE { INTEGER n, INTEGER e }` (RFC 8017, A.1.1).
fn public_numbers(der: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let (sequence, _) = der_value(der, 0x30)?;
    let (modulus, rest) = der_value(sequence, 0x02)?;
    let (exponent, _) = der_value(rest, 0x02)?;
    let unsigned = |number: &[u8]| {
        number
            .iter()
            .skip_while(|byte| **byte == 0)
            .copied()
            .collect()
    };
    Some((unsigned(modulus), unsigned(exponent)))
}

/// The value of the element that `bytes` begins with, and what follows it.
fn der_value(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&[found, length], rest) = bytes.split_first_chunk::<2>()?;
    if found != tag {
        return None;
    }
    let (length, rest) = if length < 0x80 {
        (usize::from(length), rest)
    } else {
        let (digits, rest) = rest.split_at_checked(usize::from(length & 0x7f))?;
        let length = digits.iter().try_fold(0_usize, |sum, digit| {
            sum.checked_mul(256)?.checked_add(usize::from(*digit))
        })?;
        (length, rest)
    };
    rest.split_at_checked(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims() -> Claims {
        Claims {
            organization: OrganizationClaim {
                id: "org".into(),
                slug: "acme".into(),
                enterprise: false,
                region: "local".into(),
            },
            application: ApplicationClaim {
                id: "app".into(),
                client_id: "client".into(),
                kind: "sales_channel".into(),
                public: true,
                confidential: false,
            },
            market: None,
            owner: None,
            custom_claim: None,
            role: None,
            scope: "market:id:x".into(),
            exp: 2,
            iat: 1,
            rand: "r".into(),
            test: true,
            iss: "https://auth.example.com".into(),
        }
    }

    #[test]
    fn a_token_reads_back_and_a_changed_one_does_not() {
        let key = SigningKey::generate().unwrap();
        let token = key.sign(&claims()).unwrap();
        assert_eq!(key.read(&token).unwrap(), claims());
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let (header, _) = signed.split_once('.').unwrap();
        let other = URL_SAFE_NO_PAD.encode(r#"{"scope":"market:all"}"#);
        assert!(key.read(&format!("{header}.{other}.{signature}")).is_err());
        assert!(SigningKey::generate().unwrap().read(&token).is_err());
        let again = SigningKey::from_pkcs8(&key.to_pkcs8().unwrap()).unwrap();
        assert_eq!(again.read(&token).unwrap(), claims());
    }

    #[test]
    fn the_jwk_carries_the_modulus_of_2048_bits() {
        let jwk = SigningKey::generate().unwrap().jwk();
        let modulus = URL_SAFE_NO_PAD.decode(jwk["n"].as_str().unwrap()).unwrap();
        assert_eq!((modulus.len(), jwk["e"].as_str().unwrap()), (256, "AQAB"));
    }
}
