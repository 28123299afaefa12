//! Makes the target order of a copy: reads the source, builds by the rules, and adds the rows to a change set.

use kassa_commerce::address::Address;
use kassa_commerce::aggregate::{OrderAggregate, Parties};
use kassa_commerce::cart::CartContext;
use kassa_commerce::ids::{OrderId, PaymentMethodId};
use kassa_commerce::line_item::ItemType;
use kassa_commerce::order_copy::{Blueprint, CopyOptions, Lines, OrderCopy, build};
use kassa_commerce::order_subscription::{OrderSubscription, OrderSubscriptionItem};
use kassa_storage::{ChangeSet, Realm, Scope};

use super::row;
use super::wallet::{self, Payer};
use crate::error::GatewayError;
use crate::gateway::Gateway;
use crate::shop::noun;
use crate::shop::order::{self, LoadedOrder};
use crate::shop::order_write::put_addresses;

/// A target order that is not written yet.
pub(super) struct Made {
    order: Box<LoadedOrder>,
    aggregate: OrderAggregate,
    addresses: Vec<Address>,
}

impl Made {
    pub(super) fn id(&self) -> &OrderId {
        &self.aggregate.order.id
    }

    /// Adds the order with its parts and addresses.
    pub(super) fn write(&self, now_us: i64, set: &mut ChangeSet) {
        put_addresses(&self.addresses, now_us, set);
        self.order.write(&self.aggregate, now_us, set);
    }
}

/// Makes the target order of `copy`.
///
/// # Errors
/// 422 and not found for what is wrong with the order, everything else for what is wrong with the machine.
pub(super) async fn target(
    gateway: &Gateway,
    realm: &Realm,
    copy: &OrderCopy,
    subscription: Option<&OrderSubscription>,
) -> Result<Made, GatewayError> {
    let scope = Scope::realm(realm.clone());
    let mut snapshot = gateway.snapshot(&scope).await?;
    let model = subscription.filter(|own| own.subscription_model_id.is_some());
    let items = match model {
        Some(own) => row::items(snapshot.as_mut(), own).await?,
        None => Vec::new(),
    };
    let skus = ids_of(&items, ItemType::Skus);
    let source_id = copy.source_order_id.as_str();
    let mut source = order::load_with(gateway, snapshot.as_mut(), &scope, source_id, &skus).await?;
    for bundle in ids_of(&items, ItemType::Bundles) {
        source.add_bundle(snapshot.as_mut(), &bundle).await?;
    }
    let payer = if copy.options.reuse_wallet {
        wallet::find(gateway, snapshot.as_mut(), subscription, &source).await?
    } else {
        Payer::Nobody
    };
    drop(snapshot);
    let lines = match model {
        Some(own) => Lines::Items(&items, &own.frequency),
        None => Lines::OfSource,
    };
    built(gateway, *source, lines, &payer, copy.options, subscription)
}

fn built(
    gateway: &Gateway,
    source: LoadedOrder,
    lines: Lines<'_>,
    payer: &Payer,
    options: CopyOptions,
    subscription: Option<&OrderSubscription>,
) -> Result<Made, GatewayError> {
    let mut catalogue = source.catalogue.clone();
    // Gift cards are money: what the source order paid with them is not paid again.
    catalogue.gift_card = None;
    if !options.apply_promotions {
        catalogue.coupon = None;
    }
    let (parties, addresses) = own_addresses(gateway, &source.parties);
    let method = payer.method().map(PaymentMethodId::from);
    let blueprint = Blueprint {
        source: &source.aggregate,
        lines,
        payment_method: method.as_ref(),
        subscription: subscription.map(|own| &own.id),
        options,
    };
    let context = CartContext {
        parties: &parties,
        catalogue: &catalogue,
        now: source.now,
    };
    let mut new_id = || gateway.new_id();
    let (id, token) = (gateway.new_id(), noun::page_token(gateway));
    let target = build(id.into(), token, &blueprint, &context, &mut new_id)?;
    let order = LoadedOrder::unsaved(
        target.order.clone(),
        parties,
        catalogue,
        std::collections::HashMap::new(),
        source.now,
    );
    let aggregate = payer.attach(gateway, target, &order)?;
    Ok(Made {
        order: Box::new(order),
        aggregate,
        addresses,
    })
}

/// Copies of the addresses: editing one order's must not edit what another sold.
fn own_addresses(gateway: &Gateway, source: &Parties) -> (Parties, Vec<Address>) {
    let copy = |address: &Option<Address>| {
        let id = || gateway.new_id().as_str().into();
        address.as_ref().map(|address| address.cloned_as(id()))
    };
    let parties = Parties {
        customer: source.customer.clone(),
        billing_address: copy(&source.billing_address),
        shipping_address: copy(&source.shipping_address),
    };
    let both = [&parties.billing_address, &parties.shipping_address];
    let addresses = both.into_iter().flatten().cloned().collect();
    (parties, addresses)
}

fn ids_of(items: &[OrderSubscriptionItem], of: ItemType) -> Vec<String> {
    let own = items.iter().filter(|item| item.item_type == of);
    let mut ids: Vec<String> = own.filter_map(|item| item.item_id.clone()).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}
