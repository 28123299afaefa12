//! The movable business clock of test mode, with an offset that survives a restart.
//!
//! Invariant: the offset only grows, in the store before in memory, so business time never runs backwards.

use jiff::Timestamp;
use kassa_storage::{CounterChange, Realm, Scope, Store, StoreError};

use crate::caller::Caller;
use crate::error::{GatewayError, Violation};
use crate::gateway::{Gateway, Outcome};

const COUNTER: &str = "business_clock_offset_seconds";

/// Furthest that the clock may run ahead: ten years. Ours; it keeps every later date representable.
const FURTHEST_SECONDS: i64 = 10 * 366 * 86_400;

/// The offset to start with.
///
/// # Errors
/// When the store cannot be read.
pub async fn stored_offset(store: &dyn Store) -> Result<i64, StoreError> {
    let mut snapshot = store.snapshot(&Scope::realm(home())).await?;
    snapshot.counter(COUNTER).await
}

/// Moves business time forward by `seconds` and wakes whatever became due.
///
/// # Errors
/// [`GatewayError::Denied`] for a live credential, [`GatewayError::Invalid`] for a negative number or one too
/// large, [`GatewayError::Unavailable`] when the store cannot be used.
pub async fn advance(
    gateway: &Gateway,
    caller: &Caller,
    seconds: i64,
) -> Result<Timestamp, GatewayError> {
    if !caller.realm.test() {
        let reason = "the clock of live mode cannot be moved".to_owned();
        return Err(GatewayError::Denied(reason));
    }
    advance_test_time(gateway, seconds).await
}

/// [`advance`] where the program itself answers for the mode, as the demo does.
///
/// # Errors
/// Those of [`advance`], save for the credential's.
pub async fn advance_test_time(gateway: &Gateway, seconds: i64) -> Result<Timestamp, GatewayError> {
    if seconds < 0 {
        let violation = Violation::attribute(
            "seconds",
            "greater_than_or_equal_to",
            "must not be negative",
        );
        return Err(GatewayError::violation(
            violation.with_value(seconds.into()),
        ));
    }
    let mut set = gateway.change_set(&home());
    set.counters.push(CounterChange {
        name: COUNTER.to_owned(),
        delta: seconds,
        min: 0,
        max: FURTHEST_SECONDS,
    });
    match gateway.commit(set).await? {
        Outcome::Done => {}
        Outcome::Conflict(_) | Outcome::Refused(_) => {
            let violation = Violation::attribute(
                "seconds",
                "less_than_or_equal_to",
                "would move the clock more than ten years ahead",
            );
            return Err(GatewayError::violation(
                violation.with_value(seconds.into()),
            ));
        }
    }
    let now = gateway.business().advance(seconds);
    gateway.wake_jobs();
    Ok(now)
}

/// The realm that belongs to the program itself.
fn home() -> Realm {
    Realm::new("kassa", true)
}
