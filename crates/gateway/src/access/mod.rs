//! Who may come in: applications, tokens and the keys that sign them.
//!
//! Invariant: tokens live in machine time; a moved business clock ends no session of a person.

use serde::{Deserialize, Serialize};

use crate::caller::Caller;
use crate::error::GatewayError;
use crate::gateway::Gateway;

/// State of token issuing that is shared by all requests.
#[derive(Debug, Default)]
pub(crate) struct Access {}

/// The body of `POST /oauth/token`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct TokenRequest {
    /// `client_credentials`, `password`, `refresh_token`, or another that is refused.
    pub grant_type: String,
    /// The application.
    pub client_id: String,
    /// Its secret; sales channels have none.
    pub client_secret: Option<String>,
    /// `market:id:<id>`, `market:code:<code>`, `market:all`; several are separated by spaces.
    pub scope: Option<String>,
    /// The customer's email (password grant).
    pub username: Option<String>,
    /// The customer's password (password grant).
    pub password: Option<String>,
    /// The token to rotate (refresh grant).
    pub refresh_token: Option<String>,
}

/// The body of `POST /oauth/revoke`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct RevokeRequest {
    /// The application.
    pub client_id: Option<String>,
    /// Its secret.
    pub client_secret: Option<String>,
    /// The access or refresh token to end.
    pub token: String,
}

/// The answer of the token endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
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
    /// The customer, for tokens that belong to one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner_id: Option<String>,
    /// `customer`, for tokens that belong to one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner_type: Option<&'static str>,
    /// Asks for the next token, once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
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
        let _ = (request, host_organization);
        Err(GatewayError::Internal(
            "tokens are not issued yet".to_owned(),
        ))
    }

    /// Ends an access or refresh token; an unknown one is fine.
    ///
    /// # Errors
    /// [`GatewayError::OAuth`] when the application cannot show that it is the token's.
    pub async fn revoke(&self, request: RevokeRequest) -> Result<(), GatewayError> {
        let _ = request;
        Ok(())
    }

    /// The caller behind an access token.
    ///
    /// # Errors
    /// [`GatewayError::InvalidToken`] when it is malformed, foreign, expired or revoked.
    pub async fn verify(&self, bearer: &str, trace_id: String) -> Result<Caller, GatewayError> {
        let _ = (bearer, trace_id);
        Err(GatewayError::InvalidToken(
            "no token is valid yet".to_owned(),
        ))
    }

    /// The public keys that verify access tokens, as a JWK set.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn jwks(&self) -> Result<serde_json::Value, GatewayError> {
        Ok(serde_json::json!({ "keys": [] }))
    }

    /// The id of the organization with this slug, if there is one.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn organization_by_slug(&self, slug: &str) -> Result<Option<String>, GatewayError> {
        let _ = slug;
        Ok(None)
    }
}
