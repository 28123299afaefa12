//! What a failed call to Klarna means to whoever asked: always a 422 that names Klarna's code, never a 5xx.

use kassa_klarna_api::KlarnaError;
use serde_json::{Map, Value, json};

use crate::error::{GatewayError, Violation};

/// The violation that `error` becomes, without a place.
pub(crate) fn violation(error: &KlarnaError) -> Violation {
    match error {
        KlarnaError::Refused {
            code,
            messages,
            correlation_id,
            ..
        } => {
            let said = if messages.is_empty() {
                String::new()
            } else {
                format!(": {}", messages.join("; "))
            };
            let message = format!("klarna refused with {code}{said}");
            let mut violation = Violation::base("gateway_refused", message);
            violation.meta = meta(code, messages, correlation_id.as_deref());
            if error.is_refused_with("NOT_FOUND") || error.is_refused_with("SESSION_COMPLETED") {
                // The word on which front ends drop the source and start again.
                "expired".clone_into(&mut violation.error);
            }
            violation
        }
        KlarnaError::NotSent { .. } => Violation::base(
            "gateway_unreachable",
            "klarna cannot be reached now; nothing happened, try again",
        ),
        KlarnaError::OutcomeUnknown { correlation_id, .. }
        | KlarnaError::Malformed { correlation_id, .. } => {
            let mut violation = Violation::base(
                "gateway_unreachable",
                "klarna gave no usable answer; try again",
            );
            violation.meta = meta("UNKNOWN", &[], correlation_id.as_deref());
            violation
        }
    }
}

/// The same as an error.
pub(crate) fn refused(error: &KlarnaError) -> GatewayError {
    GatewayError::violation(violation(error))
}

/// Whether somebody was told to wait: the answer depends on something that is not decided yet.
pub(crate) fn is_pending(violations: &[Violation]) -> bool {
    violations
        .iter()
        .any(|violation| violation.error == "pending")
}

fn meta(code: &str, messages: &[String], correlation_id: Option<&str>) -> Map<String, Value> {
    let facts = json!({
        "gateway_code": code,
        "gateway_messages": messages,
        "correlation_id": correlation_id,
    });
    match facts {
        Value::Object(facts) => facts,
        _ => Map::new(),
    }
}
