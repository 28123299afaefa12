//! Tiers of prices and of shipping methods: a step of a scale, in the currency of what it belongs to.

use kassa_storage::Key;

use super::configuration::Change;
use crate::error::GatewayError;
use crate::shop::read::Reader;

/// Completes a tier: its amounts are in the currency of its price or shipping method.
pub(crate) async fn complete(
    change: &mut Change<'_>,
    reader: &mut Reader<'_>,
) -> Result<(), GatewayError> {
    let (kind, field) = match change.descriptor.kind {
        "shipping_weight_tiers" => ("shipping_methods", "shipping_method_id"),
        _ => ("prices", "price_id"),
    };
    let owner = Key::new(kind, change.text(field).unwrap_or_default());
    if let Some(owner) = reader.snapshot.record(&owner).await?
        && let Some(currency) = owner.text("currency_code")
    {
        let currency = currency.to_owned();
        change.set_field("currency_code", currency);
    }
    Ok(())
}
