//! What the gateway is told at start: names, addresses and the key that guards secrets at rest.
//!
//! Invariant: settings never change while the program runs; reading configuration is the binary's business.

use secrecy::SecretBox;

/// Settings of a gateway.
#[derive(Debug)]
pub struct Settings {
    /// The domain below which organizations are reached (`<slug>.<domain>`, `auth.<domain>`); the tokens' issuer
    /// is `https://auth.<domain>`.
    pub domain: String,
    /// Where the world reaches this gateway, without a trailing slash; Klarna's callbacks are built on it.
    pub public_url: String,
    /// Where every test-mode Klarna call goes, without a trailing slash: a sandbox's address. `None` is Klarna's own
    /// playground of the gateway's region. It lives here and not in the records because a demo's sandbox may have
    /// another port at each start; live mode never reads it.
    pub klarna_test_url: Option<String>,
    /// Encrypts credentials at rest and keys the digests of secrets.
    pub master_key: SecretBox<[u8; 32]>,
}
