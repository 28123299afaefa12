//! Which Klarna a gateway record means, and as whom.
//!
//! Invariant: the realm decides the mode. A test realm reaches the configured test address or Klarna's playground,
//! never a live host; a live realm reaches live hosts only. Secrets lie encrypted in the record.

use kassa_klarna_api::ApiPassword;
use kassa_klarna_client::{Credentials, KlarnaEndpoint};
use kassa_storage::{Key, Realm, Record, Snapshot};
use serde_json::{Map, Value};

use crate::error::{GatewayError, Violation};
use crate::gateway::Gateway;
use crate::sealing;

const PURPOSE: &str = "klarna_gateways";
const SECRET_ATTRIBUTES: [&str; 2] = ["api_key", "api_secret"];

/// Replaces the credentials in a Klarna gateway's body by their encrypted form.
///
/// # Errors
/// When no key can be derived.
pub fn seal_credentials(
    gateway: &Gateway,
    body: &mut Map<String, Value>,
) -> Result<(), GatewayError> {
    for name in SECRET_ATTRIBUTES {
        if let Some(Value::String(secret)) = body.get(name) {
            let settings = gateway.settings();
            let sealed = sealing::seal(
                settings,
                gateway.entropy().as_ref(),
                PURPOSE,
                secret.as_bytes(),
            )?;
            body.insert(name.to_owned(), serde_json::json!({ "sealed": sealed }));
        }
    }
    Ok(())
}

/// The endpoint of the Klarna gateway `id`, read from `snapshot`.
pub(crate) async fn endpoint(
    gateway: &Gateway,
    realm: &Realm,
    snapshot: &mut dyn Snapshot,
    id: &str,
) -> Result<KlarnaEndpoint, GatewayError> {
    let key = Key::new("klarna_gateways", id);
    let record = snapshot.record(&key).await?.ok_or_else(|| {
        GatewayError::violation(Violation::relationship(
            "payment_gateway",
            "blank",
            "the order's klarna gateway does not exist any more",
        ))
    })?;
    let country = record.text("country_code").unwrap_or("EU");
    Ok(KlarnaEndpoint {
        base_url: base_url(gateway, realm, country),
        credentials: credentials(gateway, &record)?,
    })
}

/// Whether the Klarna gateway `id` was changed after `since` (business time, µs): what it answers about may then be
/// another merchant's books.
pub(crate) async fn changed_since(
    snapshot: &mut dyn Snapshot,
    id: &str,
    since: i64,
) -> Result<bool, GatewayError> {
    let record = snapshot.record(&Key::new("klarna_gateways", id)).await?;
    Ok(record.is_none_or(|record| record.updated_at > since))
}

fn base_url(gateway: &Gateway, realm: &Realm, country: &str) -> String {
    if realm.test()
        && let Some(url) = &gateway.settings().klarna_test_url
    {
        return url.trim_end_matches('/').to_owned();
    }
    host(country, realm.test())
}

/// Klarna's host of a region. The commerce API names regions `EU`, `US` and `OC`.
fn host(country: &str, test: bool) -> String {
    let region = match country.to_ascii_uppercase().as_str() {
        "US" | "NA" => "-na",
        "OC" | "AU" | "NZ" => "-oc",
        _ => "",
    };
    let stage = if test { ".playground" } else { "" };
    format!("https://api{region}{stage}.klarna.com")
}

fn credentials(gateway: &Gateway, record: &Record) -> Result<Credentials, GatewayError> {
    let username = opened(gateway, record, "api_key")?;
    let password = opened(gateway, record, "api_secret")?;
    if username.is_empty() {
        return Ok(Credentials::Key(ApiPassword::new(password)));
    }
    Ok(Credentials::Pair {
        username,
        password: ApiPassword::new(password),
    })
}

fn opened(gateway: &Gateway, record: &Record, name: &str) -> Result<String, GatewayError> {
    let sealed = match record.body.get(name) {
        Some(Value::Object(fields)) => fields.get("sealed").and_then(Value::as_str),
        // Absent credentials answer as wrong ones do: Klarna says 401.
        _ => None,
    };
    let Some(sealed) = sealed else {
        return Ok(String::new());
    };
    let bytes = sealing::open(gateway.settings(), PURPOSE, sealed)?;
    String::from_utf8(bytes)
        .map_err(|_| GatewayError::Internal(format!("the sealed {name} is not text")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_realm_never_reaches_a_live_host() {
        for country in ["EU", "US", "OC", "eu", ""] {
            assert!(host(country, true).contains(".playground."));
            assert!(!host(country, false).contains("playground"));
        }
        assert_eq!(host("EU", false), "https://api.klarna.com");
        assert_eq!(host("US", true), "https://api-na.playground.klarna.com");
        assert_eq!(host("OC", false), "https://api-oc.klarna.com");
    }
}
