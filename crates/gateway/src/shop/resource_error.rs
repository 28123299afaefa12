//! Errors that a resource met while nobody waited for the answer, or that outlive it: rows of `resource_errors`.
//!
//! Invariant: a row belongs to its order, is written in the change set that undoes what failed, and goes with the order.

use kassa_commerce::aggregate::OrderAggregate;
use kassa_commerce::error::CommerceError;
use kassa_storage::{ChangeSet, Guard, Key, Put, Record};
use serde_json::{Map, Value, json};

use super::resources::resource_error::DESCRIPTOR;
use crate::gateway::Gateway;

/// The order's count of them, as the API shows it.
const COUNT: &str = "errors_count";

/// Writes down why an order was not placed, and counts it on the order.
pub(crate) fn of_placing(
    gateway: &Gateway,
    set: &mut ChangeSet,
    order: &mut OrderAggregate,
    refusal: &CommerceError,
) {
    let (name, code) = match refusal {
        // Klarna does not know the approval any more, or never did.
        CommerceError::PaymentRefused { code, .. }
            if matches!(code.as_str(), "NOT_FOUND" | "SESSION_COMPLETED") =>
        {
            ("auth_token", code.as_str())
        }
        CommerceError::PaymentRefused { code, .. } => ("payment_source", code.as_str()),
        _ => ("base", refusal.code().word()),
    };
    let id = order.order.id.as_str().to_owned();
    let mut body: Map<String, Value> = [
        ("name", json!(name)),
        ("code", json!(code)),
        ("message", json!(refusal.to_string())),
        ("resource_type", json!("orders")),
        ("resource_id", json!(id)),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect();
    body.insert("metadata".to_owned(), json!({}));
    let key = Key::new(DESCRIPTOR.kind, gateway.new_id());
    let now_us = gateway.now_us(&set.realm);
    let mut record = Record::child(key, Key::new("orders", id), body, now_us);
    let order = &mut order.order;
    record.market = order.market_id.as_ref().map(|id| id.as_str().to_owned());
    record.owner = order.customer_id.as_ref().map(|id| id.as_str().to_owned());
    set.puts.push(Put {
        record,
        guard: Guard::ByRoot,
    });
    let count = order.extra.get(COUNT).and_then(Value::as_i64);
    let count = count.unwrap_or_default().saturating_add(1);
    order.extra.insert(COUNT.to_owned(), count.into());
}
