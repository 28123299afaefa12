//! Makes organizations with everything in them, without going through HTTP.
//!
//! Invariant: an organization becomes reachable in one step, by the claims on its slug and client ids, which are
//! written last; what a crash leaves behind before that is unreachable and harmless. Rows go through the same
//! claims and counters as rows made through the API.

mod demo;
mod demo_goods;
mod demo_shop;
mod plan;

pub use demo::{DemoAccess, demo};

use kassa_storage::Realm;
use serde_json::json;

use self::plan::Plan;
use crate::access::application::{self, NewApplication};
use crate::access::keys::platform;
use crate::access::user;
use crate::caller::{ApplicationKind, Role};
use crate::error::{GatewayError, Violation};
use crate::gateway::{Gateway, Outcome, refused};

/// Makes an empty organization with one integration application.
///
/// # Errors
/// [`GatewayError::Invalid`] for a slug that cannot be a host label or is taken, [`GatewayError::Unavailable`] when
/// the store cannot be used.
pub async fn organization(
    gateway: &Gateway,
    slug: &str,
    test: bool,
    client_id: &str,
    client_secret: &str,
) -> Result<(), GatewayError> {
    let id = gateway.new_id();
    let realm = Realm::new(&id, test);
    let mut plan = Plan::new(gateway, realm);
    plan.organization(&id, slug, slug)?;
    plan.application(&NewApplication {
        id: gateway.new_id(),
        name: "Integration",
        kind: ApplicationKind::Integration,
        client_id,
        client_secret: Some(client_secret),
        role: Role::Admin,
        redirect_uri: None,
    });
    plan.commit(None).await
}

/// An application to add to an organization.
#[derive(Debug, Clone)]
pub struct ApplicationPlan<'a> {
    /// For people.
    pub name: &'a str,
    /// What kind of application.
    pub kind: ApplicationKind,
    /// The client id.
    pub client_id: &'a str,
    /// Its secret: integrations and webapps need one, a sales channel only to speak on behalf of customers.
    pub client_secret: Option<&'a str>,
    /// What an integration may do.
    pub role: Role,
    /// Where a webapp's codes may be sent; several are separated by spaces.
    pub redirect_uri: Option<&'a str>,
}

/// Adds an application to the organization of `slug`, in test or live mode.
///
/// # Errors
/// [`GatewayError::Invalid`] when there is no such organization, or the client id is taken.
pub async fn application(
    gateway: &Gateway,
    slug: &str,
    test: bool,
    new: &ApplicationPlan<'_>,
) -> Result<(), GatewayError> {
    let mut plan = Plan::new(gateway, realm_of(gateway, slug, test).await?);
    plan.application(&NewApplication {
        id: gateway.new_id(),
        name: new.name,
        kind: new.kind,
        client_id: new.client_id,
        client_secret: new.client_secret,
        role: new.role,
        redirect_uri: new.redirect_uri,
    });
    plan.commit(None).await
}

/// Adds a user, who can let webapps in, to the organization of `slug`; answers the user's id.
///
/// # Errors
/// [`GatewayError::Invalid`] when there is no such organization, and for an email that is none or is taken.
pub async fn user(
    gateway: &Gateway,
    slug: &str,
    test: bool,
    email: &str,
    password: &str,
    role: Role,
) -> Result<String, GatewayError> {
    let realm = realm_of(gateway, slug, test).await?;
    let email = crate::shop::customer::email("email", email)?;
    let hash = gateway.password_hash(password.to_owned()).await?;
    let id = gateway.new_id();
    let mut set = gateway.change_set(&realm);
    let (put, claim) = user::put(&id, &email, &hash, role, gateway.now_us(&realm));
    set.puts.push(put);
    set.claims.push(claim);
    gateway.commit_once(set).await?;
    Ok(id)
}

async fn realm_of(gateway: &Gateway, slug: &str, test: bool) -> Result<Realm, GatewayError> {
    match gateway.organization_by_slug(slug).await? {
        Some(id) => Ok(Realm::new(&id, test)),
        None => Err(GatewayError::violation(
            Violation::attribute("slug", "invalid", "is no organization's").with_value(json!(slug)),
        )),
    }
}

/// A slug is a host label: lower-case letters, digits and inner hyphens, at most 63 (RFC 1123, 2.1), and not one
/// of the labels that the program serves itself.
fn valid_slug(slug: &str) -> Result<(), GatewayError> {
    let characters = slug
        .bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    let hyphens = slug.starts_with('-') || slug.ends_with('-');
    if slug.is_empty() || slug.len() > 63 || !characters || hyphens || slug == "auth" {
        let message = "must be a host label: lower-case letters, digits and inner hyphens, at most 63, not `auth`";
        let violation = Violation::attribute("slug", "invalid", message);
        return Err(GatewayError::violation(violation.with_value(json!(slug))));
    }
    Ok(())
}

impl Plan<'_> {
    /// The organization's own row and the claim on its slug.
    fn organization(&mut self, id: &str, slug: &str, name: &str) -> Result<(), GatewayError> {
        valid_slug(slug)?;
        self.platform_claims.push(application::slug_claim(slug, id));
        self.add_as(
            "organizations",
            id.to_owned(),
            json!({ "name": name, "slug": slug }),
        );
        Ok(())
    }

    /// An application and the claim on its client id.
    fn application(&mut self, new: &NewApplication<'_>) {
        let put = application::put(self.gateway.settings(), new, self.now_us);
        self.platform_claims
            .push(application::claim(new.client_id, &self.set.realm, &new.id));
        self.set.puts.push(put);
    }

    /// Writes the organization, then what makes it reachable, with `note` beside it.
    async fn commit(self, note: Option<kassa_storage::Put>) -> Result<(), GatewayError> {
        let Self {
            gateway,
            set,
            platform_claims,
            ..
        } = self;
        settle(gateway.commit(set).await?)?;
        let mut reachable = gateway.change_set(&platform());
        reachable.claims = platform_claims;
        reachable.puts.extend(note);
        settle(gateway.commit(reachable).await?)
    }
}

fn settle(outcome: Outcome) -> Result<(), GatewayError> {
    match outcome {
        Outcome::Done => Ok(()),
        Outcome::Conflict(key) => Err(GatewayError::Internal(format!(
            "{}/{} exists already",
            key.kind, key.id
        ))),
        Outcome::Refused(refusal) => Err(refused(&refusal)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_is_a_host_label() {
        for slug in ["acme", "a", "shop-1", &"a".repeat(63)] {
            assert!(valid_slug(slug).is_ok(), "{slug}");
        }
        for slug in [
            "",
            "Acme",
            "-a",
            "a-",
            "a.b",
            "auth",
            "a b",
            &"a".repeat(64),
        ] {
            assert!(valid_slug(slug).is_err(), "{slug}");
        }
    }
}
