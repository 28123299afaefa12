//! Authorization codes: a user of the organization lets a webapp in.
//!
//! Invariant: a code is sent only to an address that the webapp is registered with, lives ten minutes, and is used
//! once, by the client, with the address and for the challenge it was made for.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kassa_environment::base62;
use kassa_storage::{Guard, Key, Put, Record, Scope};
use serde::Deserialize;
use serde_json::{Map, json};
use subtle::ConstantTimeEq;

use super::application::Application;
use super::grant::{oauth, only_for, unknown_client};
use super::issue::{Bearer, Owner};
use super::scope::resolve;
use super::{IssuedToken, TokenRequest, secrets, sweep, user};
use crate::caller::ApplicationKind;
use crate::error::GatewayError;
use crate::gateway::Gateway;

/// Seconds a code lives. Source: commerce-api, section b.
const CODE_SECONDS: i64 = 10 * 60;
/// The type of a code's record.
pub(super) const KIND: &str = "authorization_codes";
/// What digests of codes are keyed for.
const CODE: &str = "authorization code";
/// Shortest and longest PKCE verifier and challenge (RFC 7636, 4.1 and 4.2).
const VERIFIER: std::ops::RangeInclusive<usize> = 43..=128;

/// The query of `GET /oauth/authorize` (RFC 6749, 4.1.1; RFC 7636, 4.3).
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct AuthorizationRequest {
    /// `code`.
    pub response_type: String,
    /// The webapp.
    pub client_id: String,
    /// Where the code goes: one of the addresses that the webapp is registered with.
    pub redirect_uri: String,
    /// What the token shall be for; everything when empty.
    pub scope: String,
    /// Handed back as it came.
    pub state: String,
    /// PKCE: the challenge.
    pub code_challenge: String,
    /// PKCE: `S256`, or `plain`, which an empty one means.
    pub code_challenge_method: String,
}

/// What a user is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    /// The webapp's name.
    pub application: String,
    /// The organization's slug.
    pub organization: String,
    /// What the token would be for.
    pub scope: String,
    /// Whether it is about test data.
    pub test: bool,
}

/// Why there is nothing to ask.
#[derive(Debug)]
pub struct AuthorizationRefusal {
    /// The reason.
    pub error: GatewayError,
    /// Whether the webapp may be told at its address. Before client and address are known to belong together only the
    /// person is told.
    pub redirect: bool,
}

fn shown(error: GatewayError) -> AuthorizationRefusal {
    AuthorizationRefusal {
        error,
        redirect: false,
    }
}

fn sent_back(error: GatewayError) -> AuthorizationRefusal {
    AuthorizationRefusal {
        error,
        redirect: true,
    }
}

impl Gateway {
    /// What a user is asked before a code is made.
    ///
    /// # Errors
    /// [`AuthorizationRefusal`], which says whether the webapp may be told.
    pub async fn consent(
        &self,
        request: &AuthorizationRequest,
        host_organization: Option<&str>,
    ) -> Result<Consent, AuthorizationRefusal> {
        let (consent, _) = self.asked(request, host_organization).await?;
        Ok(consent)
    }

    /// The code for a user who consents; `None` when email or password is wrong.
    ///
    /// # Errors
    /// As [`Gateway::consent`].
    pub async fn authorize(
        &self,
        request: &AuthorizationRequest,
        host_organization: Option<&str>,
        email: &str,
        password: &str,
    ) -> Result<Option<String>, AuthorizationRefusal> {
        let (consent, application) = self.asked(request, host_organization).await?;
        let found = self.user(&application, email, password).await;
        let Some(user_id) = found.map_err(sent_back)? else {
            return Ok(None);
        };
        let code = self.new_code(&application, request, &consent.scope, &user_id);
        code.await.map(Some).map_err(sent_back)
    }

    async fn asked(
        &self,
        request: &AuthorizationRequest,
        host_organization: Option<&str>,
    ) -> Result<(Consent, Application), AuthorizationRefusal> {
        let client = self.client(&request.client_id, host_organization).await;
        let client = client.map_err(shown)?;
        let application = client.ok_or_else(|| shown(unknown_client()))?;
        only_for(
            &application,
            &[ApplicationKind::Webapp],
            "authorization_code",
        )
        .map_err(shown)?;
        if !application.redirect_uris.contains(&request.redirect_uri) {
            return Err(shown(oauth(
                "invalid_request",
                "redirect_uri is not exactly one that this application is registered with",
            )));
        }
        if request.response_type != "code" {
            return Err(sent_back(oauth(
                "unsupported_response_type",
                "response_type must be code",
            )));
        }
        check_challenge(request).map_err(sent_back)?;
        let granted = async {
            let mut snapshot = self
                .snapshot(&Scope::realm(application.realm.clone()))
                .await?;
            let granted = resolve(snapshot.as_mut(), &application, Some(&request.scope)).await?;
            let organization = super::issue::organization_claim(snapshot.as_mut(), &application);
            Ok::<_, GatewayError>((granted.scope, organization.await?.slug))
        };
        let (scope, organization) = granted.await.map_err(sent_back)?;
        let consent = Consent {
            application: application.name.clone(),
            organization,
            scope,
            test: application.realm.test(),
        };
        Ok((consent, application))
    }

    /// The id of the user with this email and password.
    async fn user(
        &self,
        application: &Application,
        email: &str,
        password: &str,
    ) -> Result<Option<String>, GatewayError> {
        let mut snapshot = self
            .snapshot(&Scope::realm(application.realm.clone()))
            .await?;
        let found = match snapshot.claim(&user::claim(email)).await? {
            Some(id) => snapshot.record(&Key::new(user::KIND, id)).await?,
            None => None,
        };
        drop(snapshot);
        let hash = found.as_ref().and_then(|user| user.text("password_hash"));
        let hash = hash.map(ToOwned::to_owned);
        let holds = self.password_holds(password.to_owned(), hash).await?;
        Ok(found.filter(|_| holds).map(|user| user.key.id))
    }

    async fn new_code(
        &self,
        application: &Application,
        request: &AuthorizationRequest,
        scope: &str,
        user_id: &str,
    ) -> Result<String, GatewayError> {
        let code = base62(self.entropy.as_ref(), 43);
        let now = self.machine.now();
        let body = json!({
            "application_id": application.id,
            "user_id": user_id,
            "scope": scope,
            "redirect_uri": request.redirect_uri,
            "code_challenge": request.code_challenge,
            "code_challenge_method": request.code_challenge_method,
            "expires_at": now.as_second() + CODE_SECONDS,
        });
        let body: Map<_, _> = body.as_object().cloned().unwrap_or_default();
        let key = Key::new(KIND, secrets::digest(&self.settings, CODE, &code));
        let mut set = self.change_set(&application.realm);
        let realm = application.realm.clone();
        let mut snapshot = self.snapshot(&Scope::realm(realm)).await?;
        sweep::see_to_it(self, snapshot.as_mut(), &mut set).await?;
        drop(snapshot);
        set.puts.push(Put {
            record: Record::root(key, body, now.as_microsecond()),
            guard: Guard::New,
        });
        self.commit_once(set).await?;
        Ok(code)
    }

    /// The token for a code, which ends with it.
    pub(super) async fn code_grant(
        &self,
        application: &Application,
        request: &TokenRequest,
    ) -> Result<IssuedToken, GatewayError> {
        let grant = "authorization_code";
        only_for(application, &[ApplicationKind::Webapp], grant)?;
        let wrong = |why: &str| oauth("invalid_grant", why);
        let Some(code) = &request.code else {
            return Err(oauth("invalid_request", "code is missing"));
        };
        let mut snapshot = self
            .snapshot(&Scope::realm(application.realm.clone()))
            .await?;
        let key = Key::new(KIND, secrets::digest(&self.settings, CODE, code));
        let unknown = || wrong("the code is unknown, used or expired");
        let record = snapshot.record(&key).await?.ok_or_else(unknown)?;
        let ours = record.text("application_id") == Some(application.id.as_str());
        let expires_at = record.integer("expires_at").unwrap_or_default();
        if !ours || expires_at <= self.machine.now().as_second() {
            return Err(unknown());
        }
        if record.text("redirect_uri") != request.redirect_uri.as_deref() {
            return Err(wrong(
                "redirect_uri is not the one that the code was sent to",
            ));
        }
        let challenge = record.text("code_challenge").unwrap_or_default();
        let method = record.text("code_challenge_method").unwrap_or_default();
        if !verifies(challenge, method, request.code_verifier.as_deref()) {
            return Err(wrong(
                "code_verifier does not fit the code_challenge that the code was made for",
            ));
        }
        let granted = resolve(snapshot.as_mut(), application, record.text("scope")).await?;
        let owner = Owner::of(&record).ok_or_else(unknown)?;
        let bearer = Bearer::read(snapshot.as_mut(), owner, None).await?;
        drop(snapshot);
        self.bearer_token(application, granted, bearer, Some(&record))
            .await
    }
}

fn check_challenge(request: &AuthorizationRequest) -> Result<(), GatewayError> {
    let method = request.code_challenge_method.as_str();
    if !matches!(method, "" | "plain" | "S256") {
        return Err(oauth(
            "invalid_request",
            "code_challenge_method must be S256 or plain",
        ));
    }
    let challenge = request.code_challenge.as_str();
    let wrong = if challenge.is_empty() {
        !method.is_empty()
    } else {
        !well_formed(challenge)
    };
    if wrong {
        return Err(oauth(
            "invalid_request",
            "code_challenge must be 43 to 128 letters, digits, or - . _ ~",
        ));
    }
    Ok(())
}

fn well_formed(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    VERIFIER.contains(&text.len()) && text.bytes().all(plain)
}

/// Whether a verifier fits; one for a code without a challenge does not, since somebody took the challenge away
/// (RFC 9700, 2.1.1).
fn verifies(challenge: &str, method: &str, verifier: Option<&str>) -> bool {
    let Some(verifier) = verifier.filter(|verifier| !verifier.is_empty()) else {
        return challenge.is_empty();
    };
    let made = match method {
        "S256" => URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes())),
        _ => verifier.to_owned(),
    };
    well_formed(verifier) && made.as_bytes().ct_eq(challenge.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verifier_fits_its_challenge_only() {
        // RFC 7636, appendix B.
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        assert!(verifies(challenge, "S256", Some(verifier)));
        assert!(verifies(verifier, "plain", Some(verifier)));
        assert!(verifies(verifier, "", Some(verifier)));
        assert!(verifies("", "", None));
        assert!(!verifies(challenge, "S256", Some(challenge)));
        assert!(!verifies(challenge, "S256", None));
        assert!(!verifies("", "", Some(verifier)), "no challenge was made");
    }

    #[test]
    fn challenges_have_a_shape() {
        let request = |challenge: &str, method: &str| AuthorizationRequest {
            code_challenge: challenge.to_owned(),
            code_challenge_method: method.to_owned(),
            ..AuthorizationRequest::default()
        };
        let fine = "a".repeat(43);
        assert!(check_challenge(&request("", "")).is_ok());
        assert!(check_challenge(&request(&fine, "S256")).is_ok());
        for (challenge, method) in [("short", "S256"), ("", "S256"), (&*fine, "S512")] {
            assert!(
                check_challenge(&request(challenge, method)).is_err(),
                "{challenge} {method}"
            );
        }
    }
}
