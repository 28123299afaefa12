//! Digests of random secrets, and password hashes.
//!
//! Invariant: no secret is stored in a form that gives it back; comparing takes the same time wherever the first
//! difference sits.

use std::fmt::Write as _;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use aws_lc_rs::hmac;
use kassa_environment::Entropy;
use secrecy::ExposeSecret;
use subtle::ConstantTimeEq;

use crate::error::GatewayError;
use crate::gateway::Gateway;
use crate::settings::Settings;

/// A password nobody has, hashed once: unknown customers cost as much time as wrong passwords.
const DUMMY: &str = "$argon2id$v=19$m=19456,t=2,p=1$a2Fzc2Ega2Fzc2Ega2E$\
    3tKQv6PpIrbn1QF6B4CktJZM1U8w8G5qgU0Vd6Yc3eA";

/// Longest password that is hashed, in bytes. Ours: longer ones only cost time.
pub(crate) const PASSWORD_BYTES: usize = 1024;

/// The keyed SHA-256 of a random secret or token, in hexadecimal. Such secrets carry 256 bits, so they need no
/// slow hash; the key keeps a stolen database from being matched with guesses.
pub(crate) fn digest(settings: &Settings, purpose: &str, secret: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, settings.master_key.expose_secret());
    let mut context = hmac::Context::with_key(&key);
    context.update(purpose.as_bytes());
    context.update(&[0]);
    context.update(secret.as_bytes());
    hexadecimal(context.sign().as_ref())
}

/// Whether `secret` is the one behind `stored`.
pub(crate) fn digest_matches(
    settings: &Settings,
    purpose: &str,
    secret: &str,
    stored: &str,
) -> bool {
    let shown = digest(settings, purpose, secret);
    shown.as_bytes().ct_eq(stored.as_bytes()).into()
}

/// Lower-case hexadecimal.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The Argon2id hash of a password under a fresh salt; slow on purpose, never call it on an async thread.
pub(crate) fn hash_password(entropy: &dyn Entropy, password: &str) -> Result<String, GatewayError> {
    let mut salt = [0_u8; 16];
    entropy.fill(&mut salt);
    Argon2::default()
        .hash_password_with_salt(password.as_bytes(), &salt)
        .map(|hash| hash.to_string())
        .map_err(|error| GatewayError::Internal(format!("a password cannot be hashed: {error}")))
}

fn password_matches(password: &str, stored: &str) -> bool {
    PasswordHash::new(stored).is_ok_and(|hash| {
        Argon2::default()
            .verify_password(password.as_bytes(), &hash)
            .is_ok()
    })
}

impl Gateway {
    /// The stored form of a customer's new password.
    pub(crate) async fn password_hash(&self, password: String) -> Result<String, GatewayError> {
        let entropy = self.entropy.clone();
        self.slowly(move || hash_password(entropy.as_ref(), &password))
            .await?
    }

    /// Whether `password` is the one behind `stored`; without a stored one the same work is done for nothing.
    pub(crate) async fn password_holds(
        &self,
        password: String,
        stored: Option<String>,
    ) -> Result<bool, GatewayError> {
        if password.len() > PASSWORD_BYTES {
            return Ok(false);
        }
        self.slowly(move || match stored {
            Some(stored) => password_matches(&password, &stored),
            None => {
                password_matches(&password, DUMMY);
                false
            }
        })
        .await
    }

    /// Runs slow work on a blocking thread, few at a time, so that logins cannot starve the rest.
    async fn slowly<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, GatewayError> {
        let failed = || GatewayError::Unavailable("no thread to hash a password on".to_owned());
        let _permit = self.access.hashing.acquire().await.map_err(|_| failed())?;
        tokio::task::spawn_blocking(work)
            .await
            .map_err(|_| failed())
    }
}

#[cfg(test)]
mod tests {
    use kassa_environment::SeededEntropy;

    use super::*;

    #[test]
    fn a_password_matches_its_own_hash_only() {
        let hash = hash_password(&SeededEntropy::new(1), "correct horse").unwrap();
        assert!(hash.starts_with("$argon2id$"));
        assert!(password_matches("correct horse", &hash));
        assert!(!password_matches("battery staple", &hash));
        assert!(PasswordHash::new(DUMMY).is_ok());
    }
}
