//! What pays a copy: the wallet's entry that its subscription names, else the one made of its source order, else the
//! newest that the customer has. Tokens that Klarna has refused for good pay nothing any more.

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
    /// Nothing but tokens that Klarna has refused for good.
    Refused,
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
    let mut refused = false;
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
            if !wallet::is_refused(snapshot, &entry.body).await? {
                return Ok(Payer::Entry(Box::new(entry)));
            }
            refused = true;
        }
    }
    // Placed, but not kept in the wallet yet.
    let now_us = source.now.as_microsecond();
    let (aggregate, catalogue) = (&source.aggregate, &source.catalogue);
    if let Some((entry, _)) = wallet::entry_of(gateway, aggregate, catalogue, now_us) {
        if !wallet::is_refused(snapshot, &entry.body).await? {
            return Ok(Payer::Entry(Box::new(entry)));
        }
        refused = true;
    }
    if let Some(PaymentSource::WireTransfer(_)) = &source.aggregate.payment_source {
        return Ok(Payer::Wire);
    }
    let customer = [customer.to_owned()];
    let mut entries = snapshot
        .inverse(&[wallet::ENTRY], "customer", &customer, ENTRIES)
        .await?;
    entries.retain(wallet::can_pay);
    while let Some(entry) = entries.pop() {
        if !wallet::is_refused(snapshot, &entry.body).await? {
            return Ok(Payer::Entry(Box::new(entry)));
        }
        refused = true;
    }
    Ok(if refused {
        Payer::Refused
    } else {
        Payer::Nobody
    })
}

impl Payer {
    /// The payment method that goes with it.
    pub(super) fn method(&self) -> Option<&str> {
        match self {
            Self::Entry(entry) => entry.text("payment_method_id"),
            Self::Wire | Self::Refused | Self::Nobody => None,
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
            Self::Refused | Self::Nobody => Ok(target),
        }
    }
}
