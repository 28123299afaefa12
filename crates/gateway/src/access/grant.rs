//! The grants of the token endpoint: who asks, by what right, and for which scope.
//!
//! Invariant: every grant names its client first, and a client uses the grants of its kind only.

use kassa_storage::{ClaimKey, Key, Scope};
use serde_json::Value;

use super::application::{Application, kind_word};
use super::issue::{Bearer, Owner, organization_claim};
use super::scope::resolve;
use super::{IssuedToken, TokenRequest, assertion, secrets};
use crate::caller::ApplicationKind;
use crate::error::GatewayError;
use crate::gateway::Gateway;

/// Seconds before its end at which a token is issued anew instead of handed out again. Source: commerce-api,
/// section b: the old and the new one overlap by 15 minutes.
const OVERLAP_SECONDS: i64 = 15 * 60;
/// Tokens remembered for handing out again.
const REMEMBERED: usize = 10_000;
/// The type of a refresh token's record.
pub(super) const REFRESH_TOKENS: &str = "refresh_tokens";
/// What digests of refresh tokens are keyed for.
pub(super) const REFRESH: &str = "refresh token";

/// The grant of assertions (RFC 7523, 2.1).
const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// A refusal with one of OAuth's words.
pub(super) fn oauth(code: &'static str, detail: impl Into<String>) -> GatewayError {
    GatewayError::OAuth {
        code,
        detail: detail.into(),
    }
}

/// The refusal of a client that is not known or cannot show that it is itself.
pub(super) fn unknown_client() -> GatewayError {
    oauth(
        "invalid_client",
        "the client is unknown or its secret is wrong",
    )
}

/// Refuses a grant that this kind of client does not use.
pub(super) fn only_for(
    application: &Application,
    kinds: &[ApplicationKind],
    grant: &str,
) -> Result<(), GatewayError> {
    if kinds.contains(&application.kind) {
        return Ok(());
    }
    let kinds: Vec<&str> = kinds.iter().map(|kind| kind_word(*kind)).collect();
    Err(oauth(
        "unauthorized_client",
        format!(
            "{grant} is for applications of kind {}, this one is of kind {}",
            kinds.join(" or "),
            kind_word(application.kind)
        ),
    ))
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
        let application = self
            .client(&request.client_id, host_organization)
            .await?
            .filter(|found| found.admits(&self.settings, request.client_secret.as_deref()))
            .ok_or_else(unknown_client)?;
        match request.grant_type.as_str() {
            "client_credentials" => self.client_credentials(&application, &request).await,
            "password" => self.password_grant(&application, &request).await,
            "refresh_token" => self.refresh_grant(&application, &request).await,
            "authorization_code" => self.code_grant(&application, &request).await,
            JWT_BEARER => self.assertion_grant(&application, &request).await,
            "" => Err(oauth("invalid_request", "grant_type is missing")),
            other => Err(oauth(
                "unsupported_grant_type",
                format!(
                    "grant_type {other:?} is not offered; client_credentials, password, refresh_token, \
                     authorization_code and {JWT_BEARER} are"
                ),
            )),
        }
    }

    /// The application of a client id, if the host of the request may name it.
    pub(super) async fn client(
        &self,
        client_id: &str,
        host_organization: Option<&str>,
    ) -> Result<Option<Application>, GatewayError> {
        if client_id.is_empty() {
            return Err(oauth("invalid_request", "client_id is missing"));
        }
        let Some(application) = self.application(client_id).await? else {
            return Ok(None);
        };
        if let Some(slug) = host_organization {
            let organization = self.organization_by_slug(slug).await?;
            if organization.as_deref() != Some(application.realm.organization()) {
                return Ok(None);
            }
        }
        Ok(Some(application))
    }

    async fn client_credentials(
        &self,
        application: &Application,
        request: &TokenRequest,
    ) -> Result<IssuedToken, GatewayError> {
        use ApplicationKind::{Integration, SalesChannel};
        only_for(
            application,
            &[SalesChannel, Integration],
            "client_credentials",
        )?;
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
        only_for(application, &[ApplicationKind::SalesChannel], "password")?;
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
        let bearer = Bearer {
            owner: Owner::Customer(customer.key.id),
            role: crate::caller::Role::Admin,
            custom_claim: None,
        };
        self.bearer_token(application, granted, bearer, None).await
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
            REFRESH_TOKENS,
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
        let scope = request.scope.as_deref().or(record.text("scope"));
        let granted = resolve(snapshot.as_mut(), application, scope).await?;
        let owner = Owner::of(&record).ok_or_else(wrong)?;
        let custom_claim = record.body.get("custom_claim").cloned();
        let custom_claim = custom_claim.filter(Value::is_object);
        let bearer = Bearer::read(snapshot.as_mut(), owner, custom_claim).await?;
        drop(snapshot);
        self.bearer_token(application, granted, bearer, Some(&record))
            .await
    }

    /// On behalf of somebody: what is believed is the client's secret, never the assertion.
    async fn assertion_grant(
        &self,
        application: &Application,
        request: &TokenRequest,
    ) -> Result<IssuedToken, GatewayError> {
        use ApplicationKind::{SalesChannel, Webapp};
        only_for(application, &[SalesChannel, Webapp], "jwt-bearer")?;
        if !application.proves(&self.settings, request.client_secret.as_deref()) {
            return Err(unknown_client());
        }
        let Some(sent) = &request.assertion else {
            return Err(oauth("invalid_request", "assertion is missing"));
        };
        let read = assertion::read(sent, self.machine.now().as_second());
        let said = read.map_err(|why| oauth("invalid_grant", format!("the assertion {why}")))?;
        let fits = match said.owner {
            Owner::Customer(_) => application.kind == SalesChannel,
            Owner::User(_) => application.kind == Webapp,
        };
        if !fits {
            return Err(oauth(
                "invalid_grant",
                "a sales_channel speaks on behalf of a Customer, a webapp on behalf of a User",
            ));
        }
        let mut snapshot = self
            .snapshot(&Scope::realm(application.realm.clone()))
            .await?;
        let granted = resolve(snapshot.as_mut(), application, request.scope.as_deref()).await?;
        let bearer = Bearer::read(snapshot.as_mut(), said.owner, said.custom_claim).await?;
        drop(snapshot);
        self.bearer_token(application, granted, bearer, None).await
    }
}
