//! Which Klarna, and as whom.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kassa_klarna_api::ApiPassword;

/// A host and the credentials of one merchant id there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KlarnaEndpoint {
    /// Scheme, host and port, e.g. `https://api.playground.klarna.com`; a path prefix is kept.
    pub base_url: String,
    /// As whom.
    pub credentials: Credentials,
}

/// Both generations of credentials. Klarna: docs/klarna/authentication.md.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credentials {
    /// User name (or the UUID issued with an API key) and password (or the API key).
    Pair {
        /// User name.
        username: String,
        /// Password.
        password: ApiPassword,
    },
    /// An API key on its own.
    Key(ApiPassword),
}

impl Credentials {
    /// The value of the `Authorization` header.
    #[must_use]
    pub fn authorization_header(&self) -> String {
        match self {
            Self::Pair { username, password } => {
                let pair = format!("{username}:{}", password.expose_secret());
                format!("Basic {}", STANDARD.encode(pair))
            }
            Self::Key(key) => format!("Basic {}", key.expose_secret()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_is_basic_authentication_and_a_key_is_sent_raw() {
        let pair = Credentials::Pair {
            username: "PK1".to_owned(),
            password: ApiPassword::new("secret"),
        };
        assert_eq!(pair.authorization_header(), "Basic UEsxOnNlY3JldA==");
        let key = Credentials::Key(ApiPassword::new("klarna_test_api_x"));
        assert_eq!(key.authorization_header(), "Basic klarna_test_api_x");
        assert!(!format!("{pair:?}").contains("secret\""));
    }
}
