//! Prices: one for each SKU and price list, in the list's currency.

use kassa_storage::Key;

use super::configuration::Change;
use crate::error::{GatewayError, Violation};
use crate::shop::read::Reader;

/// Completes and judges a price.
pub(crate) async fn complete(
    change: &mut Change<'_>,
    reader: &mut Reader<'_>,
) -> Result<(), GatewayError> {
    find_sku(change, reader, true).await?;
    let list = Key::new(
        "price_lists",
        change.text("price_list_id").unwrap_or_default(),
    );
    if let Some(list) = reader.snapshot.record(&list).await? {
        let currency = list.text("currency_code").unwrap_or_default().to_owned();
        change.set_field("currency_code", currency);
    }
    Ok(())
}

/// Brings `sku` and `sku_code` together: either may be sent, the relationship wins.
pub(crate) async fn find_sku(
    change: &mut Change<'_>,
    reader: &mut Reader<'_>,
    required: bool,
) -> Result<(), GatewayError> {
    let named = change.draft.relationships.contains_key("sku");
    let coded = change.draft.attributes.contains_key("sku_code");
    if let (true, Some(sku)) = (named, change.row("skus")) {
        let code = sku.text("code").unwrap_or_default().to_owned();
        change.set_field("sku_code", code);
        return Ok(());
    }
    if !coded {
        if required && change.text("sku_id").is_none() {
            let violation = Violation::relationship("sku", "blank", "can't be blank");
            return Err(GatewayError::violation(violation));
        }
        return Ok(());
    }
    let code = change.text("sku_code").unwrap_or_default().to_owned();
    let claim = super::unique::claim("skus", "code", &code);
    let Some(id) = reader.snapshot.claim(&claim).await? else {
        let violation = Violation::attribute("sku_code", "invalid", "is no SKU's code");
        return Err(GatewayError::violation(violation.with_value(code.into())));
    };
    change.set_field("sku_id", id);
    Ok(())
}
