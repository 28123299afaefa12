//! Items of subscriptions: what a run sells, priced as of today unless the price is given.

use kassa_commerce::body::Entity;
use kassa_commerce::catalogue::Adjustment;
use kassa_commerce::line_item::ItemType;
use kassa_commerce::order_subscription::{OrderSubscription, OrderSubscriptionItem};
use kassa_commerce::states::SubscriptionStatus;
use kassa_money::MinorUnits;
use kassa_storage::{Guard, Key, Put, Record};

use crate::error::{GatewayError, Violation};
use crate::shop::catalogue::{add_goods, typed};
use crate::shop::configuration::{Change, refuse};
use crate::shop::offers::add_bundles;
use crate::shop::read::Reader;
use crate::shop::unique;

/// Types that an item may stand for, with the relationship and the attribute that name one too.
const TYPES: &[(ItemType, &str, Option<&str>)] = &[
    (ItemType::Skus, "sku", Some("sku_code")),
    (ItemType::Bundles, "bundle", Some("bundle_code")),
    (ItemType::Adjustments, "adjustment", None),
];

/// Completes and judges an item.
pub(crate) async fn complete(
    change: &mut Change<'_>,
    reader: &mut Reader<'_>,
) -> Result<(), GatewayError> {
    let subscription = subscription_of(change, reader).await?;
    let quantity = change
        .body
        .get("quantity")
        .and_then(serde_json::Value::as_i64);
    if quantity.is_none_or(|quantity| quantity < 1) {
        return Err(refuse("quantity", "greater_than", "must be greater than 0"));
    }
    if change.old.is_none() {
        named(change, reader).await?;
    } else if let Some(name) = ["sku_code", "bundle_code"]
        .iter()
        .find(|name| change.draft.attributes.contains_key(**name))
    {
        let message = "cannot change: delete the item and add another";
        return Err(refuse(name, "invalid", message));
    }
    let id = change.key.id.as_str();
    let mut item = OrderSubscriptionItem::from_body(id, &change.body).map_err(|error| {
        let message = format!("cannot be used: {error}");
        GatewayError::violation(Violation::base("invalid", message))
    })?;
    match change.draft.attributes.get("unit_amount_cents") {
        Some(value) => item.unit_amount_fixed = !value.is_null(),
        None if change.old.is_none() => item.unit_amount_fixed = false,
        None => {}
    }
    if !item.unit_amount_fixed {
        item.unit_amount_cents = Some(price(change, reader, &item, &subscription).await?);
    }
    let unit = item.unit_amount_cents.unwrap_or_default();
    let total = unit.checked_mul(item.quantity);
    item.total_amount_cents = Some(total.map_err(kassa_commerce::CommerceError::from)?);
    change.body = item.to_body();
    Ok(())
}

/// The subscription, which is written too: whoever begins a run at this moment has to look again.
async fn subscription_of(
    change: &mut Change<'_>,
    reader: &mut Reader<'_>,
) -> Result<OrderSubscription, GatewayError> {
    let id = change.text("order_subscription_id").unwrap_or_default();
    let key = Key::new(OrderSubscription::TYPE, id);
    let record = reader.snapshot.record(&key).await?;
    let record = record.ok_or_else(|| GatewayError::not_found(OrderSubscription::TYPE, &key.id))?;
    let subscription: OrderSubscription = typed(&record)?;
    if subscription.status == SubscriptionStatus::Cancelled {
        return Err(refuse(
            "status",
            "not_editable",
            "subscription is cancelled",
        ));
    }
    change.set.puts.push(Put {
        guard: Guard::At(record.version),
        record: Record {
            updated_at: change.now_us,
            ..record
        },
    });
    Ok(subscription)
}

/// Finds what the item stands for: by its relationship, by that of its type, or by a code.
async fn named(change: &mut Change<'_>, reader: &mut Reader<'_>) -> Result<(), GatewayError> {
    for (item_type, relationship, attribute) in TYPES {
        let kind = item_type.word();
        let field = format!("{relationship}_id");
        let of_item = change
            .text("item_id")
            .filter(|_| change.text("item_type") == Some(kind));
        let mut id = of_item.or(change.text(&field)).map(str::to_owned);
        if let (None, Some(code)) = (&id, attribute.and_then(|name| change.text(name))) {
            let claim = unique::claim(kind, "code", code);
            id = reader.snapshot.claim(&claim).await?;
            if id.is_none() {
                let name = attribute.unwrap_or_default();
                return Err(refuse(name, "invalid", "does not exist"));
            }
        }
        let Some(id) = id else { continue };
        let record = reader.snapshot.record(&Key::new(kind, id.as_str())).await?;
        let code = record.as_ref().and_then(|record| record.text("code"));
        if let (Some(name), Some(code)) = (attribute, code) {
            change.set_field(name, code);
        }
        change.set_field("item_type", kind);
        change.set_field("item_id", id.as_str());
        change.set_field(&field, id);
        return Ok(());
    }
    let violation = Violation::relationship("item", "blank", "can't be blank");
    Err(GatewayError::violation(violation))
}

/// What one costs today.
async fn price(
    change: &Change<'_>,
    reader: &mut Reader<'_>,
    item: &OrderSubscriptionItem,
    subscription: &OrderSubscription,
) -> Result<MinorUnits, GatewayError> {
    let id = item.item_id.clone().unwrap_or_default();
    if item.item_type == ItemType::Adjustments {
        let key = Key::new("adjustments", id);
        let record = reader.snapshot.record(&key).await?;
        let adjustment: Option<Adjustment> = record.as_ref().map(typed).transpose()?;
        return Ok(adjustment.map_or(MinorUnits::ZERO, |own| own.amount_cents));
    }
    let market = subscription.market_id.as_ref().map(|id| id.as_str());
    let Some(configuration) = reader.configuration_of(market).await? else {
        let message = format!("subscription {} has no market", change.key.id);
        return Err(GatewayError::Internal(message));
    };
    let mut catalogue = configuration.catalogue.clone();
    let mut versions = std::collections::HashMap::new();
    let snapshot = reader.snapshot.as_mut();
    if item.item_type == ItemType::Bundles {
        let skus = add_bundles(snapshot, &mut catalogue, &mut versions, &[id]).await?;
        add_goods(snapshot, &mut catalogue, &mut versions, &skus).await?;
        let code = item.bundle_code.as_deref().unwrap_or_default();
        let bundle = catalogue.bundle(code);
        return Ok(bundle.map_or(Ok(MinorUnits::ZERO), |own| catalogue.bundle_price(own))?);
    }
    add_goods(snapshot, &mut catalogue, &mut versions, &[id]).await?;
    let code = item.sku_code.as_deref().unwrap_or_default();
    let frequency = Some(subscription.frequency.as_str());
    let (amount, _) = catalogue.unit_price(code, item.quantity, frequency)?;
    Ok(amount)
}
