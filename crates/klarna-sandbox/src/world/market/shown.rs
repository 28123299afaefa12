//! The markets as one document: what `GET /sandbox/v1/markets` serves.
//!
//! Invariant: nothing is said here that the table does not say.

use serde_json::{Map, Value, json};

use super::{MARKETS, METHODS, Market, Method};

/// Every market with its methods and their limits.
#[must_use]
pub fn document() -> Value {
    json!({"markets": MARKETS.iter().map(market).collect::<Vec<_>>()})
}

fn market(market: &Market) -> Value {
    let methods: Map<String, Value> = METHODS
        .into_iter()
        .filter_map(|method| Some((method.name().to_owned(), offer(method, market)?)))
        .collect();
    json!({
        "country": market.country,
        "currency": market.currency,
        "locales": market.locales,
        "methods": methods,
    })
}

fn offer(method: Method, market: &Market) -> Option<Value> {
    let limits = method.limits(market)?;
    Some(json!({
        "minimum": limits.minimum,
        "maximum": limits.maximum,
        "recurs": method.recurs(),
    }))
}
