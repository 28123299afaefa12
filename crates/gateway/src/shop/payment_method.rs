//! Payment methods: only kinds that are served, each with a gateway of its own kind.

use kassa_commerce::external_payment::GATEWAY_TYPE;
use kassa_commerce::payment_method::PaymentSourceKind;
use kassa_storage::Key;

use super::configuration::Change;
use crate::error::{GatewayError, Violation};
use crate::shop::read::Reader;

/// Completes and judges a payment method.
pub(crate) async fn complete(
    change: &mut Change<'_>,
    reader: &mut Reader<'_>,
) -> Result<(), GatewayError> {
    let kind = PaymentSourceKind::parse(change.text("payment_source_type").unwrap_or_default())?;
    let (gateway, name) = match kind {
        PaymentSourceKind::Klarna => ("klarna_gateways", "Klarna"),
        PaymentSourceKind::WireTransfer => ("manual_gateways", "Wire transfer"),
        PaymentSourceKind::External => (GATEWAY_TYPE, "External payment"),
    };
    if change
        .text("payment_gateway_type")
        .is_some_and(|own| own != gateway)
    {
        let violation = Violation::relationship(
            "payment_gateway",
            "invalid",
            format!("{} need one of {gateway}", kind.word()),
        );
        return Err(GatewayError::violation(violation));
    }
    if change.text("name").is_none() {
        change.set_field("name", name);
    }
    inherit_currency(change, reader).await
}

/// The currency of the market's price list, where none was sent.
pub(crate) async fn inherit_currency(
    change: &mut Change<'_>,
    reader: &mut Reader<'_>,
) -> Result<(), GatewayError> {
    if change.text("currency_code").is_some() {
        return Ok(());
    }
    let Some(market) = change.text("market_id").map(|id| Key::new("markets", id)) else {
        return Ok(());
    };
    let Some(market) = reader.snapshot.record(&market).await? else {
        return Ok(());
    };
    let list = Key::new(
        "price_lists",
        market.text("price_list_id").unwrap_or_default(),
    );
    if let Some(list) = reader.snapshot.record(&list).await?
        && let Some(currency) = list.text("currency_code")
    {
        let currency = currency.to_owned();
        change.set_field("currency_code", currency);
    }
    Ok(())
}
