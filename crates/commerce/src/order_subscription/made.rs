//! How the lines of an order become subscriptions.

use jiff::Timestamp;
use serde_json::Map;

use super::{OrderSubscription, OrderSubscriptionItem};
use crate::aggregate::OrderAggregate;
use crate::cart::NewId;
use crate::catalogue::{SubscriptionModel, SubscriptionStrategy};
use crate::error::SubscriptionError;
use crate::ids::{OrderId, OrderSubscriptionId};
use crate::line_item::{ItemType, LineItem};

/// Claim on what one order subscribes to: the owner is the subscription.
const CLAIM_SOURCE: &str = "order_subscription.source";

/// A subscription to be made, with its items.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NewSubscription {
    /// The subscription.
    pub subscription: OrderSubscription,
    /// What it sells.
    pub items: Vec<OrderSubscriptionItem>,
    /// What of the order it stands for: a frequency, or a line.
    pub part: String,
}

/// Kind and value of the claim that keeps the same part of an order from being subscribed to twice.
pub fn source_claim(order_id: &OrderId, part: &str) -> (&'static str, String) {
    (CLAIM_SOURCE, format!("{order_id}/{part}"))
}

/// The subscriptions that a placed order makes by the market's model.
///
/// # Errors
/// A guest's order; an order without a line that recurs; a frequency that cannot be used.
pub fn of_order(
    order: &OrderAggregate,
    model: &SubscriptionModel,
    now: Timestamp,
    new_id: NewId<'_>,
) -> Result<Vec<NewSubscription>, SubscriptionError> {
    if order.order.guest || order.order.customer_id.is_none() {
        return Err(SubscriptionError::Guest);
    }
    let mut parts: Vec<(String, &str, Vec<&LineItem>)> = Vec::new();
    for line in order.goods() {
        let frequency = line.frequency.as_deref().unwrap_or_default();
        if frequency.is_empty() {
            continue;
        }
        let part = match model.strategy {
            SubscriptionStrategy::ByFrequency => frequency,
            SubscriptionStrategy::ByLineItems => line.id.as_str(),
        };
        match parts.iter_mut().find(|(known, ..)| known == part) {
            Some((.., lines)) => lines.push(line),
            None => parts.push((part.to_owned(), frequency, vec![line])),
        }
    }
    if parts.is_empty() {
        return Err(SubscriptionError::NothingRecurs);
    }
    let mut made = Vec::new();
    for (part, frequency, lines) in parts {
        let mut subscription = OrderSubscription {
            id: new_id().into(),
            frequency: frequency.to_owned(),
            customer_email: order.order.customer_email.clone(),
            market_id: order.order.market_id.clone(),
            subscription_model_id: Some(model.id.clone()),
            source_order_id: order.order.id.clone(),
            customer_id: order.order.customer_id.clone(),
            activate_by_source_order: model.auto_activate,
            ..OrderSubscription::default()
        };
        subscription.starts_at = order.order.placed_at;
        if model.auto_activate {
            let placed_at = order.order.placed_at.unwrap_or(now);
            subscription.activate_by_source(placed_at, now)?;
        }
        let items = lines
            .into_iter()
            .map(|line| item(&subscription.id, line, &mut *new_id))
            .collect();
        made.push(NewSubscription {
            subscription,
            items,
            part,
        });
    }
    Ok(made)
}

/// Items for all goods of an order, as `_convert` gives them to a subscription that had none.
pub fn items_of(
    order: &OrderAggregate,
    subscription: &OrderSubscriptionId,
    new_id: NewId<'_>,
) -> Vec<OrderSubscriptionItem> {
    let goods = order.goods();
    goods
        .map(|line| item(subscription, line, &mut *new_id))
        .collect()
}

fn item(
    subscription: &OrderSubscriptionId,
    line: &LineItem,
    new_id: NewId<'_>,
) -> OrderSubscriptionItem {
    let mut extra = Map::new();
    // The item under the name of its type, as the API shows it too.
    let named = match line.item_type {
        ItemType::Skus => Some("sku_id"),
        ItemType::Bundles => Some("bundle_id"),
        _ => None,
    };
    if let (Some(name), Some(id)) = (named, &line.item_id) {
        extra.insert(name.to_owned(), id.as_str().into());
    }
    OrderSubscriptionItem {
        id: new_id().into(),
        order_subscription_id: subscription.clone(),
        sku_code: line.sku_code.clone(),
        bundle_code: line.bundle_code.clone(),
        quantity: line.quantity,
        unit_amount_cents: Some(line.unit_amount_cents),
        total_amount_cents: line.unit_amount_cents.checked_mul(line.quantity).ok(),
        item_type: line.item_type,
        item_id: line.item_id.clone(),
        source_line_item_id: Some(line.id.clone()),
        unit_amount_fixed: line.unit_amount_fixed,
        extra,
    }
}
