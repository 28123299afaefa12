//! An order as it is looked at: what its ways to travel hang on, without what only a change needs.
//!
//! Invariant: the same rules read it as decide about a change, over the same rows of the same snapshot. Goods with
//! their prices and stock are read only where a way to travel asks for their weight.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use kassa_commerce::aggregate::{OrderAggregate, Parties};
use kassa_commerce::body::Entity;
use kassa_commerce::catalogue::Catalogue;
use kassa_commerce::order::Order;
use kassa_storage::{Key, Realm, Snapshot};

use crate::error::GatewayError;
use crate::gateway::Gateway;
use crate::shop::catalogue::Configuration;
use crate::shop::order_read;

/// An order, read to be shown.
#[derive(Debug)]
pub(crate) struct OrderView {
    /// The order and what it owns.
    pub aggregate: OrderAggregate,
    /// Customer and addresses.
    pub parties: Parties,
    /// Business time of the read.
    pub now: Timestamp,
    configuration: Arc<Configuration>,
    /// The configuration with the order's goods, where their weight counts.
    weighed: Option<Box<Catalogue>>,
}

impl OrderView {
    /// What decides about the ways to travel.
    pub(crate) fn catalogue(&self) -> &Catalogue {
        match &self.weighed {
            Some(weighed) => weighed,
            None => &self.configuration.catalogue,
        }
    }
}

/// Reads the order `id`; who may see it was judged before.
///
/// # Errors
/// [`GatewayError::NotFound`] when there is no such order, or the store cannot be read.
pub(crate) async fn see(
    gateway: &Gateway,
    snapshot: &mut dyn Snapshot,
    realm: &Realm,
    id: &str,
) -> Result<OrderView, GatewayError> {
    let key = Key::new(Order::TYPE, id);
    let (_, aggregate) = order_read::whole(snapshot, &key).await?;
    let mut versions = HashMap::new();
    let parties = order_read::parties(snapshot, &aggregate.order, &mut versions).await?;
    let configuration =
        order_read::configuration(gateway, snapshot, realm, &aggregate.order).await?;
    let mut weighed = None;
    if configuration.catalogue.ships_by_weight() {
        let mut catalogue = Box::new(configuration.catalogue.clone());
        let goods = (&mut *catalogue, &mut versions);
        order_read::goods(snapshot, goods, &aggregate, &[]).await?;
        weighed = Some(catalogue);
    }
    Ok(OrderView {
        aggregate,
        parties,
        now: gateway.business_now(realm),
        configuration,
        weighed,
    })
}
