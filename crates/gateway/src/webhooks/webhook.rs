//! The rules of `webhooks` rows: a topic that exists, an address that may be called, includes that can be followed.

use kassa_outbound::{Target, Targets};
use kassa_storage::Key;
use serde_json::{Map, Value};

use super::record::circuit_counter;
use super::topics;
use crate::error::GatewayError;
use crate::gateway::Gateway;
use crate::shop::configuration::{Change, refuse};
use crate::shop::graph::IncludeTree;
use crate::shop::read::{Reader, include};
use crate::shop::resources::registry;

/// Completes and judges a webhook.
pub(crate) fn complete(change: &mut Change<'_>) -> Result<(), GatewayError> {
    let name = change.text("topic").unwrap_or_default().to_owned();
    let Some(topic) = topics::find(&name) else {
        let message = "is none of the topics that are raised (GET /api/events lists them)";
        return Err(refuse("topic", "inclusion", message));
    };
    let url = change.text("callback_url").unwrap_or_default();
    if let Err(reason) = Target::parse(url, targets(change.gateway)) {
        return Err(refuse("callback_url", "invalid", &reason.to_string()));
    }
    judge_includes(change, topic.kind())
}

/// `_reset_circuit`: the failures that were counted are forgotten.
pub(crate) async fn reset_circuit(
    change: &mut Change<'_>,
    reader: &mut Reader<'_>,
) -> Result<(), GatewayError> {
    if !change.triggered("_reset_circuit") {
        return Ok(());
    }
    let name = circuit_counter(&Key::new(change.descriptor.kind, change.key.id.as_str()));
    let failures = reader.snapshot.counter(&name).await?;
    change.set.count(name, -failures, 0..=i64::MAX);
    Ok(())
}

/// How far addresses may lead.
fn targets(gateway: &Gateway) -> Targets {
    let outward = gateway.outward();
    outward.map_or(Targets::Public, |outward| outward.outbound.targets())
}

fn judge_includes(change: &Change<'_>, kind: &str) -> Result<(), GatewayError> {
    let refuse = |message: &str| refuse("include_resources", "invalid", message);
    let names = match change.body.get("include_resources") {
        None | Some(Value::Null) => return Ok(()),
        Some(Value::Array(names)) => names,
        Some(_) => return Err(refuse("is not a list")),
    };
    if names.iter().any(|name| !name.is_string()) {
        return Err(refuse("is not a list of names such as line_items.item"));
    }
    let descriptor = registry()
        .find(kind)
        .ok_or_else(|| refuse("belongs to a type that is not served"))?;
    include::check(descriptor, &includes(&change.body)).map_err(|error| match error {
        GatewayError::Malformed { detail, .. } => refuse(&detail),
        other => other,
    })
}

/// The includes of a webhook's row.
pub(super) fn includes(body: &Map<String, Value>) -> IncludeTree {
    let mut tree = IncludeTree::default();
    let names = body.get("include_resources").and_then(Value::as_array);
    for path in names.into_iter().flatten().filter_map(Value::as_str) {
        let mut level = &mut tree;
        for name in path.split('.') {
            level = level.0.entry(name.to_owned()).or_default();
        }
    }
    tree
}
