//! What a new row starts with, where nobody may send it.
//!
//! Invariant: a state that only triggers change is set once, here; later writes keep it.

use serde_json::Value;

use super::configuration::Change;
use super::noun;

/// The state in which rows of a type begin. Source: commerce-api, section c.
const STATES: &[(&str, &str)] = &[
    ("order_copies", "pending"),
    ("order_subscriptions", "draft"),
    ("recurring_order_copies", "pending"),
    ("stock_reservations", "draft"),
    ("stock_transfers", "draft"),
];

/// Types whose rows are known by a number that we give them.
const NUMBERED: &[&str] = &["parcels"];

/// Types whose rows call a URL: they have a secret to sign with and a circuit that opens after failures.
const CALLING: &[&str] = &["external_gateways", "shipping_methods", "webhooks"];

/// Fills in what a new row starts with; nothing for a row that exists.
pub(crate) fn fill(change: &mut Change<'_>) {
    if change.old.is_some() {
        return;
    }
    let kind = change.descriptor.kind;
    if let Some((_, state)) = STATES.iter().find(|(name, _)| *name == kind) {
        change.set_field("status", *state);
    }
    if NUMBERED.contains(&kind) {
        let number = noun::number(change.gateway).to_string();
        change.set_field("number", number);
    }
    if CALLING.contains(&kind) {
        noun::new_shared_secret(change);
        change.set_field("circuit_state", "closed");
        change.set_field("circuit_failure_count", 0);
    }
    for name in ["errors_count"] {
        if change.descriptor.attribute(name).is_some() {
            change.set_field(name, Value::from(0));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shop::resources::registry;

    #[test]
    fn every_rule_names_an_attribute_that_is_served() {
        let attribute = |kind: &str, name: &str| {
            let descriptor = registry().find(kind);
            descriptor.and_then(|descriptor| descriptor.attribute(name))
        };
        for (kind, state) in STATES {
            let status = attribute(kind, "status").unwrap();
            assert!(status.values.contains(state), "{kind}");
        }
        for kind in NUMBERED {
            assert!(attribute(kind, "number").is_some(), "{kind}");
        }
        for kind in CALLING {
            assert!(attribute(kind, "shared_secret").is_some(), "{kind}");
            assert!(attribute(kind, "circuit_state").is_some(), "{kind}");
        }
    }
}
