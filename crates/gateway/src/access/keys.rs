//! The signing key's life: found in the store or made at first start, beside everything else.
//!
//! Invariant: all processes over one store sign with one key; whoever writes it first wins, the others read it.

use std::sync::Arc;

use kassa_storage::{Guard, Key, Put, Realm, Record, Scope};
use serde_json::{Map, Value, json};

use super::jwt::SigningKey;
use crate::error::GatewayError;
use crate::gateway::{Gateway, Outcome};
use crate::sealing;

/// The type of the record that keeps the key.
const KIND: &str = "signing_keys";
/// What the private key is sealed for.
const PURPOSE: &str = "signing key";

/// The realm of what belongs to no organization: keys, and the claims that lead to an organization.
pub(crate) fn platform() -> Realm {
    Realm::new("platform", false)
}

impl Gateway {
    /// Makes the signing key ready without waiting for it; only the first token does.
    pub fn prepare_keys(self: &Arc<Self>) {
        let gateway = Arc::clone(self);
        tokio::spawn(async move {
            if let Err(error) = gateway.signing_key().await {
                tracing::warn!(%error, "the signing key is not ready, the next token tries again");
            }
        });
    }

    /// The signing key, once it is there.
    pub(super) async fn signing_key(&self) -> Result<&SigningKey, GatewayError> {
        self.access
            .key
            .get_or_try_init(|| async {
                match self.stored_key().await? {
                    Some(key) => Ok(key),
                    None => self.first_key().await,
                }
            })
            .await
    }

    async fn stored_key(&self) -> Result<Option<SigningKey>, GatewayError> {
        let mut snapshot = self.snapshot(&Scope::realm(platform())).await?;
        let Some(record) = snapshot.record(&Key::new(KIND, "current")).await? else {
            return Ok(None);
        };
        let sealed = record.text("private_key").unwrap_or_default();
        SigningKey::from_pkcs8(&sealing::open(&self.settings, PURPOSE, sealed)?).map(Some)
    }

    async fn first_key(&self) -> Result<SigningKey, GatewayError> {
        let key = tokio::task::spawn_blocking(SigningKey::generate)
            .await
            .map_err(|_| GatewayError::Unavailable("no thread to make a key on".to_owned()))??;
        let private_key = sealing::seal(
            &self.settings,
            self.entropy.as_ref(),
            PURPOSE,
            &key.to_pkcs8()?,
        )?;
        let mut body = Map::new();
        body.insert("private_key".to_owned(), Value::String(private_key));
        let mut set = self.change_set(&platform());
        set.puts.push(Put {
            record: Record::root(Key::new(KIND, "current"), body, self.machine.now_us()),
            guard: Guard::New,
        });
        if self.commit(set).await? == Outcome::Done {
            return Ok(key);
        }
        self.stored_key().await?.ok_or_else(|| {
            GatewayError::Unavailable("the signing key is being written elsewhere".to_owned())
        })
    }

    /// The public keys that verify access tokens, as a JWK set.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn jwks(&self) -> Result<Value, GatewayError> {
        Ok(json!({ "keys": [self.signing_key().await?.jwk()] }))
    }
}
