//! Drives one operation to its end: asks Klarna, folds the verdict in, or leaves it to the finisher.
//!
//! Invariant: harmless when two do it at once. Asking twice is harmless by the way each call recovers; folding in
//! happens once, because it is guarded by the order's version and by the operation still being pending.

use std::time::Duration;

use jiff::Timestamp;
use kassa_environment::{Clock, sleep};
use kassa_klarna_api::KlarnaError;
use kassa_storage::{Key, Operation, OperationStatus, Realm, Scope};
use serde_json::Value;

use super::exchange::Exchange;
use super::operation::{self, Intent};
use super::verdict::{self, Verdict};
use super::{credentials, settle};
use crate::error::GatewayError;
use crate::gateway::Gateway;

/// How long a use case stays with its operation. The published shop client gives up at 15 s.
pub(crate) const PATIENCE: Duration = Duration::from_secs(12);

const FIRST_WAIT: Duration = Duration::from_millis(150);
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// Asks until the operation has ended or `patience` is over, and returns it as it then stands.
pub(crate) async fn drive(
    gateway: &Gateway,
    realm: &Realm,
    operation_id: &str,
    first: bool,
    patience: Duration,
) -> Result<Operation, GatewayError> {
    let deadline = gateway.machine().now() + patience;
    let mut fresh = first;
    let mut wait = FIRST_WAIT;
    loop {
        let operation = ask_once(gateway, realm, operation_id, fresh).await?;
        if operation.status != OperationStatus::Pending || left(gateway, deadline) <= wait {
            return Ok(operation);
        }
        fresh = false;
        sleep(wait).await;
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

/// One round: asks Klarna once and folds in what is certain.
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
    let endpoint = {
        let mut snapshot = gateway.snapshot(&Scope::realm(realm.clone())).await?;
        credentials::endpoint(gateway, realm, snapshot.as_mut(), &context.klarna_gateway_id).await?
    };
    let mut exchange = Exchange::new(gateway, endpoint);
    let verdict = verdict::ask(&mut exchange, &operation, fresh, gateway.now_us()).await?;
    let calls = exchange.story(operation.outcome.as_ref());
    match verdict {
        Verdict::Unknown(error) => {
            note_attempt(gateway, realm, &operation, &error, calls).await?;
            read(gateway, realm, operation_id).await
        }
        certain => {
            settle::settle(gateway, realm, &operation, &certain, &calls).await?;
            gateway.running.ended(operation_id);
            read(gateway, realm, operation_id).await
        }
    }
}

/// Remembers an attempt without a clear end. Guarded by the order's version: an operation that ended meanwhile
/// must not come back to life, so a lost race writes nothing.
async fn note_attempt(
    gateway: &Gateway,
    realm: &Realm,
    operation: &Operation,
    error: &KlarnaError,
    calls: Value,
) -> Result<(), GatewayError> {
    tracing::warn!(operation = %operation.id, kind = %operation.kind, %error, "outcome unknown");
    let order = Key::new("orders", operation.order_id.clone());
    let (version, current) = {
        let mut snapshot = gateway.snapshot(&Scope::realm(realm.clone())).await?;
        let version = snapshot.record(&order).await?.map(|record| record.version);
        (version, snapshot.operation(&operation.id).await?)
    };
    let (Some(version), Some(current)) = (version, current) else {
        return Ok(());
    };
    // Folding an approval's end in does not move the order's version, so there is nothing to guard with.
    let unguarded = matches!(operation::context_of(&current)?.intent, Intent::CancelApproval);
    if current.status != OperationStatus::Pending || unguarded {
        return Ok(());
    }
    let mut set = gateway.change_set(realm);
    set.checks.push((order, version));
    let noted = operation::close(
        &current,
        OperationStatus::Pending,
        calls,
        operation::error_facts(error),
        gateway.now_us(),
    );
    set.operations.push(Operation {
        attempts: current.attempts + 1,
        ..noted
    });
    gateway.commit(set).await?;
    Ok(())
}

/// Waits until somebody ends the operation, for at most what is left of [`PATIENCE`] since `began` (machine time).
pub(crate) async fn await_end(
    gateway: &Gateway,
    realm: &Realm,
    operation_id: &str,
    began: Timestamp,
) -> Result<Operation, GatewayError> {
    let deadline = began + PATIENCE;
    loop {
        let bell = gateway.running.bell(operation_id);
        let rung = bell.notified();
        let operation = read(gateway, realm, operation_id).await?;
        let left = left(gateway, deadline);
        if operation.status != OperationStatus::Pending || left.is_zero() {
            return Ok(operation);
        }
        // The end may come in another process, which rings no bell here.
        let look = Duration::from_millis(250).min(left);
        let _ = kassa_environment::timeout(look, rung).await;
    }
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
