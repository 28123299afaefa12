//! Answered calls about orders, and Klarna's names for its own: what people look for, and no decision rests on.
//!
//! Invariant: a call carries no body and no header, so no secret and no personal data. It is written without being
//! made durable, and given up by number and age; whatever must survive is in operations and ledger.

use serde_json::Value;

use crate::operation::Operation;
use crate::record::Realm;

/// One answered call about one order.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// Whose call it was.
    pub realm: Realm,
    /// Identifies the call in answers and logs. Best time-ordered: it is indexed.
    pub id: String,
    /// The order that it was about; a call about several stands there once for each.
    pub order_id: String,
    /// Business time of the answer, microseconds.
    pub at: i64,
    /// Given up before all others once the order has too many: a read that changed nothing.
    pub spare: bool,
    /// What to show.
    pub detail: Value,
}

/// How many calls are kept, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallLimits {
    /// For one order: spare ones go first, then the oldest.
    pub of_order: u64,
    /// Over all realms: the oldest go first.
    pub in_all: u64,
    /// Machine time, microseconds, after which a call goes.
    pub age_us: i64,
}

impl Default for CallLimits {
    /// 250 for an order, half a million in all (about 250 MB), 90 days.
    fn default() -> Self {
        Self {
            of_order: 250,
            in_all: 500_000,
            age_us: 90 * 86_400 * 1_000_000,
        }
    }
}

/// Klarna's correlation ids of the calls that `operation` remembers in its outcome (`calls[].correlation_id`). A driver
/// keeps them as names of the order, also when the operation forgets the call.
#[must_use]
pub fn correlation_ids(operation: &Operation) -> Vec<&str> {
    let calls = operation
        .outcome
        .as_ref()
        .and_then(|outcome| outcome.get("calls"))
        .and_then(Value::as_array);
    let mut ids: Vec<&str> = calls
        .into_iter()
        .flatten()
        .filter_map(|call| call.get("correlation_id").and_then(Value::as_str))
        .filter(|id| !id.is_empty())
        .collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::operation::OperationStatus;

    #[test]
    fn correlation_ids_come_from_the_calls_of_an_outcome() {
        let mut operation = Operation {
            id: "1".into(),
            order_id: "order".into(),
            kind: "capture".into(),
            status: OperationStatus::Pending,
            request: json!({}),
            context: json!({}),
            outcome: None,
            attempts: 1,
            created_at: 1,
            updated_at: 1,
        };
        assert!(correlation_ids(&operation).is_empty());
        operation.outcome = Some(json!({"calls": [
            {"correlation_id": "b"}, {"correlation_id": null}, {"error": "lost"}, {"correlation_id": "a"},
            {"correlation_id": "b"}, {"correlation_id": ""},
        ]}));
        assert_eq!(correlation_ids(&operation), ["a", "b"]);
    }
}
