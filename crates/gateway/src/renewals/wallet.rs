//! What pays a copy: the wallet's entry that its subscription names, else the one made of its source order, else the
//! newest that the customer has.

use kassa_commerce::aggregate::OrderAggregate;
use kassa_commerce::order_subscription::OrderSubscription;
use kassa_commerce::payment_method::PaymentSourceKind;
use kassa_commerce::payment_source::PaymentSource;
use kassa_commerce::wire_transfer::WireTransfer;
use kassa_storage::{Key, Record, Snapshot};

use crate::error::GatewayError;
use crate::gateway::Gateway;
use crate::shop::order::LoadedOrder;
use crate::shop::wallet;

/// Entries of one wallet that are looked at.
const ENTRIES: u64 = 100;

/// What can pay.
#[derive(Debug)]
pub(super) enum Payer {
    /// A tokenized source.
    Entry(Box<Record>),
    /// The source order was paid by bank, and so will this one.
    Wire,
    /// Nothing.
    Nobody,
}

/// Finds what pays copies of `source`.
pub(super) async fn find(
    gateway: &Gateway,
    snapshot: &mut dyn Snapshot,
    subscription: Option<&OrderSubscription>,
    source: &LoadedOrder,
) -> Result<Payer, GatewayError> {
    let customer = source.aggregate.order.customer_id.as_ref();
    let Some(customer) = customer.map(|id| id.as_str()) else {
        return Ok(Payer::Nobody);
    };
    let named = subscription.and_then(|own| own.customer_payment_source_id.clone());
    let made = match (&named, &source.aggregate.payment_source) {
        (None, Some(source)) if source.kind() != PaymentSourceKind::WireTransfer => {
            snapshot.claim(&wallet::claim(source.id())).await?
        }
        _ => None,
    };
    if let Some(id) = named.or(made) {
        let record = snapshot.record(&Key::new(wallet::ENTRY, id)).await?;
        let own = record.filter(|entry| entry.text("customer_id") == Some(customer));
        if let Some(entry) = own.filter(wallet::can_pay) {
            return Ok(Payer::Entry(Box::new(entry)));
        }
    }
    // Placed, but not kept in the wallet yet.
    let now_us = source.now.as_microsecond();
    if let Some((entry, _)) = wallet::entry_of(gateway, source, now_us) {
        return Ok(Payer::Entry(Box::new(entry)));
    }
    if let Some(PaymentSource::WireTransfer(_)) = &source.aggregate.payment_source {
        return Ok(Payer::Wire);
    }
    let customer = [customer.to_owned()];
    let mut entries = snapshot
        .inverse(&[wallet::ENTRY], "customer", &customer, ENTRIES)
        .await?;
    entries.retain(wallet::can_pay);
    Ok(entries
        .pop()
        .map_or(Payer::Nobody, |entry| Payer::Entry(Box::new(entry))))
}

impl Payer {
    /// The payment method that goes with it.
    pub(super) fn method(&self) -> Option<&str> {
        match self {
            Self::Entry(entry) => entry.text("payment_method_id"),
            Self::Wire | Self::Nobody => None,
        }
    }

    /// Puts the source on a target order. What cannot pay here leaves it without one, and placing says so.
    pub(super) fn attach(
        &self,
        gateway: &Gateway,
        target: OrderAggregate,
        loaded: &LoadedOrder,
    ) -> Result<OrderAggregate, GatewayError> {
        match self {
            Self::Entry(entry) => {
                match wallet::with_source(gateway, &target, &loaded.catalogue, entry) {
                    Err(GatewayError::Invalid(_)) => Ok(target),
                    other => other,
                }
            }
            Self::Wire => {
                let mut target = target;
                let id = gateway.new_id().as_str().into();
                let transfer = WireTransfer::new(id, target.order.id.clone());
                target.set_payment_source(PaymentSource::WireTransfer(transfer));
                Ok(target)
            }
            Self::Nobody => Ok(target),
        }
    }
}
