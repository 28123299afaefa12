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
    /// Encrypts credentials at rest and keys the digests of secrets.
    pub master_key: SecretBox<[u8; 32]>,
}
