//! Copies made by hand: each has a timer of its own until it has ended.

use kassa_commerce::order_copy::OrderCopy;
use kassa_commerce::order_subscription::OrderSubscription;
use kassa_commerce::states::CopyStatus;
use kassa_storage::{Realm, Scope, Timer};
use serde_json::Value;

use super::copy::{self, Step};
use super::make;
use super::row::Row;
use crate::error::GatewayError;
use crate::gateway::{Gateway, Outcome, Rounds};
use crate::jobs::After;
use crate::payments::void::{self, VoidRequest};

/// Carries the copy of the timer on.
pub(super) async fn carry(
    gateway: &Gateway,
    realm: &Realm,
    timer: &Timer,
) -> Result<After, GatewayError> {
    let kind = match timer.payload.get("type").and_then(Value::as_str) {
        Some("recurring_order_copies") => "recurring_order_copies",
        _ => "order_copies",
    };
    let mut rounds = Rounds::new();
    loop {
        let row = Row::<OrderCopy>::read(gateway, realm, kind, &timer.subject).await?;
        let Some(row) = row.filter(|row| !row.value.status.has_ended()) else {
            return Ok(After::Done);
        };
        let subscription = match &row.value.order_subscription_id {
            Some(id) => {
                let id = id.as_str();
                let found =
                    Row::<OrderSubscription>::read(gateway, realm, "order_subscriptions", id);
                found.await?.map(|found| found.value)
            }
            None => None,
        };
        let of = subscription.as_ref();
        let step = if row.value.status == CopyStatus::Pending {
            start(gateway, realm, &row, of).await?
        } else {
            Some(copied(gateway, realm, &row.value, of).await?)
        };
        let now = gateway.business_now(realm);
        let mut after = row.value.clone();
        let mut back = After::Done;
        match step {
            None | Some(Step::Moved) => {
                rounds.again(&row.record.key).await?;
                continue;
            }
            Some(Step::Undecided) => return Ok(After::Later),
            Some(Step::Done) => after.complete(now),
            Some(Step::Failed(errors)) => after.fail(&errors, now),
            Some(Step::SetBack(errors)) => {
                if let Some(again) = after.set_back(&errors, now) {
                    back = After::At(again.as_microsecond());
                }
            }
        }
        let mut set = gateway.change_set(realm);
        set.puts.push(row.put(&after, now.as_microsecond()));
        match gateway.commit(set).await? {
            Outcome::Done => return Ok(back),
            Outcome::Conflict(key) => rounds.again(&key).await?,
            Outcome::Refused(refusal) => return Err(crate::gateway::refused(&refusal)),
        }
    }
}

/// Makes the target order. `None` means to look again.
async fn start(
    gateway: &Gateway,
    realm: &Realm,
    row: &Row<OrderCopy>,
    subscription: Option<&OrderSubscription>,
) -> Result<Option<Step>, GatewayError> {
    let made = match make::target(gateway, realm, &row.value, subscription).await {
        Ok(made) => made,
        Err(error) => {
            let errors = copy::faults(&error);
            return errors.map(|errors| Some(Step::Failed(errors))).ok_or(error);
        }
    };
    let now = gateway.business_now(realm);
    let mut after = row.value.clone();
    after.start(made.id(), now);
    let mut set = gateway.change_set(realm);
    made.write(now.as_microsecond(), &mut set);
    set.puts.push(row.put(&after, now.as_microsecond()));
    match gateway.commit(set).await? {
        Outcome::Done | Outcome::Conflict(_) => Ok(None),
        Outcome::Refused(refusal) => Err(crate::gateway::refused(&refusal)),
    }
}

/// Places the target order, then cancels the source where that was asked.
async fn copied(
    gateway: &Gateway,
    realm: &Realm,
    copy: &OrderCopy,
    subscription: Option<&OrderSubscription>,
) -> Result<Step, GatewayError> {
    let step = copy::carry(gateway, realm, copy, subscription, None).await?;
    if !matches!(step, Step::Done) || !copy.options.cancel_source_order {
        return Ok(step);
    }
    let scope = Scope::realm(realm.clone());
    let source = copy.source_order_id.as_str();
    // On the heap, like a placing.
    let cancelled = Box::pin(void::run(gateway, &scope, source, &VoidRequest::Order)).await;
    let error = match cancelled {
        Ok(()) => return Ok(Step::Done),
        Err(error) => error,
    };
    let is = |word: &str| match &error {
        GatewayError::Invalid(violations) => violations.iter().any(|own| own.error == word),
        _ => false,
    };
    if is("pending") {
        return Ok(Step::Undecided);
    }
    let unreachable = is("gateway_unreachable");
    match copy::faults(&error) {
        Some(errors) if unreachable => Ok(Step::SetBack(errors)),
        Some(errors) => Ok(Step::Failed(errors)),
        None => Err(error),
    }
}
