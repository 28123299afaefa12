//! What proves that a call is ours: the commerce API's headers, and those of the Standard Webhooks specification.
//!
//! Both sign with HMAC-SHA256 under the bytes of the shared secret as it is shown. `X-CommerceLayer-Signature` covers
//! the body alone; `webhook-signature` covers id, time and body, so it cannot be replayed later or as another event.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::Sha256;

/// What is signed besides the body.
#[derive(Debug, Clone, Copy)]
pub struct Signing<'a> {
    /// The secret that both sides know.
    pub secret: &'a str,
    /// What happened, or what is asked for.
    pub topic: &'a str,
    /// Identifies the message; the same in every attempt.
    pub id: &'a str,
    /// When this attempt is made.
    pub at: Timestamp,
}

impl Signing<'_> {
    /// The headers that sign `body`.
    #[must_use]
    pub fn headers(&self, body: &[u8]) -> [(&'static str, String); 5] {
        let seconds = self.at.as_second().to_string();
        let standard = digest(
            self.secret,
            &[self.id.as_bytes(), b".", seconds.as_bytes(), b".", body],
        );
        [
            ("x-commercelayer-topic", self.topic.to_owned()),
            ("x-commercelayer-signature", digest(self.secret, &[body])),
            ("webhook-id", self.id.to_owned()),
            ("webhook-timestamp", seconds),
            ("webhook-signature", format!("v1,{standard}")),
        ]
    }
}

/// base64(HMAC-SHA256) of `parts`, one after the other.
fn digest(secret: &str, parts: &[&[u8]]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any length is a key");
    for part in parts {
        mac.update(part);
    }
    STANDARD.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_headers_equal_what_openssl_computes() {
        // printf '{"a":1}' | openssl dgst -sha256 -hmac 0123456789abcdef0123456789abcdef -binary | base64
        // printf 'msg_1.1772442000.{"a":1}' | openssl dgst -sha256 -hmac 0123456789abcdef0123456789abcdef -binary | base64
        let signing = Signing {
            secret: "0123456789abcdef0123456789abcdef",
            topic: "orders.place",
            id: "msg_1",
            at: "2026-03-02T09:00:00Z".parse().unwrap(),
        };
        let expected = [
            ("x-commercelayer-topic", "orders.place"),
            (
                "x-commercelayer-signature",
                "8FRiRtqeI0kQDIRahWEhR4jXXZAPPAhqcvz6A7sfQqs=",
            ),
            ("webhook-id", "msg_1"),
            ("webhook-timestamp", "1772442000"),
            (
                "webhook-signature",
                "v1,Abu8IDLLe8F4xBAW5HODnyYByPoQQrbIdsRq81M/pKM=",
            ),
        ];
        let headers = signing.headers(br#"{"a":1}"#);
        assert_eq!(
            headers.map(|(name, value)| (name, value)),
            expected.map(|(name, value)| (name, value.to_owned()))
        );
    }
}
