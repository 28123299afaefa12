//! Addresses: completed with the names that are shown, kept still once an order was bought with them.

use kassa_commerce::address::Address;
use kassa_commerce::body::Entity;
use kassa_commerce::catalogue::OrganizationSettings;
use kassa_storage::Key;
use serde_json::{Map, Value};

use super::catalogue::typed;
use super::configuration::Change;
use crate::error::{GatewayError, Violation};
use crate::shop::read::Reader;

/// Names that an answer shows, from the parts that were written.
pub(crate) fn write_names(address: &Address, body: &mut Map<String, Value>) {
    body.insert("name".to_owned(), address.name().into());
    body.insert("full_name".to_owned(), address.full_name().into());
    body.insert("full_address".to_owned(), address.full_address().into());
    body.insert("is_localized".to_owned(), false.into());
    body.insert("is_geocoded".to_owned(), false.into());
}

/// Completes and judges an address.
pub(crate) async fn complete(
    change: &mut Change<'_>,
    reader: &mut Reader<'_>,
) -> Result<(), GatewayError> {
    if change.old.is_some() && !change.caller.is_integration() {
        ensure_open(change, reader).await?;
    }
    let organization = Key::new("organizations", change.caller.realm.organization());
    let settings: OrganizationSettings = match reader.snapshot.record(&organization).await? {
        Some(record) => typed(&record)?,
        None => OrganizationSettings::default(),
    };
    let unreadable = |error: serde_json::Error| {
        GatewayError::violation(Violation::base(
            "invalid",
            format!("cannot be used: {error}"),
        ))
    };
    let mut address =
        Address::from_body(change.key.id.clone(), &change.body).map_err(unreadable)?;
    address.country_code = address.country_code.map(|code| code.to_ascii_uppercase());
    address.validate(settings.addresses_phone_required)?;
    change.body = address.to_body();
    write_names(&address, &mut change.body);
    Ok(())
}

/// Refuses to change an address that a bought order was sold to.
async fn ensure_open(change: &Change<'_>, reader: &mut Reader<'_>) -> Result<(), GatewayError> {
    let id = [change.key.id.clone()];
    for name in ["billing_address", "shipping_address"] {
        let orders = reader.snapshot.inverse(&["orders"], name, &id, 100).await?;
        let bought = |status: Option<&str>| !matches!(status, Some("draft" | "pending"));
        if orders.iter().any(|order| bought(order.text("status"))) {
            return Err(GatewayError::violation(Violation::base(
                "not_editable",
                "belongs to an order that was placed",
            )));
        }
    }
    Ok(())
}
