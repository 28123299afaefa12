//! Rows of subscriptions, items and copies: read typed, written guarded, with the timer that follows from them.
//!
//! Invariant: a subscription has one timer, due when somebody has to look at it next. While a run is under way the timer
//! belongs to the run, which ends by setting it anew.

use kassa_commerce::body::Entity;
use kassa_commerce::order_copy::OrderCopy;
use kassa_commerce::order_subscription::{OrderSubscription, OrderSubscriptionItem};
use kassa_storage::{Guard, Key, Put, QueueChange, Realm, Record, Scope, Snapshot, Timer};
use serde_json::{Value, json};

use super::{COPY, SUBSCRIPTION};
use crate::error::GatewayError;
use crate::gateway::Gateway;
use crate::shop::catalogue::typed;

/// Items of one subscription that are read. Ours: as many lines as a cart may have.
const ITEMS: u64 = 1_000;

/// A row with what it says.
#[derive(Debug, Clone)]
pub(super) struct Row<T> {
    pub value: T,
    pub record: Record,
}

impl<T: Entity> Row<T> {
    pub(super) fn of(record: Record) -> Result<Self, GatewayError> {
        let value = typed(&record)?;
        Ok(Self { value, record })
    }

    /// Reads a row; `None` when it is gone.
    pub(super) async fn read(
        gateway: &Gateway,
        realm: &Realm,
        kind: &'static str,
        id: &str,
    ) -> Result<Option<Self>, GatewayError> {
        let mut snapshot = gateway.snapshot(&Scope::realm(realm.clone())).await?;
        let record = snapshot.record(&Key::new(kind, id)).await?;
        record.map(Self::of).transpose()
    }

    /// Writes what the row shall say.
    pub(super) fn put(&self, value: &T, now_us: i64) -> Put {
        Put {
            guard: Guard::At(self.record.version),
            record: Record {
                body: value.to_body(),
                updated_at: now_us,
                ..self.record.clone()
            },
        }
    }
}

/// A new subscription's row; its customer owns it.
pub(super) fn new_subscription(subscription: &OrderSubscription, now_us: i64) -> Put {
    let key = Key::new(OrderSubscription::TYPE, subscription.id.as_str());
    let mut record = Record::root(key, subscription.to_body(), now_us);
    let market = subscription.market_id.as_ref();
    record.market = market.map(|id| id.as_str().to_owned());
    let owner = subscription.customer_id.as_ref();
    record.owner = owner.map(|id| id.as_str().to_owned());
    let guard = Guard::New;
    Put { record, guard }
}

/// A new row of any other type.
pub(super) fn new<T: Entity>(kind: &'static str, value: &T, now_us: i64) -> Put {
    let key = Key::new(kind, value.id());
    Put {
        record: Record::root(key, value.to_body(), now_us),
        guard: Guard::New,
    }
}

/// The items of a subscription, oldest first.
pub(super) async fn items(
    snapshot: &mut dyn Snapshot,
    subscription: &OrderSubscription,
) -> Result<Vec<OrderSubscriptionItem>, GatewayError> {
    let ids = [subscription.id.as_str().to_owned()];
    let kinds = [OrderSubscriptionItem::TYPE];
    let rows = snapshot
        .inverse(&kinds, "order_subscription", &ids, ITEMS)
        .await?;
    rows.iter().map(typed).collect()
}

/// The type of the copies that a subscription's runs make.
pub(super) fn copies_of(subscription: &OrderSubscription) -> &'static str {
    if subscription.subscription_model_id.is_some() {
        "recurring_order_copies"
    } else {
        OrderCopy::TYPE
    }
}

/// What becomes of a subscription's timer.
pub(super) fn subscription_timer(
    before: Option<&OrderSubscription>,
    after: &OrderSubscription,
) -> Option<QueueChange> {
    if after.run_copy_id.is_some() {
        return None;
    }
    let settled = before.filter(|before| before.run_copy_id.is_none());
    let wakes_at = after.wakes_at();
    if settled.is_some_and(|before| before.wakes_at() == wakes_at) {
        return None;
    }
    let id = format!("{SUBSCRIPTION}:{}", after.id);
    Some(match wakes_at {
        None => QueueChange::Cancel { id },
        Some(at) => set(id, SUBSCRIPTION, after.id.as_str(), at.as_microsecond()),
    })
}

/// The timer that carries a copy made by hand.
pub(super) fn copy_timer(kind: &str, id: &str, now_us: i64) -> QueueChange {
    let timer = set(copy_timer_id(id), COPY, id, now_us);
    match timer {
        QueueChange::Set(timer) => QueueChange::Set(Timer {
            payload: json!({ "type": kind }),
            ..timer
        }),
        other => other,
    }
}

pub(super) fn copy_timer_id(id: &str) -> String {
    format!("{COPY}:{id}")
}

/// Sets a timer without data.
pub(super) fn set(id: String, kind: &str, subject: &str, due_at: i64) -> QueueChange {
    QueueChange::Set(Timer {
        id,
        kind: kind.to_owned(),
        subject: subject.to_owned(),
        payload: Value::Null,
        due_at,
        attempts: 0,
    })
}
