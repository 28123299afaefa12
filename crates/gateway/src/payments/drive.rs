//! Drives one operation to its end: asks Klarna or the shop's own gateway, folds the verdict in, or leaves it to the finisher.
//!
//! Invariant: harmless when two do it at once. Asking twice is harmless by the way each call recovers; folding in
//! happens once, because it is guarded by the order's version and by the operation still being pending.

use std::time::Duration;

use jiff::Timestamp;
use kassa_environment::{Elapsed, sleep, timeout};
use kassa_storage::{Key, Operation, OperationStatus, Realm, Scope};
use serde_json::Value;

use super::exchange::Exchange;
use super::fault::Fault;
use super::operation::{self, Context, Intent};
use super::running::Driver;
use super::verdict::{self, Asking, Verdict};
use super::{callout, credentials, settle};
use crate::error::GatewayError;
use crate::gateway::Gateway;

/// How long a use case stays with its operation. The published shop client gives up at 15 s.
pub(crate) const PATIENCE: Duration = Duration::from_secs(12);

const FIRST_WAIT: Duration = Duration::from_millis(150);
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// How often a waiter looks at the store.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// Asks until the operation has ended or `patience` is over, and returns it as it then stands. `first` means that
/// the caller has just written the intent, so nothing was ever sent; it took the seat before it wrote.
pub(crate) async fn drive(
    gateway: &Gateway,
    realm: &Realm,
    driver: Driver<'_>,
    first: bool,
    patience: Duration,
) -> Result<Operation, GatewayError> {
    let deadline = gateway.machine().now() + patience;
    ask_until(gateway, realm, driver.operation_id(), first, deadline).await
}

/// Waits until somebody ends the operation, or takes over from a driver that vanished.
pub(crate) async fn await_end(
    gateway: &Gateway,
    realm: &Realm,
    operation_id: &str,
    deadline: Timestamp,
) -> Result<Operation, GatewayError> {
    loop {
        let bell = gateway.running.bell(operation_id);
        let rung = bell.notified();
        let operation = read(gateway, realm, operation_id).await?;
        let left = left(gateway, deadline);
        if operation.status != OperationStatus::Pending || left.is_zero() {
            gateway.running.forget(operation_id);
            return Ok(operation);
        }
        if let Some(driver) = gateway.running.take(operation_id) {
            return ask_until(gateway, realm, driver.operation_id(), false, deadline).await;
        }
        // The end may come in another process, which rings no bell here.
        let _ = timeout(LOOK_AGAIN.min(left), rung).await;
    }
}

async fn ask_until(
    gateway: &Gateway,
    realm: &Realm,
    operation_id: &str,
    first: bool,
    deadline: Timestamp,
) -> Result<Operation, GatewayError> {
    let mut fresh = first;
    let mut wait = FIRST_WAIT;
    loop {
        let asked = ask_once(gateway, realm, operation_id, fresh);
        let operation = match timeout(left(gateway, deadline), asked).await {
            Ok(operation) => operation?,
            Err(Elapsed) => return read(gateway, realm, operation_id).await,
        };
        if operation.status != OperationStatus::Pending || left(gateway, deadline) <= wait {
            return Ok(operation);
        }
        fresh = false;
        sleep(wait).await;
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

/// One round: asks once and folds in what is certain.
async fn ask_once(
    gateway: &Gateway,
    realm: &Realm,
    operation_id: &str,
    fresh: bool,
) -> Result<Operation, GatewayError> {
    let operation = read(gateway, realm, operation_id).await?;
    if operation.status != OperationStatus::Pending {
        return Ok(operation);
    }
    let context = operation::context_of(&operation)?;
    // On the heap: a whole call, and folding its outcome in, are large futures.
    let (verdict, calls) = match &context.external {
        Some(door) => {
            let asked = (&context, door);
            Box::pin(callout::ask(gateway, realm, &operation, asked, fresh)).await?
        }
        None => Box::pin(ask_klarna(gateway, realm, &operation, &context, fresh)).await?,
    };
    match verdict {
        Verdict::Unknown(fault) => {
            note_attempt(gateway, realm, &operation, &fault, calls).await?;
            read(gateway, realm, operation_id).await
        }
        certain => {
            Box::pin(settle::settle(gateway, realm, &operation, &certain, &calls)).await?;
            read(gateway, realm, operation_id).await
        }
    }
}

async fn ask_klarna(
    gateway: &Gateway,
    realm: &Realm,
    operation: &Operation,
    context: &Context,
    fresh: bool,
) -> Result<(Verdict, Value), GatewayError> {
    let (endpoint, other_door) = {
        let mut snapshot = gateway.snapshot(&Scope::realm(realm.clone())).await?;
        let (view, id) = (snapshot.as_mut(), context.klarna_gateway_id.as_str());
        let endpoint = credentials::endpoint(gateway, realm, view, id).await?;
        let changed = credentials::changed_since(view, id, operation.created_at).await?;
        (endpoint, changed)
    };
    let mut exchange = Exchange::new(gateway, endpoint);
    let asking = Asking {
        fresh,
        other_door,
        age: operation::age(operation, gateway.now_us(realm)),
    };
    let verdict = verdict::ask(&mut exchange, operation, asking).await?;
    Ok((verdict, exchange.story(operation.outcome.as_ref())))
}

/// Remembers an attempt without a clear end. Guarded by the order's version: an operation that ended meanwhile
/// must not come back to life, so a lost race writes nothing.
async fn note_attempt(
    gateway: &Gateway,
    realm: &Realm,
    operation: &Operation,
    fault: &Fault,
    calls: Value,
) -> Result<(), GatewayError> {
    tracing::warn!(operation = %operation.id, kind = %operation.kind, %fault, "outcome unknown");
    let order = Key::new("orders", operation.order_id.clone());
    let (version, current) = {
        let mut snapshot = gateway.snapshot(&Scope::realm(realm.clone())).await?;
        let version = snapshot.record(&order).await?.map(|record| record.version);
        (version, snapshot.operation(&operation.id).await?)
    };
    let (Some(version), Some(current)) = (version, current) else {
        return Ok(());
    };
    // Folding these in does not move the order's version, so there is nothing to guard with.
    let unguarded = matches!(
        operation::context_of(&current)?.intent,
        Intent::CancelApproval | Intent::CancelRejected
    );
    if current.status != OperationStatus::Pending || unguarded {
        return Ok(());
    }
    let mut set = gateway.change_set(realm);
    set.checks.push((order, version));
    let noted = operation::close(
        &current,
        OperationStatus::Pending,
        calls,
        fault.facts(),
        gateway.now_us(realm),
    );
    set.operations.push(Operation {
        attempts: current.attempts + 1,
        ..noted
    });
    gateway.commit(set).await?;
    Ok(())
}

pub(crate) async fn read(
    gateway: &Gateway,
    realm: &Realm,
    operation_id: &str,
) -> Result<Operation, GatewayError> {
    let mut snapshot = gateway.snapshot(&Scope::realm(realm.clone())).await?;
    snapshot
        .operation(operation_id)
        .await?
        .ok_or_else(|| GatewayError::not_found("operations", operation_id))
}

fn left(gateway: &Gateway, deadline: Timestamp) -> Duration {
    let left = deadline.duration_since(gateway.machine().now());
    Duration::try_from(left).unwrap_or(Duration::ZERO)
}
