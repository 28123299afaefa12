//! Encryption of what must be given back later: signing keys and credentials of gateways.
//!
//! Invariant: a sealed text opens only under the same master key and for the same purpose; each carries its own
//! nonce.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kassa_environment::Entropy;
use secrecy::ExposeSecret;

use crate::error::GatewayError;
use crate::settings::Settings;

/// `secret`, encrypted for `purpose`, as text.
pub(crate) fn seal(
    settings: &Settings,
    entropy: &dyn Entropy,
    purpose: &str,
    secret: &[u8],
) -> Result<String, GatewayError> {
    let mut nonce = [0_u8; NONCE_LEN];
    entropy.fill(&mut nonce);
    let mut sealed = secret.to_vec();
    key(settings, purpose)?
        .seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(purpose.as_bytes()),
            &mut sealed,
        )
        .map_err(|_| GatewayError::Internal("a secret cannot be sealed".to_owned()))?;
    let mut bytes = nonce.to_vec();
    bytes.append(&mut sealed);
    Ok(STANDARD.encode(bytes))
}

/// What was sealed for `purpose`.
pub(crate) fn open(
    settings: &Settings,
    purpose: &str,
    sealed: &str,
) -> Result<Vec<u8>, GatewayError> {
    let unreadable = || {
        GatewayError::Internal(format!(
            "the sealed {purpose} does not open under this master key"
        ))
    };
    let bytes = STANDARD.decode(sealed).map_err(|_| unreadable())?;
    let (nonce, body) = bytes
        .split_first_chunk::<NONCE_LEN>()
        .ok_or_else(unreadable)?;
    let mut body = body.to_vec();
    let opened = key(settings, purpose)?
        .open_in_place(
            Nonce::assume_unique_for_key(*nonce),
            Aad::from(purpose.as_bytes()),
            &mut body,
        )
        .map_err(|_| unreadable())?;
    Ok(opened.to_vec())
}

/// The key for one purpose, derived from the master key.
fn key(settings: &Settings, purpose: &str) -> Result<LessSafeKey, GatewayError> {
    let failed = |_| GatewayError::Internal("no key can be derived".to_owned());
    let derived =
        Salt::new(HKDF_SHA256, b"kassa sealing 1").extract(settings.master_key.expose_secret());
    let mut bytes = [0_u8; 32];
    derived
        .expand(&[purpose.as_bytes()], HKDF_SHA256)
        .map_err(failed)?
        .fill(&mut bytes)
        .map_err(failed)?;
    UnboundKey::new(&AES_256_GCM, &bytes)
        .map(LessSafeKey::new)
        .map_err(failed)
}

#[cfg(test)]
mod tests {
    use kassa_environment::SeededEntropy;
    use secrecy::SecretBox;

    use super::*;

    fn settings(byte: u8) -> Settings {
        Settings {
            domain: "example.com".to_owned(),
            public_url: "https://example.com".to_owned(),
            klarna_test_url: None,
            master_key: SecretBox::new(Box::new([byte; 32])),
        }
    }

    #[test]
    fn a_seal_opens_for_its_key_and_purpose_only() {
        let sealed = seal(&settings(1), &SeededEntropy::new(1), "one", b"secret").unwrap();
        assert_eq!(open(&settings(1), "one", &sealed).unwrap(), b"secret");
        assert!(open(&settings(1), "two", &sealed).is_err());
        assert!(open(&settings(2), "one", &sealed).is_err());
    }
}
