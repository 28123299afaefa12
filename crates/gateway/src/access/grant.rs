//! The grants of the token endpoint.
//!
//! Invariant: a token names exactly the markets that its scope resolved to at the moment of issue.

use kassa_environment::base62;
use kassa_storage::{ClaimKey, Guard, Key, Put, Record, Scope, Snapshot};
use serde_json::json;

use super::application::{Application, kind_word};
use super::jwt::{ApplicationClaim, Claims, MarketClaim, OrganizationClaim, OwnerClaim};
use super::{IssuedToken, TokenRequest, secrets};
use crate::caller::ApplicationKind;
use crate::error::GatewayError;
use crate::gateway::{Gateway, Outcome};

/// Seconds an access token of a sales channel lives. Source: commerce-api, section b.
const SALES_CHANNEL_SECONDS: i64 = 4 * 3600;
/// Seconds an access token of an integration lives. Source: commerce-api, section b.
const INTEGRATION_SECONDS: i64 = 2 * 3600;
/// Seconds a refresh token lives: two weeks. Source: commerce-api, section b.
const REFRESH_SECONDS: i64 = 14 * 24 * 3600;
/// Seconds before its end at which a token is issued anew instead of handed out again. Source: commerce-api,
/// section b: the old and the new one overlap by 15 minutes.
const OVERLAP_SECONDS: i64 = 15 * 60;
/// Tokens remembered for handing out again.
const REMEMBERED: usize = 10_000;
/// What digests of refresh tokens are keyed for.
pub(super) const REFRESH: &str = "refresh token";

fn oauth(code: &'static str, detail: impl Into<String>) -> GatewayError {
    GatewayError::OAuth {
        code,
        detail: detail.into(),
    }
}

/// What a scope resolved to.
struct Granted {
    scope: String,
    market_ids: Vec<String>,
    stock_location_ids: Vec<String>,
}

impl Gateway {
    /// Issues a token; `host_organization` is the slug in the request's host, if it names one.
    ///
    /// # Errors
    /// [`GatewayError::OAuth`] with the published code.
    pub async fn issue(
        &self,
        request: TokenRequest,
        host_organization: Option<&str>,
    ) -> Result<IssuedToken, GatewayError> {
        let application = self.asking_application(&request, host_organization).await?;
        match request.grant_type.as_str() {
            "client_credentials" => self.client_credentials(&application, &request).await,
            "password" => self.password_grant(&application, &request).await,
            "refresh_token" => self.refresh_grant(&application, &request).await,
            "" => Err(oauth("invalid_request", "grant_type is missing")),
            other => Err(oauth(
                "unsupported_grant_type",
                format!(
                    "grant_type {other:?} is not offered; client_credentials, password and refresh_token are"
                ),
            )),
        }
    }

    async fn asking_application(
        &self,
        request: &TokenRequest,
        host_organization: Option<&str>,
    ) -> Result<Application, GatewayError> {
        let unknown = || {
            oauth(
                "invalid_client",
                "the client is unknown or its secret is wrong",
            )
        };
        if request.client_id.is_empty() {
            return Err(oauth("invalid_request", "client_id is missing"));
        }
        let application = self
            .application(&request.client_id)
            .await?
            .ok_or_else(unknown)?;
        if !application.admits(&self.settings, request.client_secret.as_deref()) {
            return Err(unknown());
        }
        if let Some(slug) = host_organization {
            let organization = self.organization_by_slug(slug).await?;
            if organization.as_deref() != Some(application.realm.organization()) {
                return Err(unknown());
            }
        }
        Ok(application)
    }

    async fn client_credentials(
        &self,
        application: &Application,
        request: &TokenRequest,
    ) -> Result<IssuedToken, GatewayError> {
        let now = self.machine.now().as_second();
        let mut snapshot = self
            .snapshot(&Scope::realm(application.realm.clone()))
            .await?;
        let granted = resolve(snapshot.as_mut(), application, request.scope.as_deref()).await?;
        let remembered = format!("{} {}", application.client_id, granted.scope);
        if let Some(token) = self.access.remembered(&remembered, now + OVERLAP_SECONDS) {
            let expires_in = token.created_at + token.expires_in - now;
            return Ok(IssuedToken {
                expires_in,
                ..token
            });
        }
        let organization = organization_claim(snapshot.as_mut(), application).await?;
        drop(snapshot);
        let claims = self.claims(application, organization, granted, None);
        let token = self.signed(&claims, None).await?;
        self.access.remember(remembered, token.clone(), REMEMBERED);
        Ok(token)
    }

    async fn password_grant(
        &self,
        application: &Application,
        request: &TokenRequest,
    ) -> Result<IssuedToken, GatewayError> {
        let wrong = || oauth("invalid_grant", "the email or the password is wrong");
        let (Some(email), Some(password)) = (&request.username, &request.password) else {
            return Err(oauth("invalid_request", "username and password are needed"));
        };
        let mut snapshot = self
            .snapshot(&Scope::realm(application.realm.clone()))
            .await?;
        let granted = resolve(snapshot.as_mut(), application, request.scope.as_deref()).await?;
        let claim = ClaimKey::new("customers.email", email.trim().to_lowercase());
        let customer = match snapshot.claim(&claim).await? {
            Some(id) => snapshot.record(&Key::new("customers", id)).await?,
            None => None,
        };
        let organization = organization_claim(snapshot.as_mut(), application).await?;
        // Hashing takes a while; no snapshot stays open meanwhile.
        drop(snapshot);
        let stored = customer
            .as_ref()
            .and_then(|customer| customer.text("password_hash"))
            .map(ToOwned::to_owned);
        if !self.password_holds(password.clone(), stored).await? {
            return Err(wrong());
        }
        let customer = customer.ok_or_else(wrong)?;
        let refresh = self
            .new_refresh_token(application, &customer.key.id, &granted.scope, None)
            .await?;
        let claims = self.claims(application, organization, granted, Some(&customer.key.id));
        self.signed(&claims, Some(refresh)).await
    }

    async fn refresh_grant(
        &self,
        application: &Application,
        request: &TokenRequest,
    ) -> Result<IssuedToken, GatewayError> {
        let wrong = || {
            oauth(
                "invalid_grant",
                "the refresh token is unknown, used or expired",
            )
        };
        let Some(token) = &request.refresh_token else {
            return Err(oauth("invalid_request", "refresh_token is missing"));
        };
        let mut snapshot = self
            .snapshot(&Scope::realm(application.realm.clone()))
            .await?;
        let key = Key::new(
            "refresh_tokens",
            secrets::digest(&self.settings, REFRESH, token),
        );
        let record = snapshot.record(&key).await?.ok_or_else(wrong)?;
        let ours = record.text("application_id") == Some(application.id.as_str());
        let alive = record
            .integer("expires_at")
            .is_some_and(|at| at > self.machine.now().as_second());
        if !ours || !alive {
            return Err(wrong());
        }
        let customer_id = record.text("customer_id").unwrap_or_default().to_owned();
        let scope = request.scope.as_deref().or(record.text("scope"));
        let granted = resolve(snapshot.as_mut(), application, scope).await?;
        let customer = Key::new("customers", customer_id.clone());
        snapshot.record(&customer).await?.ok_or_else(wrong)?;
        let organization = organization_claim(snapshot.as_mut(), application).await?;
        drop(snapshot);
        let refresh = self
            .new_refresh_token(application, &customer_id, &granted.scope, Some(&record))
            .await?;
        let claims = self.claims(application, organization, granted, Some(&customer_id));
        self.signed(&claims, Some(refresh)).await
    }

    /// Writes a refresh token and ends the one it replaces, in one set: each is used once.
    async fn new_refresh_token(
        &self,
        application: &Application,
        customer_id: &str,
        scope: &str,
        replaces: Option<&Record>,
    ) -> Result<String, GatewayError> {
        let token = base62(self.entropy.as_ref(), 43);
        let now = self.machine.now();
        let body = json!({
            "application_id": application.id,
            "customer_id": customer_id,
            "scope": scope,
            "expires_at": now.as_second() + REFRESH_SECONDS,
        });
        let key = Key::new(
            "refresh_tokens",
            secrets::digest(&self.settings, REFRESH, &token),
        );
        let mut set = self.change_set(&application.realm);
        set.puts.push(Put {
            record: Record::root(
                key,
                body.as_object().cloned().unwrap_or_default(),
                now.as_microsecond(),
            ),
            guard: Guard::New,
        });
        if let Some(old) = replaces {
            set.deletes.push((old.key.clone(), Guard::At(old.version)));
        }
        match self.commit(set).await? {
            Outcome::Done => Ok(token),
            Outcome::Conflict(_) | Outcome::Refused(_) => Err(oauth(
                "invalid_grant",
                "the refresh token was used by somebody else",
            )),
        }
    }

    fn claims(
        &self,
        application: &Application,
        organization: OrganizationClaim,
        granted: Granted,
        customer_id: Option<&str>,
    ) -> Claims {
        let now = self.machine.now().as_second();
        let lifetime = match application.kind {
            ApplicationKind::SalesChannel => SALES_CHANNEL_SECONDS,
            ApplicationKind::Integration => INTEGRATION_SECONDS,
        };
        Claims {
            organization,
            application: ApplicationClaim {
                id: application.id.clone(),
                client_id: application.client_id.clone(),
                kind: kind_word(application.kind).to_owned(),
                public: application.is_public(),
                confidential: !application.is_public(),
            },
            market: (!granted.market_ids.is_empty()).then_some(MarketClaim {
                id: granted.market_ids,
                stock_location_ids: granted.stock_location_ids,
                geocoder_id: None,
                allows_external_prices: false,
            }),
            owner: customer_id.map(|id| OwnerClaim {
                id: id.to_owned(),
                kind: "Customer".to_owned(),
            }),
            scope: granted.scope,
            exp: now + lifetime,
            iat: now,
            rand: base62(self.entropy.as_ref(), 20),
            test: application.realm.test(),
            iss: self.issuer(),
        }
    }

    async fn signed(
        &self,
        claims: &Claims,
        refresh_token: Option<String>,
    ) -> Result<IssuedToken, GatewayError> {
        Ok(IssuedToken {
            access_token: self.signing_key().await?.sign(claims)?,
            token_type: "Bearer",
            expires_in: claims.exp - claims.iat,
            scope: claims.scope.clone(),
            created_at: claims.iat,
            owner_id: claims.owner.as_ref().map(|owner| owner.id.clone()),
            owner_type: claims.owner.as_ref().map(|_| "customer"),
            refresh_token,
        })
    }

    /// Who signs our tokens.
    pub(super) fn issuer(&self) -> String {
        format!("https://auth.{}", self.settings.domain)
    }
}

async fn organization_claim(
    snapshot: &mut dyn Snapshot,
    application: &Application,
) -> Result<OrganizationClaim, GatewayError> {
    let id = application.realm.organization();
    let record = snapshot
        .record(&Key::new("organizations", id))
        .await?
        .ok_or_else(|| oauth("invalid_client", "the client's organization is gone"))?;
    Ok(OrganizationClaim {
        id: id.to_owned(),
        slug: record.text("slug").unwrap_or_default().to_owned(),
        enterprise: false,
        region: "local".to_owned(),
    })
}

/// Resolves a scope to markets and stock locations.
async fn resolve(
    snapshot: &mut dyn Snapshot,
    application: &Application,
    scope: Option<&str>,
) -> Result<Granted, GatewayError> {
    let invalid = |part: &str| {
        oauth(
            "invalid_scope",
            format!("scope {part:?} is unknown or malformed"),
        )
    };
    let scope = scope.unwrap_or_default().trim();
    // An integration that names nothing gets everything, and its token says so.
    let scope = match application.kind {
        ApplicationKind::Integration if scope.is_empty() => "market:all",
        _ => scope,
    };
    let mut granted = Granted {
        scope: scope.split_whitespace().collect::<Vec<_>>().join(" "),
        market_ids: Vec::new(),
        stock_location_ids: Vec::new(),
    };
    for part in scope.split_whitespace() {
        if part == "market:all" && application.kind == ApplicationKind::Integration {
            continue;
        }
        let (kind, rest) = part.split_once(':').ok_or_else(|| invalid(part))?;
        let (by, value) = rest.split_once(':').ok_or_else(|| invalid(part))?;
        let (kind, found) = match kind {
            "market" => ("markets", &mut granted.market_ids),
            "stock_location" => ("stock_locations", &mut granted.stock_location_ids),
            _ => return Err(invalid(part)),
        };
        let id = match by {
            "id" => value.to_owned(),
            "code" => snapshot
                .claim(&ClaimKey::new(format!("{kind}.code"), value))
                .await?
                .ok_or_else(|| invalid(part))?,
            _ => return Err(invalid(part)),
        };
        let record = snapshot
            .record(&Key::new(kind, id))
            .await?
            .ok_or_else(|| invalid(part))?;
        if record.text("disabled_at").is_some() {
            return Err(invalid(part));
        }
        found.push(record.key.id);
    }
    let no_market = granted.market_ids.is_empty();
    if no_market && application.kind == ApplicationKind::SalesChannel {
        return Err(oauth(
            "invalid_scope",
            "a sales channel needs a market in its scope",
        ));
    }
    if no_market && !granted.stock_location_ids.is_empty() {
        return Err(oauth(
            "invalid_scope",
            "a stock location needs its market in the scope",
        ));
    }
    Ok(granted)
}
