//! How long shipping methods take.

use serde_json::Value;

use super::configuration::{Change, refuse};
use super::noun::days;
use crate::error::GatewayError;

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
