//! Applications: who may ask for tokens, and how a client id leads to its organization.
//!
//! Invariant: a client id is claimed once over all organizations, so it alone names the realm.

use kassa_storage::{ClaimKey, Guard, Key, Put, Realm, Record, Scope};
use serde_json::json;

use super::keys::platform;
use super::secrets;
use crate::caller::{ApplicationKind, Role};
use crate::error::GatewayError;
use crate::gateway::Gateway;
use crate::settings::Settings;

/// What digests of client secrets are keyed for.
const SECRET: &str = "client secret";

/// An application as the token endpoint sees it.
#[derive(Debug, Clone)]
pub(super) struct Application {
    pub realm: Realm,
    pub id: String,
    pub client_id: String,
    pub kind: ApplicationKind,
    pub name: String,
    /// What an integration may do.
    pub role: Role,
    /// Where a webapp's codes may be sent, each compared as a whole.
    pub redirect_uris: Vec<String>,
    secret_digest: Option<String>,
}

impl Application {
    /// Whether `secret` opens it: public applications need none, and one that is sent must be right.
    pub(super) fn admits(&self, settings: &Settings, secret: Option<&str>) -> bool {
        match (&self.secret_digest, secret) {
            (None, _) => true,
            (Some(_), Some(_)) => self.proves(settings, secret),
            (Some(_), None) => self.is_public(),
        }
    }

    /// Whether `secret` is its secret, which it must have.
    pub(super) fn proves(&self, settings: &Settings, secret: Option<&str>) -> bool {
        match (&self.secret_digest, secret) {
            (Some(stored), Some(secret)) => {
                secrets::digest_matches(settings, SECRET, secret, stored)
            }
            _ => false,
        }
    }

    /// Whether it comes in without its secret: sales channels run where nothing stays secret. The secret that one may
    /// have besides is for speaking on behalf of customers.
    pub(super) fn is_public(&self) -> bool {
        self.kind == ApplicationKind::SalesChannel
    }
}

/// The word of a kind on the wire.
pub(crate) fn kind_word(kind: ApplicationKind) -> &'static str {
    match kind {
        ApplicationKind::SalesChannel => "sales_channel",
        ApplicationKind::Integration => "integration",
        ApplicationKind::Webapp => "webapp",
    }
}

/// The kind of a word on the wire.
pub(super) fn kind_of(word: &str) -> Option<ApplicationKind> {
    match word {
        "sales_channel" => Some(ApplicationKind::SalesChannel),
        "integration" => Some(ApplicationKind::Integration),
        "webapp" => Some(ApplicationKind::Webapp),
        _ => None,
    }
}

/// A new application to write.
#[derive(Debug, Clone)]
pub(crate) struct NewApplication<'a> {
    pub id: String,
    pub name: &'a str,
    pub kind: ApplicationKind,
    pub client_id: &'a str,
    /// Needed by integrations and webapps; a sales channel needs one only to speak on behalf of customers.
    pub client_secret: Option<&'a str>,
    /// What an integration may do.
    pub role: Role,
    /// Webapps only; several are separated by spaces.
    pub redirect_uri: Option<&'a str>,
}

/// The record of a new application.
pub(crate) fn put(settings: &Settings, new: &NewApplication<'_>, now_us: i64) -> Put {
    let body = json!({
        "name": new.name,
        "kind": kind_word(new.kind),
        "public_access": new.kind == ApplicationKind::SalesChannel,
        "uid": new.client_id,
        "role": new.role.word(),
        "redirect_uri": new.redirect_uri,
        "secret_digest": new.client_secret.map(|secret| secrets::digest(settings, SECRET, secret)),
    });
    let body = body.as_object().cloned().unwrap_or_default();
    Put {
        record: Record::root(Key::new("applications", new.id.clone()), body, now_us),
        guard: Guard::New,
    }
}

/// The claim, in the platform's realm, that leads from a client id to its application.
pub(crate) fn claim(client_id: &str, realm: &Realm, id: &str) -> (ClaimKey, String) {
    (
        ClaimKey::new("client_id", client_id),
        format!("{}/{id}", realm.as_str()),
    )
}

/// The claim, in the platform's realm, that leads from a slug to its organization.
pub(crate) fn slug_claim(slug: &str, organization_id: &str) -> (ClaimKey, String) {
    (
        ClaimKey::new("organization_slug", slug),
        organization_id.to_owned(),
    )
}

impl Gateway {
    /// The application of a client id.
    pub(super) async fn application(
        &self,
        client_id: &str,
    ) -> Result<Option<Application>, GatewayError> {
        let mut snapshot = self.snapshot(&Scope::realm(platform())).await?;
        let claim = ClaimKey::new("client_id", client_id);
        let Some(owner) = snapshot.claim(&claim).await? else {
            return Ok(None);
        };
        drop(snapshot);
        let Some((realm, id)) = owner.split_once('/') else {
            return Ok(None);
        };
        let realm = Realm::from_stored(realm.to_owned());
        let mut snapshot = self.snapshot(&Scope::realm(realm.clone())).await?;
        let Some(record) = snapshot.record(&Key::new("applications", id)).await? else {
            return Ok(None);
        };
        let Some(kind) = record.text("kind").and_then(kind_of) else {
            return Ok(None);
        };
        Ok(Some(Application {
            realm,
            id: id.to_owned(),
            client_id: client_id.to_owned(),
            kind,
            name: record.text("name").unwrap_or_default().to_owned(),
            // Applications made before there were roles may do everything.
            role: record.text("role").map_or(Role::Admin, Role::of),
            redirect_uris: record
                .text("redirect_uri")
                .unwrap_or_default()
                .split_whitespace()
                .map(ToOwned::to_owned)
                .collect(),
            secret_digest: record.text("secret_digest").map(ToOwned::to_owned),
        }))
    }

    /// The id of the organization with this slug, if there is one.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn organization_by_slug(&self, slug: &str) -> Result<Option<String>, GatewayError> {
        let mut snapshot = self.snapshot(&Scope::realm(platform())).await?;
        let claim = ClaimKey::new("organization_slug", slug.to_ascii_lowercase());
        Ok(snapshot.claim(&claim).await?)
    }
}
