//! What changed, and who changed it: one `versions` row beside each write of an integration.
//!
//! Invariant: a version is written with what it tells of, in one change set. It shows what an answer would show: no
//! secret is in it. Shoppers' writes leave none, so a checkout costs no more than it did.

use kassa_storage::{Descriptor, Guard, Key, Put, Record};
use serde_json::{Map, Value, json};

use crate::access::application::kind_word;
use crate::caller::Caller;
use crate::gateway::Gateway;

/// What happened to a row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Happened<'a> {
    pub descriptor: &'static Descriptor,
    pub key: &'a Key,
    pub old: Option<&'a Map<String, Value>>,
    pub new: Option<&'a Map<String, Value>>,
    /// Business time, microseconds since the epoch.
    pub at_us: i64,
}

/// Attributes that are secrets although an integration may read them.
const SECRETS: &[&str] = &["shared_secret", "reset_password_token"];

/// The version to write with a change; none for types that have no versions, for shoppers, and when nothing changed.
pub(crate) fn of(gateway: &Gateway, caller: &Caller, happened: Happened<'_>) -> Option<Put> {
    let kept = happened.descriptor.relationship("versions").is_some();
    if !kept || !caller.is_integration() {
        return None;
    }
    let changes = changes(happened.descriptor, happened.old, happened.new);
    let event = match (happened.old, happened.new) {
        (None, _) => "create",
        (Some(_), Some(_)) => "update",
        (Some(_), None) => "destroy",
    };
    if changes.is_empty() && event == "update" {
        return None;
    }
    let body = json!({
        "resource_type": happened.key.kind,
        "resource_id": happened.key.id,
        "event": event,
        "changes": changes,
        "who": who(caller),
    });
    let body = body.as_object().cloned().unwrap_or_default();
    let key = Key::new("versions", gateway.new_id());
    Some(Put {
        record: Record::root(key, body, happened.at_us),
        guard: Guard::New,
    })
}

/// The application and, where somebody is logged in, the person.
fn who(caller: &Caller) -> Value {
    let kind = kind_word(caller.kind);
    let mut who = json!({"application": {"id": caller.application_id, "kind": kind}});
    if let Some(customer) = &caller.customer_id {
        who["owner"] = json!({"type": "Customer", "id": customer});
    }
    who
}

/// `[before, after]` of every attribute and stored relationship that differs.
fn changes(
    descriptor: &Descriptor,
    old: Option<&Map<String, Value>>,
    new: Option<&Map<String, Value>>,
) -> Map<String, Value> {
    let attributes = descriptor
        .attributes
        .iter()
        .filter(|found| found.read && !SECRETS.contains(&found.name))
        .map(|found| found.name.to_owned());
    let relationships = descriptor
        .relationships
        .iter()
        .map(|found| format!("{}_id", found.name));
    let value = |body: Option<&Map<String, Value>>, name: &str| {
        body.and_then(|body| body.get(name))
            .cloned()
            .unwrap_or_default()
    };
    attributes
        .chain(relationships)
        .filter_map(|name| {
            let (before, after) = (value(old, &name), value(new, &name));
            (before != after).then(|| (name, json!([before, after])))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shop::resources::registry;

    #[test]
    fn only_what_differs_and_no_secret_is_told() {
        let descriptor = registry().find("markets").unwrap();
        let body = |value: Value| value.as_object().cloned().unwrap();
        let old =
            body(json!({"name": "EU", "code": "EU", "shared_secret": "a", "price_list_id": "x"}));
        let new = body(
            json!({"name": "Europe", "code": "EU", "shared_secret": "b", "price_list_id": "y"}),
        );
        let found = changes(descriptor, Some(&old), Some(&new));
        assert_eq!(
            Value::Object(found),
            json!({"name": ["EU", "Europe"], "price_list_id": ["x", "y"]})
        );
        assert!(changes(descriptor, Some(&old), Some(&old)).is_empty());
    }
}
