//! Shipping methods and how long they take.

use serde_json::Value;

use super::configuration::{Change, refuse};
use super::noun::{self, days};
use super::payment_method::inherit_currency;
use crate::error::GatewayError;
use crate::shop::read::Reader;

/// Completes a shipping method.
pub(crate) async fn complete(
    change: &mut Change<'_>,
    reader: &mut Reader<'_>,
) -> Result<(), GatewayError> {
    if change.old.is_none() {
        noun::new_shared_secret(change);
        change.set_field("circuit_state", "closed");
        change.set_field("circuit_failure_count", 0);
    }
    inherit_currency(change, reader).await
}

/// Completes and judges a delivery lead time.
pub(crate) fn lead_time(change: &mut Change<'_>) -> Result<(), GatewayError> {
    let hours = |name: &str| change.body.get(name).and_then(Value::as_i64).unwrap_or(0);
    let (min, max) = (hours("min_hours"), hours("max_hours"));
    if max < min {
        return Err(refuse(
            "max_hours",
            "greater_than_or_equal_to",
            "must be greater than or equal to min_hours",
        ));
    }
    change.set_field("min_days", days(min));
    change.set_field("max_days", days(max));
    Ok(())
}
