//! The timer of a subscription: begins what is due, carries it on, ends it.
//!
//! Invariant: each look does what the rows say is next, so it may stop after any commit and come back. What begins a
//! period counts it on the subscription, claims it, and makes its copy and target order, all in one change set.

use kassa_commerce::aggregate::Event;
use kassa_commerce::order_copy::{CopyError, OrderCopy};
use kassa_commerce::order_subscription::{CLAIM_RUN, Due, OrderSubscription, RunEnd};
use kassa_commerce::states::{OrderStatus, SubscriptionStatus};
use kassa_storage::{ClaimKey, Key, Realm};

use super::copy::{self, Step};
use super::make;
use super::row::{self, Row};
use crate::error::GatewayError;
use crate::gateway::{Gateway, Outcome, Rounds};
use crate::jobs::After;
use crate::webhooks;

/// The reminder of the next run.
const RENEWAL: &str = "order_subscriptions.renewal";

/// What a look at a subscription came to.
enum Looked {
    /// Its timer is as it shall be.
    Leave(After),
    /// Something was written, or changed meanwhile.
    Again,
}

/// Does what is due, and says when to come back.
pub(super) async fn look_after(
    gateway: &Gateway,
    realm: &Realm,
    id: &str,
) -> Result<After, GatewayError> {
    let mut rounds = Rounds::new();
    loop {
        let found = Row::<OrderSubscription>::read(gateway, realm, "order_subscriptions", id);
        let Some(row) = found.await? else {
            return Ok(After::Done);
        };
        let looked = match row.value.due(gateway.business_now(realm)) {
            Due::Nothing => Looked::Leave(After::Done),
            Due::Wait(at) => Looked::Leave(After::At(at.as_microsecond())),
            Due::Alert(next) => alert(gateway, realm, &row, next).await?,
            Due::Expired => expire(gateway, realm, &row).await?,
            Due::Run(due_at) => begin(gateway, realm, &row, due_at).await?,
            Due::Running => go_on(gateway, realm, &row).await?,
        };
        match looked {
            Looked::Leave(after) => return Ok(after),
            Looked::Again => rounds.again(&row.record.key).await?,
        }
    }
}

/// Reminds people of the run that comes, if anybody listens.
async fn alert(
    gateway: &Gateway,
    realm: &Realm,
    row: &Row<OrderSubscription>,
    next: jiff::Timestamp,
) -> Result<Looked, GatewayError> {
    if !webhooks::is_heard(gateway, realm, RENEWAL).await? {
        return Ok(Looked::Leave(After::At(next.as_microsecond())));
    }
    let mut after = row.value.clone();
    after.alerted_for = Some(next);
    let mut set = gateway.change_set(realm);
    let event = Event {
        topic: RENEWAL,
        resource_type: "order_subscriptions",
        resource_id: after.id.as_str().to_owned(),
    };
    webhooks::tell(gateway, &mut set, &[event]);
    write(gateway, row, &after, set).await
}

async fn expire(
    gateway: &Gateway,
    realm: &Realm,
    row: &Row<OrderSubscription>,
) -> Result<Looked, GatewayError> {
    let mut after = row.value.clone();
    after.expire()?;
    write(gateway, row, &after, gateway.change_set(realm)).await
}

/// Begins a period. What cannot be sold ends it in the same change set.
async fn begin(
    gateway: &Gateway,
    realm: &Realm,
    row: &Row<OrderSubscription>,
    due_at: jiff::Timestamp,
) -> Result<Looked, GatewayError> {
    let now = gateway.business_now(realm);
    let now_us = now.as_microsecond();
    let mut after = row.value.clone();
    let copy_id = gateway.new_id();
    after.begin_run(&copy_id, due_at, now)?;
    let mut copy = OrderCopy {
        id: copy_id.as_str().into(),
        options: after.copy_options(),
        source_order_id: after.source_order_id.clone(),
        order_subscription_id: Some(after.id.clone()),
        period: Some(after.period),
        ..OrderCopy::default()
    };
    let mut set = gateway.change_set(realm);
    match make::target(gateway, realm, &copy, Some(&after)).await {
        Ok(made) => {
            copy.start(made.id(), now);
            made.write(now_us, &mut set);
        }
        Err(error) => {
            let Some(errors) = copy::faults(&error) else {
                return Err(error);
            };
            copy.fail(&errors, now);
            after.end_run(RunEnd::Failed)?;
        }
    }
    let claim = ClaimKey::new(CLAIM_RUN, after.run_key());
    set.claims.push((claim, copy_id));
    set.puts
        .push(row::new(row::copies_of(&after), &copy, now_us));
    write(gateway, row, &after, set).await
}

/// Carries the run on that is under way.
async fn go_on(
    gateway: &Gateway,
    realm: &Realm,
    row: &Row<OrderSubscription>,
) -> Result<Looked, GatewayError> {
    let subscription = &row.value;
    let copy_id = subscription.run_copy_id.as_deref().unwrap_or_default();
    let kind = row::copies_of(subscription);
    let Some(copy) = Row::<OrderCopy>::read(gateway, realm, kind, copy_id).await? else {
        return Err(GatewayError::not_found(kind, copy_id));
    };
    if subscription.status == SubscriptionStatus::Cancelled
        && !is_being_charged(gateway, realm, &copy.value).await?
    {
        return end(gateway, realm, row, &copy, RunEnd::Aborted, &[]).await;
    }
    let relied = (row.record.key.clone(), row.record.version);
    let carried = copy::carry(
        gateway,
        realm,
        &copy.value,
        Some(subscription),
        Some(relied),
    );
    match carried.await? {
        Step::Done => end(gateway, realm, row, &copy, RunEnd::Succeeded, &[]).await,
        Step::Failed(errors) => end(gateway, realm, row, &copy, RunEnd::Failed, &errors).await,
        Step::SetBack(errors) => set_back(gateway, realm, row, copy, &errors).await,
        Step::Undecided => Ok(Looked::Leave(After::Later)),
        Step::Moved => Ok(Looked::Again),
    }
}

/// Whether the charge may have left already, so that its outcome has to be heard.
async fn is_being_charged(
    gateway: &Gateway,
    realm: &Realm,
    copy: &OrderCopy,
) -> Result<bool, GatewayError> {
    let Some(order_id) = &copy.target_order_id else {
        return Ok(false);
    };
    let status = copy::status(gateway, realm, order_id.as_str()).await?;
    Ok(!matches!(
        status,
        None | Some(OrderStatus::Draft | OrderStatus::Pending)
    ))
}

/// Puts a run off that something technical stands in the way of, or gives it up after the last time.
async fn set_back(
    gateway: &Gateway,
    realm: &Realm,
    row: &Row<OrderSubscription>,
    copy: Row<OrderCopy>,
    errors: &[CopyError],
) -> Result<Looked, GatewayError> {
    let now = gateway.business_now(realm);
    let mut after = copy.value.clone();
    let Some(again) = after.set_back(errors, now) else {
        return end(gateway, realm, row, &copy, RunEnd::Failed, errors).await;
    };
    let mut set = gateway.change_set(realm);
    set.puts.push(copy.put(&after, now.as_microsecond()));
    match gateway.commit(set).await? {
        Outcome::Done => Ok(Looked::Leave(After::At(again.as_microsecond()))),
        Outcome::Conflict(_) => Ok(Looked::Again),
        Outcome::Refused(refusal) => Err(crate::gateway::refused(&refusal)),
    }
}

/// Ends the run: copy and subscription at once, and the timer for what comes next.
async fn end(
    gateway: &Gateway,
    realm: &Realm,
    row: &Row<OrderSubscription>,
    copy: &Row<OrderCopy>,
    end: RunEnd,
    errors: &[CopyError],
) -> Result<Looked, GatewayError> {
    let now = gateway.business_now(realm);
    let mut ended = copy.value.clone();
    match end {
        RunEnd::Succeeded => ended.complete(now),
        RunEnd::Failed => ended.fail(errors, now),
        RunEnd::Aborted => ended.abort(),
    }
    let mut after = row.value.clone();
    after.end_run(end)?;
    let mut set = gateway.change_set(realm);
    set.puts.push(copy.put(&ended, now.as_microsecond()));
    write(gateway, row, &after, set).await
}

/// Writes the subscription with its timer and whatever `set` holds already.
async fn write(
    gateway: &Gateway,
    row: &Row<OrderSubscription>,
    after: &OrderSubscription,
    mut set: kassa_storage::ChangeSet,
) -> Result<Looked, GatewayError> {
    let now_us = gateway.now_us(&set.realm);
    let timer = row::subscription_timer(Some(&row.value), after);
    let moved = timer.is_some();
    set.queues.extend(timer);
    set.puts.push(row.put(after, now_us));
    match gateway.commit(set).await? {
        // The timer is set anew: whoever comes next by it goes on, so that one subscription does not hold up others.
        Outcome::Done if moved => Ok(Looked::Leave(After::Done)),
        Outcome::Done => Ok(Looked::Again),
        Outcome::Conflict(Key { .. }) => Ok(Looked::Again),
        // Somebody else began the period: what they wrote is read again.
        Outcome::Refused(kassa_storage::Refusal::Taken { .. }) => Ok(Looked::Again),
        Outcome::Refused(refusal) => Err(crate::gateway::refused(&refusal)),
    }
}
