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
use crate::caller::ApplicationKind;
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
    });
    plan.commit(None).await
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
