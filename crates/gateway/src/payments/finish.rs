//! The finisher: ends operations that their use case could not end.
//!
//! Invariant: it is nothing but a timer, and harmless when run twice or beside the use case.

use std::time::Duration;

use kassa_storage::{Operation, OperationStatus, Realm, Timer};

use super::drive;
use super::operation;
use super::settle;
use super::verdict::Verdict;
use crate::error::GatewayError;
use crate::gateway::Gateway;
use crate::jobs::After;

/// How long one run of the finisher stays with its operation: longer than one call may take, so that a slow Klarna is
/// heard out; shorter than the lease.
const PATIENCE: Duration = Duration::from_secs(10);

/// Business days after which an operation without a clear end is handed to a person.
const GIVE_UP_AFTER_HOURS: i64 = 72;

/// Ends the timer's operation, or asks to be called again.
pub(crate) async fn finish(
    gateway: &Gateway,
    realm: &Realm,
    timer: &Timer,
) -> Result<After, GatewayError> {
    let deadline = gateway.machine().now() + PATIENCE;
    let ended = drive::await_end(gateway, realm, &timer.subject, deadline).await;
    let (operation, fault) = match ended {
        Ok(operation) => (operation, None),
        Err(GatewayError::NotFound { .. }) => return Ok(After::Done),
        // Something of ours is in the way, a missing gateway for instance. It must not stay so in silence.
        Err(error) => {
            let operation = drive::read(gateway, realm, &timer.subject).await?;
            (operation, Some(error))
        }
    };
    match operation.status {
        OperationStatus::Pending => {}
        OperationStatus::NeedsPerson | OperationStatus::Succeeded | OperationStatus::Failed => {
            return Ok(After::Done);
        }
    }
    if operation::age(&operation, gateway.now_us(realm)).as_hours() >= GIVE_UP_AFTER_HOURS {
        hand_over(gateway, realm, &operation).await?;
        return Ok(After::Done);
    }
    fault.map_or(Ok(After::Later), Err)
}

async fn hand_over(
    gateway: &Gateway,
    realm: &Realm,
    operation: &Operation,
) -> Result<(), GatewayError> {
    let reason = format!("no clear answer within {GIVE_UP_AFTER_HOURS} hours");
    let fault = operation::unknown(operation, reason);
    let calls = operation::calls_of(operation);
    settle::settle(
        gateway,
        realm,
        operation,
        &Verdict::NeedsPerson(fault),
        &calls,
    )
    .await?;
    Ok(())
}
