//! Klarna gateways: a region and credentials, which are encrypted before they are written and never answered.

use super::configuration::{Change, refuse};
use crate::error::GatewayError;
use crate::payments;

/// Regions of Klarna's hosts. Source: commerce-api, section f.
const REGIONS: &[&str] = &["EU", "US", "OC"];

/// Completes and judges a Klarna gateway.
pub(crate) fn complete(change: &mut Change<'_>) -> Result<(), GatewayError> {
    let region = change
        .text("country_code")
        .unwrap_or_default()
        .to_ascii_uppercase();
    if !REGIONS.contains(&region.as_str()) {
        let message = format!("is not included in the list: {}", REGIONS.join(", "));
        return Err(refuse("country_code", "inclusion", &message));
    }
    change.set_field("country_code", region);
    payments::seal_credentials(change.gateway, &mut change.body)
}
