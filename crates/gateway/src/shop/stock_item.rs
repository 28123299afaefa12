//! Stock: the quantity is a counter, so selling never waits for a row.

use kassa_commerce::reservation::{reserved_counter, stock_counter};
use kassa_storage::CounterChange;
use serde_json::Value;

use super::configuration::Change;
use super::price::find_sku;
use crate::error::GatewayError;
use crate::shop::read::Reader;

/// Completes and judges a stock item.
pub(crate) async fn complete(
    change: &mut Change<'_>,
    reader: &mut Reader<'_>,
) -> Result<(), GatewayError> {
    find_sku(change, reader, true).await?;
    let Some(wanted) = change
        .body
        .remove("quantity")
        .as_ref()
        .and_then(Value::as_i64)
    else {
        return Ok(());
    };
    let name = stock_counter(&change.key.id);
    let names = [name.clone(), reserved_counter(&change.key.id)];
    let held = reader.snapshot.counters(&names).await?;
    let held = held
        .iter()
        .fold(0_i64, |sum, part| sum.saturating_add(*part));
    if wanted != held {
        // Relative, so that what is sold at this moment is not counted again. What is reserved must stay there.
        change.set.counters.push(CounterChange {
            name,
            delta: wanted - held,
            min: 0,
            max: i64::MAX,
        });
    }
    Ok(())
}
