//! What callers write: models, subscriptions, items, and copies made by hand.
//!
//! Invariant: a row is judged by the rules before it is written, and its timer is written with it. A change of an item
//! moves its subscription's version, so no run begins on items that were changed at that moment.

use kassa_commerce::Frequency;
use kassa_commerce::body::Entity;
use kassa_commerce::catalogue::SubscriptionModel;
use kassa_commerce::error::SubscriptionError;
use kassa_commerce::ids::SubscriptionModelId;
use kassa_commerce::order_subscription::{OrderSubscription, items_of};
use kassa_commerce::states::{CopyStatus, SubscriptionStatus};
use kassa_storage::{Guard, Key, Put, QueueChange, Record};
use serde_json::Value;

use super::row;
use super::source::AWAITED;
use crate::error::{GatewayError, Violation};
use crate::shop::catalogue::typed;
use crate::shop::configuration::{Change, refuse};
use crate::shop::line_item::OWN;
use crate::shop::noun;
use crate::shop::read::Reader;

mod item;

pub(crate) use item::complete as item;

/// Judges a model: its strategy is known and its frequencies make sense.
pub(crate) fn model(change: &Change<'_>) -> Result<(), GatewayError> {
    let known = ["by_frequency", "by_line_items"];
    if change
        .text("strategy")
        .is_some_and(|own| !known.contains(&own))
    {
        return Err(SubscriptionError::StrategyInvalid.into());
    }
    let frequencies = change.body.get("frequencies").and_then(Value::as_array);
    let invalid = |message: &str| Err(refuse("frequencies", "invalid", message));
    let Some(frequencies) = frequencies.filter(|own| !own.is_empty()) else {
        return invalid("must hold at least one frequency");
    };
    for frequency in frequencies {
        let known = frequency.as_str().map(Frequency::parse);
        if !matches!(known, Some(Ok(_))) {
            return invalid("holds something that is no frequency");
        }
    }
    Ok(())
}

/// Completes and judges a subscription, and runs its triggers.
pub(crate) async fn subscription(
    change: &mut Change<'_>,
    reader: &mut Reader<'_>,
) -> Result<(), GatewayError> {
    let now = change.gateway.business_now(&change.caller.realm);
    let before: Option<OrderSubscription> = change.old.as_ref().map(typed).transpose()?;
    if let Some(before) = &before {
        ensure_alive(change, before)?;
    }
    let mut after = read(change)?;
    let offered = match &after.subscription_model_id {
        Some(id) => model_of(reader, id).await?.map(|model| model.frequencies),
        None => None,
    };
    match &before {
        None => begun(change, reader, &mut after).await?,
        Some(_) => pays(change, &after)?,
    }
    after.written(before.as_ref(), offered.as_deref(), now)?;
    if before.is_none() {
        follow_source(change, reader, &mut after, now).await?;
    }
    if change.triggered("_convert") {
        convert(change, reader, &mut after).await?;
    }
    if change.triggered("_activate") {
        after.activate(now)?;
    }
    if change.triggered("_deactivate") {
        after.deactivate()?;
    }
    if change.triggered("_cancel") {
        after.cancel()?;
    }
    let timer = row::subscription_timer(before.as_ref(), &after);
    change.set.queues.extend(timer);
    change.owner = after.customer_id.as_ref().map(|id| id.as_str().to_owned());
    change.body = after.to_body();
    Ok(())
}

fn read(change: &Change<'_>) -> Result<OrderSubscription, GatewayError> {
    let id = change.key.id.as_str();
    OrderSubscription::from_body(id, &change.body).map_err(|error| {
        let message = format!("cannot be used: {error}");
        GatewayError::violation(Violation::base("invalid", message))
    })
}

/// A cancelled subscription stays as it is, but for the caller's own notes.
fn ensure_alive(change: &Change<'_>, before: &OrderSubscription) -> Result<(), GatewayError> {
    let noted = |name: &String| OWN.contains(&name.as_str());
    let draft = change.draft;
    let plain = !draft.attributes.keys().all(noted) || !draft.relationships.is_empty();
    if before.status == SubscriptionStatus::Cancelled && plain {
        return Err(refuse(
            "status",
            "not_editable",
            "subscription is cancelled",
        ));
    }
    Ok(())
}

async fn model_of(
    reader: &mut Reader<'_>,
    id: &SubscriptionModelId,
) -> Result<Option<SubscriptionModel>, GatewayError> {
    let key = Key::new(SubscriptionModel::TYPE, id.as_str());
    let record = reader.snapshot.record(&key).await?;
    record.as_ref().map(typed).transpose()
}

/// What a new subscription takes over from its source order.
async fn begun(
    change: &mut Change<'_>,
    reader: &mut Reader<'_>,
    after: &mut OrderSubscription,
) -> Result<(), GatewayError> {
    let source = source_of(change, reader).await?;
    let of_source = |name: &str| source.text(name).map(str::to_owned);
    let guest = source.body.get("guest").and_then(Value::as_bool);
    let Some(customer) = of_source("customer_id").filter(|_| guest != Some(true)) else {
        return Err(SubscriptionError::Guest.into());
    };
    let market = of_source("market_id").map(|id| id.as_str().into());
    if after.market_id.is_some() && after.market_id != market {
        let message = "is not the market of the source order";
        let violation = Violation::relationship("market", "invalid", message);
        return Err(GatewayError::violation(violation));
    }
    after.market_id = market;
    after.customer_id = Some(customer.as_str().into());
    after.customer_email = of_source("customer_email");
    after.number = Some(noun::number(change.gateway).to_string());
    Ok(())
}

async fn source_of(change: &Change<'_>, reader: &mut Reader<'_>) -> Result<Record, GatewayError> {
    if let Some(row) = change.row("orders") {
        return Ok(row.clone());
    }
    let id = change.text("source_order_id").unwrap_or_default();
    let record = reader.snapshot.record(&Key::new("orders", id)).await?;
    record.ok_or_else(|| GatewayError::not_found("orders", id))
}

/// A bought source order is the first run at once; one that is not bought yet remembers that somebody waits for it.
async fn follow_source(
    change: &mut Change<'_>,
    reader: &mut Reader<'_>,
    after: &mut OrderSubscription,
    now: jiff::Timestamp,
) -> Result<(), GatewayError> {
    if !after.activate_by_source_order {
        return Ok(());
    }
    let mut source = source_of(change, reader).await?;
    let placed_at = source.text("placed_at").and_then(|at| at.parse().ok());
    match source.text("status").unwrap_or_default() {
        "placing" => Err(kassa_commerce::CommerceError::OrderBeingPlaced.into()),
        "cancelled" => {
            let violation = Violation::relationship("source_order", "invalid", "is cancelled");
            Err(GatewayError::violation(violation))
        }
        _ => {
            if let Some(placed_at) = placed_at {
                after.activate_by_source(placed_at, now)?;
            }
            source.body.insert(AWAITED.to_owned(), true.into());
            change.set.puts.push(Put {
                guard: Guard::At(source.version),
                record: source,
            });
            Ok(())
        }
    }
}

/// The wallet's entry must be the customer's own.
fn pays(change: &Change<'_>, after: &OrderSubscription) -> Result<(), GatewayError> {
    let Some(entry) = change.row("customer_payment_sources") else {
        return Ok(());
    };
    let customer = after.customer_id.as_ref().map(|id| id.as_str());
    if entry.text("customer_id") == customer {
        return Ok(());
    }
    let message = "is not in the wallet of the subscription's customer";
    let violation = Violation::relationship("customer_payment_source", "invalid", message);
    Err(GatewayError::violation(violation))
}

/// `_convert`: a subscription made by hand gets the model of its market, and the goods of its source order as items.
async fn convert(
    change: &mut Change<'_>,
    reader: &mut Reader<'_>,
    after: &mut OrderSubscription,
) -> Result<(), GatewayError> {
    if after.subscription_model_id.is_some() {
        return Err(SubscriptionError::ModelTaken.into());
    }
    let source = reader.loaded(after.source_order_id.as_str(), &[]).await?;
    let Some(model) = &source.catalogue.subscription_model else {
        return Err(SubscriptionError::ModelMissing.into());
    };
    if !model.frequencies.contains(&after.frequency) {
        let frequency = after.frequency.clone();
        return Err(SubscriptionError::FrequencyInvalid { frequency }.into());
    }
    after.subscription_model_id = Some(model.id.clone());
    let mut new_id = || change.gateway.new_id();
    for item in items_of(&source.aggregate, &after.id, &mut new_id) {
        let put = row::new("order_subscription_items", &item, change.now_us);
        change.set.puts.push(put);
    }
    Ok(())
}

/// Judges a copy, and sets the timer that makes it.
pub(crate) fn copy(change: &mut Change<'_>) -> Result<(), GatewayError> {
    if change.old.is_some() {
        return Ok(());
    }
    if let Some(subscription) = change.row("order_subscriptions") {
        if subscription.text("source_order_id") != change.text("source_order_id") {
            let message = "is not the source order of the subscription";
            let violation = Violation::relationship("source_order", "invalid", message);
            return Err(GatewayError::violation(violation));
        }
        if subscription.text("status") == Some(SubscriptionStatus::Cancelled.word()) {
            let violation =
                Violation::relationship("order_subscription", "invalid", "is cancelled");
            return Err(GatewayError::violation(violation));
        }
    }
    let timer = row::copy_timer(change.descriptor.kind, &change.key.id, change.now_us);
    change.set.queues.push(timer);
    Ok(())
}

/// What has to go with a row that is deleted: the timer, and what only it had.
///
/// # Errors
/// Locked while a run or a copy is under way.
pub(crate) async fn take_down(
    record: &Record,
    reader: &mut Reader<'_>,
    set: &mut kassa_storage::ChangeSet,
) -> Result<(), GatewayError> {
    let busy = || GatewayError::Locked(format!("{} is under way", record.key.id));
    match record.key.kind.as_ref() {
        "order_subscriptions" => {
            let subscription: OrderSubscription = typed(record)?;
            if subscription.run_copy_id.is_some() {
                return Err(busy());
            }
            let id = [record.key.id.clone()];
            let kinds = ["order_subscription_items"];
            let items = reader
                .snapshot
                .inverse(&kinds, "order_subscription", &id, u64::from(u16::MAX))
                .await?;
            for item in items {
                set.deletes.push((item.key, Guard::At(item.version)));
            }
            set.queues.push(QueueChange::Cancel {
                id: format!("{}:{}", super::SUBSCRIPTION, record.key.id),
            });
        }
        "order_copies" | "recurring_order_copies" => {
            if record.text("status") == Some(CopyStatus::InProgress.word()) {
                return Err(busy());
            }
            set.queues.push(QueueChange::Cancel {
                id: row::copy_timer_id(&record.key.id),
            });
        }
        _ => {}
    }
    Ok(())
}
