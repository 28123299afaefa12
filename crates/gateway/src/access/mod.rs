//! Who may come in: applications, tokens and the keys that sign them.
//!
//! Invariant: tokens live in machine time; a moved business clock ends no session of a person.

pub(crate) mod application;
mod assertion;
mod authorization;
mod grant;
mod issue;
mod jwt;
pub(crate) mod keys;
mod scope;
pub(crate) mod secrets;
pub(crate) mod sweep;
pub(crate) mod user;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use kassa_storage::{ClaimKey, Guard, Key, Put, Realm, Record, Scope};
use serde::{Deserialize, Serialize};
use serde_json::{Map, json};
use sha2::{Digest as _, Sha256};
use tokio::sync::{OnceCell, Semaphore};

pub use self::authorization::{AuthorizationRefusal, AuthorizationRequest, Consent};
use self::jwt::{Claims, SigningKey};
use crate::caller::{Caller, Role};
use crate::error::GatewayError;
use crate::gateway::{Gateway, Outcome};

/// Passwords hashed at the same moment: each takes about 20 MiB and a core.
const HASHING_AT_ONCE: usize = 2;

/// Tokens whose signature is remembered to hold.
const PROVED: usize = 8_192;

/// State of token issuing that is shared by all requests.
#[derive(Debug)]
pub(crate) struct Access {
    key: OnceCell<SigningKey>,
    hashing: Semaphore,
    issued: Mutex<HashMap<String, IssuedToken>>,
    /// What tokens say whose signature was checked, by their digest. Expiry and revocation are judged at every call.
    proved: Mutex<HashMap<[u8; 32], Arc<Claims>>>,
}

impl Default for Access {
    fn default() -> Self {
        Self {
            key: OnceCell::new(),
            hashing: Semaphore::new(HASHING_AT_ONCE),
            issued: Mutex::default(),
            proved: Mutex::default(),
        }
    }
}

impl Access {
    /// A token issued before for the same client and scope that lives beyond `until` (seconds).
    fn remembered(&self, name: &str, until: i64) -> Option<IssuedToken> {
        let issued = self.issued.lock().unwrap_or_else(PoisonError::into_inner);
        issued
            .get(name)
            .filter(|token| token.created_at + token.expires_in > until)
            .cloned()
    }

    fn remember(&self, name: String, token: IssuedToken, at_most: usize) {
        let mut issued = self.issued.lock().unwrap_or_else(PoisonError::into_inner);
        if issued.len() >= at_most {
            issued.clear();
        }
        issued.insert(name, token);
    }

    /// What a token says, once `check` has found that its signature holds; a token is checked once.
    fn proved(
        &self,
        bearer: &str,
        check: impl FnOnce() -> Result<Claims, GatewayError>,
    ) -> Result<Arc<Claims>, GatewayError> {
        let digest: [u8; 32] = Sha256::digest(bearer).into();
        let proved = || self.proved.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = proved().get(&digest) {
            return Ok(Arc::clone(known));
        }
        let claims = Arc::new(check()?);
        let mut known = proved();
        if known.len() >= PROVED {
            known.clear();
        }
        known.insert(digest, Arc::clone(&claims));
        Ok(claims)
    }

    fn forget(&self, access_token: &str) {
        let mut issued = self.issued.lock().unwrap_or_else(PoisonError::into_inner);
        issued.retain(|_, token| token.access_token != access_token);
    }
}

/// The body of `POST /oauth/token`.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct TokenRequest {
    /// `client_credentials`, `password`, `refresh_token`, `authorization_code`, the one of jwt-bearer, or another that
    /// is refused.
    pub grant_type: String,
    /// The application.
    pub client_id: String,
    /// Its secret; sales channels need it only to speak on behalf of customers.
    pub client_secret: Option<String>,
    /// `market:id:<id>`, `market:code:<code>`, the same of `store` and `stock_location`, `market:all`; several are
    /// separated by spaces.
    pub scope: Option<String>,
    /// The customer's email (password grant).
    pub username: Option<String>,
    /// The customer's password (password grant).
    pub password: Option<String>,
    /// The token to rotate (refresh grant).
    pub refresh_token: Option<String>,
    /// What a user's consent made (code grant).
    pub code: Option<String>,
    /// Where the code was sent (code grant).
    pub redirect_uri: Option<String>,
    /// What the code's challenge was made from (code grant with PKCE).
    pub code_verifier: Option<String>,
    /// Whom the client speaks for (jwt-bearer grant).
    pub assertion: Option<String>,
}

impl std::fmt::Debug for TokenRequest {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("TokenRequest")
            .field("grant_type", &self.grant_type)
            .field("client_id", &self.client_id)
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}

/// The body of `POST /oauth/revoke`.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct RevokeRequest {
    /// The application.
    pub client_id: Option<String>,
    /// Its secret.
    pub client_secret: Option<String>,
    /// The access or refresh token to end.
    pub token: String,
}

impl std::fmt::Debug for RevokeRequest {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("RevokeRequest")
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

/// The answer of the token endpoint.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct IssuedToken {
    /// The JWT.
    pub access_token: String,
    /// `Bearer`.
    pub token_type: &'static str,
    /// Seconds left.
    pub expires_in: i64,
    /// The granted scope.
    pub scope: String,
    /// Machine time of issue, seconds since the epoch.
    pub created_at: i64,
    /// The customer or user, for tokens that belong to one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner_id: Option<String>,
    /// `customer` or `user`, for tokens that belong to one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner_type: Option<&'static str>,
    /// Asks for the next token, once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
}

impl std::fmt::Debug for IssuedToken {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("IssuedToken")
            .field("expires_in", &self.expires_in)
            .field("scope", &self.scope)
            .field("owner_id", &self.owner_id)
            .finish_non_exhaustive()
    }
}

impl Gateway {
    /// The caller behind an access token.
    ///
    /// # Errors
    /// [`GatewayError::InvalidToken`] when it is malformed, foreign, expired or revoked.
    pub async fn verify(&self, bearer: &str, trace_id: String) -> Result<Caller, GatewayError> {
        let key = self.signing_key().await?;
        let claims = self.access.proved(bearer, || key.read(bearer))?;
        let bad = |why: &str| GatewayError::InvalidToken(why.to_owned());
        if claims.iss != self.issuer() {
            return Err(bad("it comes from another issuer"));
        }
        if claims.exp <= self.machine.now().as_second() {
            return Err(bad("it has expired"));
        }
        let kind = application::kind_of(&claims.application.kind)
            .ok_or_else(|| bad("its application is of an unknown kind"))?;
        let realm = Realm::new(&claims.organization.id, claims.test);
        let mut snapshot = self.snapshot(&Scope::realm(realm.clone())).await?;
        if snapshot
            .claim(&revocation_of(&claims.rand))
            .await?
            .is_some()
        {
            return Err(bad("it has been revoked"));
        }
        let owner = claims.owner.as_ref();
        let customer = owner.filter(|owner| owner.kind == "Customer");
        let market = claims.market.clone();
        let (market_ids, stock_location_ids, store_id) = market
            .map(|market| (market.id, market.stock_location_ids, market.store_id))
            .unwrap_or_default();
        Ok(Caller {
            realm,
            organization_slug: claims.organization.slug.clone(),
            application_id: claims.application.id.clone(),
            kind,
            role: claims.role.as_deref().map_or(Role::Admin, Role::of),
            customer_id: customer.map(|owner| owner.id.clone()),
            market_ids,
            stock_location_ids,
            store_id,
            trace_id,
        })
    }

    /// Ends an access or refresh token; an unknown one is fine.
    ///
    /// # Errors
    /// [`GatewayError::OAuth`] when the application cannot show that the token is its own.
    pub async fn revoke(&self, request: RevokeRequest) -> Result<(), GatewayError> {
        let refused = || GatewayError::OAuth {
            code: "invalid_client",
            detail: "the token belongs to another client, or the secret is wrong".to_owned(),
        };
        if let Ok(claims) = self.signing_key().await?.read(&request.token) {
            let own = self.application(&claims.application.client_id).await?;
            let own = own.ok_or_else(refused)?;
            let named = request
                .client_id
                .as_ref()
                .is_none_or(|id| *id == own.client_id);
            if !named || !own.admits(&self.settings, request.client_secret.as_deref()) {
                return Err(refused());
            }
            self.access.forget(&request.token);
            return self.mark_revoked(&own.realm, &claims).await;
        }
        let Some(client_id) = &request.client_id else {
            return Ok(());
        };
        let own = self.application(client_id).await?.ok_or_else(refused)?;
        if !own.admits(&self.settings, request.client_secret.as_deref()) {
            return Err(refused());
        }
        let digest = secrets::digest(&self.settings, grant::REFRESH, &request.token);
        let key = Key::new(grant::REFRESH_TOKENS, digest);
        let mut snapshot = self.snapshot(&Scope::realm(own.realm.clone())).await?;
        let Some(record) = snapshot.record(&key).await? else {
            return Ok(());
        };
        drop(snapshot);
        if record.text("application_id") != Some(own.id.as_str()) {
            return Err(refused());
        }
        let mut set = self.change_set(&own.realm);
        set.deletes.push((key, Guard::At(record.version)));
        // A conflict means that somebody used or ended it meanwhile: it is gone either way.
        self.commit(set).await.map(|_: Outcome| ())
    }

    /// Marks an access token as ended, until it would have ended by itself.
    async fn mark_revoked(&self, realm: &Realm, claims: &Claims) -> Result<(), GatewayError> {
        let mut snapshot = self.snapshot(&Scope::realm(realm.clone())).await?;
        let mut set = self.change_set(realm);
        sweep::see_to_it(self, snapshot.as_mut(), &mut set).await?;
        drop(snapshot);
        let mark = revocation_of(&claims.rand);
        set.claims.push((mark, REVOKED.to_owned()));
        let body = json!({ "expires_at": claims.exp });
        let body: Map<_, _> = body.as_object().cloned().unwrap_or_default();
        let key = Key::new(REVOKED, claims.rand.clone());
        set.puts.push(Put {
            record: Record::root(key, body, self.machine.now_us()),
            guard: Guard::New,
        });
        // A conflict means that it was marked before.
        self.commit(set).await.map(|_: Outcome| ())
    }
}

/// The type of the rows that say until when a mark is needed, and who holds the mark.
const REVOKED: &str = "revoked_tokens";

/// The claim that marks the token with this random part as ended.
fn revocation_of(rand: &str) -> ClaimKey {
    ClaimKey::new("revoked_token", rand)
}
