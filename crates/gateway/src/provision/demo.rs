//! The demo's organization and everyone who may come in; its shop is filled by `demo_shop`.
//!
//! Invariant: made once for a store; every later call reads back what the first one noted down.

use std::collections::BTreeMap;

use kassa_environment::base62;
use kassa_storage::{Guard, Key, Put, Realm, Record, Scope};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::plan::Plan;
use crate::access::keys::platform;
use crate::error::GatewayError;
use crate::gateway::Gateway;

/// Where the note about the demo is kept, in the platform's realm.
const NOTE: (&str, &str) = ("provisions", "demo");
const SLUG: &str = "acme";
const CUSTOMER_EMAIL: &str = "customer@example.com";

/// Everything a script needs to come in: also what the demo remembers of itself.
#[derive(Clone, Serialize, Deserialize)]
pub struct DemoAccess {
    /// The organization's slug.
    pub organization: String,
    /// The public client id of the shop's sales channel; its scope names the market.
    pub sales_channel_id: String,
    /// The integration's client id.
    pub integration_id: String,
    /// The integration's secret.
    pub integration_secret: String,
    /// A customer's e-mail.
    pub customer_email: String,
    /// The customer's password.
    pub customer_password: String,
    /// User name at Klarna.
    pub klarna_username: String,
    /// Password at Klarna.
    pub klarna_password: String,
    /// The newer credential of the same account at Klarna.
    pub klarna_api_key: String,
    /// Market ids by code.
    pub markets: BTreeMap<String, String>,
    /// SKU codes in the order of the catalogue.
    pub skus: Vec<String>,
}

impl std::fmt::Debug for DemoAccess {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("DemoAccess")
            .field("organization", &self.organization)
            .field("markets", &self.markets)
            .finish_non_exhaustive()
    }
}

/// The demo's organization; made if this store has none yet.
///
/// # Errors
/// When the store cannot be used.
pub async fn demo(gateway: &Gateway) -> Result<DemoAccess, GatewayError> {
    if let Some(access) = noted(gateway).await? {
        return Ok(access);
    }
    let random = |length| base62(gateway.entropy().as_ref(), length);
    let mut access = DemoAccess {
        organization: SLUG.to_owned(),
        sales_channel_id: random(43),
        integration_id: random(43),
        integration_secret: random(43),
        customer_email: CUSTOMER_EMAIL.to_owned(),
        customer_password: random(16),
        klarna_username: format!("K_{}", random(16)),
        klarna_password: random(32),
        klarna_api_key: format!("klarna_test_api_{}", random(40)),
        markets: BTreeMap::new(),
        skus: Vec::new(),
    };
    let hash = gateway
        .password_hash(access.customer_password.clone())
        .await?;
    let organization_id = gateway.new_id();
    let mut plan = Plan::new(gateway, Realm::new(&organization_id, true));
    plan.organization(&organization_id, SLUG, "Acme")?;
    plan.shop(&mut access)?;
    plan.people(&access, &hash);
    let body = match serde_json::to_value(&access) {
        Ok(Value::Object(body)) => body,
        _ => {
            return Err(GatewayError::Internal(
                "the demo's note is no object".to_owned(),
            ));
        }
    };
    let record = Record::root(Key::new(NOTE.0, NOTE.1), body, plan.now_us);
    plan.commit(Some(Put {
        record,
        guard: Guard::New,
    }))
    .await?;
    Ok(access)
}

/// What an earlier start noted down.
async fn noted(gateway: &Gateway) -> Result<Option<DemoAccess>, GatewayError> {
    let mut snapshot = gateway.snapshot(&Scope::realm(platform())).await?;
    let Some(record) = snapshot.record(&Key::new(NOTE.0, NOTE.1)).await? else {
        return Ok(None);
    };
    serde_json::from_value(Value::Object(record.body))
        .map(Some)
        .map_err(|error| GatewayError::Internal(format!("the demo's note cannot be read: {error}")))
}
