//! The parts of reading an order: it and what it owns, people and places, the market's configuration, its goods.
//!
//! Invariant: all of it comes out of the caller's snapshot. Versions are noted for whoever wants to write on them.

use std::collections::HashMap;
use std::sync::Arc;

use kassa_commerce::address::Address;
use kassa_commerce::aggregate::{OrderAggregate, Parties};
use kassa_commerce::body::Entity;
use kassa_commerce::catalogue::Catalogue;
use kassa_commerce::line_item::ItemType;
use kassa_commerce::order::Order;
use kassa_storage::{Key, Realm, Record, Snapshot};

use crate::error::GatewayError;
use crate::gateway::Gateway;
use crate::shop::catalogue::{self, Configuration, typed};
use crate::shop::offers;
use crate::shop::order_record::assemble;

/// The order's rows, itself first and its parts in the order in which they were made, and what they are together.
///
/// # Errors
/// [`GatewayError::NotFound`] when there is no such order, or the store cannot be read.
pub(crate) async fn whole(
    snapshot: &mut dyn Snapshot,
    key: &Key,
) -> Result<(Vec<Record>, OrderAggregate), GatewayError> {
    let mut records = snapshot.aggregate(key).await?;
    // Whatever order the store answers in.
    records.sort_by(|one, other| {
        (!one.is_root(), one.created_at, &one.key.id).cmp(&(
            !other.is_root(),
            other.created_at,
            &other.key.id,
        ))
    });
    let aggregate = assemble(&records, key)?
        .ok_or_else(|| GatewayError::not_found(Order::TYPE, key.id.as_str()))?;
    Ok((records, aggregate))
}

/// The configuration of the order's market.
///
/// # Errors
/// When the order has no market, or the store cannot be read.
pub(crate) async fn configuration(
    gateway: &Gateway,
    snapshot: &mut dyn Snapshot,
    realm: &Realm,
    order: &Order,
) -> Result<Arc<Configuration>, GatewayError> {
    let market = order.market_id.clone().unwrap_or_default();
    catalogue::configuration(&gateway.configurations, snapshot, realm, market.as_str())
        .await?
        .ok_or_else(|| GatewayError::Internal(format!("order {} has no market", order.id.as_str())))
}

/// Adds the SKUs and bundles of the order's lines, and `more_skus` (ids), with their prices and stock.
///
/// # Errors
/// When the store cannot be read.
pub(crate) async fn goods(
    snapshot: &mut dyn Snapshot,
    (catalogue, versions): (&mut Catalogue, &mut HashMap<Key, i64>),
    aggregate: &OrderAggregate,
    more_skus: &[String],
) -> Result<(), GatewayError> {
    let bundles = items(aggregate, ItemType::Bundles);
    let inside = offers::add_bundles(snapshot, catalogue, versions, &bundles).await?;
    let mut ids = items(aggregate, ItemType::Skus);
    ids.extend(more_skus.iter().cloned());
    ids.extend(inside);
    ids.sort_unstable();
    ids.dedup();
    catalogue::add_goods(snapshot, catalogue, versions, &ids).await
}

/// Ids of what the order's lines of one type stand for, each once.
fn items(aggregate: &OrderAggregate, item_type: ItemType) -> Vec<String> {
    let lines = aggregate.lines_of(item_type);
    let mut ids: Vec<String> = lines.filter_map(|line| line.item_id.clone()).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// Reads the customer and the addresses that the order names.
pub(crate) async fn parties(
    snapshot: &mut dyn Snapshot,
    order: &Order,
    versions: &mut HashMap<Key, i64>,
) -> Result<Parties, GatewayError> {
    let customer = order
        .customer_id
        .as_ref()
        .map(|id| Key::new("customers", id.as_str()));
    let billing = order
        .billing_address_id
        .as_ref()
        .map(|id| Key::new("addresses", id.as_str()));
    let shipping = order
        .shipping_address_id
        .as_ref()
        .map(|id| Key::new("addresses", id.as_str()));
    let mut keys: Vec<Key> = [&customer, &billing, &shipping]
        .into_iter()
        .flatten()
        .cloned()
        .collect();
    keys.dedup();
    if keys.is_empty() {
        return Ok(Parties::default());
    }
    let records = snapshot.records(&keys).await?;
    for record in &records {
        versions.insert(record.key.clone(), record.version);
    }
    let find = |key: &Option<Key>| {
        key.as_ref()
            .and_then(|key| records.iter().find(|record| record.key == *key))
    };
    let address = |key: &Option<Key>| find(key).map(typed::<Address>).transpose();
    Ok(Parties {
        customer: find(&customer).map(typed).transpose()?,
        billing_address: address(&billing)?,
        shipping_address: address(&shipping)?,
    })
}
