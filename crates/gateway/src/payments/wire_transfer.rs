//! Wire transfers: a promise to pay by bank. Nothing is asked of anybody.

use kassa_commerce::error::CommerceError;
use kassa_commerce::payment_method::PaymentSourceKind;
use kassa_commerce::payment_source::PaymentSource;
use kassa_commerce::wire_transfer::WireTransfer;

use super::klarna_payment::{Saved, ensure_not_placing, plain_attributes, save};
use crate::caller::Caller;
use crate::error::GatewayError;
use crate::gateway::{Gateway, Rounds};
use crate::shop::graph::Draft;
use crate::shop::order::{self, LoadedOrder};

/// Makes a wire transfer the order's payment source; returns its id.
pub(crate) async fn create(
    gateway: &Gateway,
    caller: &Caller,
    order_id: &str,
    draft: &Draft,
) -> Result<String, GatewayError> {
    let id = gateway.new_id();
    let mut rounds = Rounds::new();
    loop {
        let loaded = order::load(gateway, &caller.scope(), order_id).await?;
        loaded.aggregate.ensure_source_open()?;
        ensure_method(&loaded)?;
        let mut transfer = WireTransfer::new(id.clone().into(), order_id.into());
        plain_attributes(&mut transfer.extra, draft);
        let mut after = loaded.aggregate.clone();
        after.set_payment_source(PaymentSource::WireTransfer(transfer));
        let set = gateway.change_set(&caller.realm);
        match save(gateway, &loaded, &after, set).await? {
            Saved::Yes => return Ok(id),
            Saved::Again(key) => rounds.again(&key).await?,
        }
    }
}

/// Writes the caller's own data on it.
pub(crate) async fn update(
    gateway: &Gateway,
    caller: &Caller,
    order_id: &str,
    draft: &Draft,
) -> Result<(), GatewayError> {
    let mut rounds = Rounds::new();
    loop {
        let loaded = order::load(gateway, &caller.scope(), order_id).await?;
        let Some(PaymentSource::WireTransfer(transfer)) = &loaded.aggregate.payment_source else {
            return Err(CommerceError::PaymentSourceMissing.into());
        };
        ensure_not_placing(&loaded)?;
        let mut transfer = transfer.clone();
        plain_attributes(&mut transfer.extra, draft);
        let mut after = loaded.aggregate.clone();
        after.set_payment_source(PaymentSource::WireTransfer(transfer));
        let set = gateway.change_set(&caller.realm);
        match save(gateway, &loaded, &after, set).await? {
            Saved::Yes => return Ok(()),
            Saved::Again(key) => rounds.again(&key).await?,
        }
    }
}

fn ensure_method(loaded: &LoadedOrder) -> Result<(), CommerceError> {
    let id = loaded.aggregate.order.payment_method_id.as_ref();
    let id = id.ok_or(CommerceError::PaymentMethodMissing)?;
    let mut enabled = loaded.catalogue.available_payment_methods();
    let method = enabled.find(|available| available.id == *id);
    let method = method.ok_or(CommerceError::PaymentMethodUnavailable)?;
    if PaymentSourceKind::parse(&method.payment_source_type)? != PaymentSourceKind::WireTransfer {
        return Err(CommerceError::PaymentSourceTypeMismatch);
    }
    Ok(())
}
