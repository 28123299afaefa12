//! Rows that name addresses to be called: webhooks and external gateways.
//!
//! Invariant: an address that could never be called is refused when it is written, and looked at again at each call.

use kassa_outbound::{Target, Targets};
use kassa_storage::Descriptor;
use serde_json::{Map, Value};

use super::configuration::{Change, refuse};
use super::graph::IncludeTree;
use super::read::{Reader, include};
use crate::error::GatewayError;
use crate::gateway::Gateway;

/// The counter of failures in a row of a row that is called, by its id; descriptors name it too.
pub(crate) const CIRCUIT_COUNTER: &str = "circuit:";

/// Addresses of an external gateway.
const GATEWAY_URLS: &[&str] = &[
    "authorize_url",
    "capture_url",
    "void_url",
    "refund_url",
    "token_url",
];

/// `Ok` when the address in the field `name` may be called, or there is none.
pub(crate) fn judge_url(change: &Change<'_>, name: &str) -> Result<(), GatewayError> {
    let Some(url) = change.text(name) else {
        return Ok(());
    };
    Target::parse(url, targets(change.gateway))
        .map(|_| ())
        .map_err(|reason| refuse(name, "invalid", &reason.to_string()))
}

/// `Ok` when the paths in the field `name` can be followed from `descriptor`.
pub(crate) fn judge_includes(
    change: &Change<'_>,
    name: &str,
    descriptor: &'static Descriptor,
) -> Result<(), GatewayError> {
    let refuse = |message: &str| refuse(name, "invalid", message);
    let paths = match change.body.get(name) {
        None | Some(Value::Null) => return Ok(()),
        Some(Value::Array(paths)) => paths,
        Some(_) => return Err(refuse("is not a list")),
    };
    if paths.iter().any(|path| !path.is_string()) {
        return Err(refuse("is not a list of names such as line_items.item"));
    }
    include::check(descriptor, &includes(&change.body, name)).map_err(|error| match error {
        GatewayError::Malformed { detail, .. } => refuse(&detail),
        other => other,
    })
}

/// The paths in the field `name` of a row.
pub(crate) fn includes(body: &Map<String, Value>, name: &str) -> IncludeTree {
    let mut tree = IncludeTree::default();
    let paths = body.get(name).and_then(Value::as_array);
    for path in paths.into_iter().flatten().filter_map(Value::as_str) {
        let mut level = &mut tree;
        for name in path.split('.') {
            level = level.0.entry(name.to_owned()).or_default();
        }
    }
    tree
}

/// Judges an external gateway.
pub(crate) fn external_gateway(change: &Change<'_>) -> Result<(), GatewayError> {
    for name in GATEWAY_URLS {
        judge_url(change, name)?;
    }
    judge_includes(
        change,
        "external_includes",
        &super::resources::order::DESCRIPTOR,
    )
}

/// `_reset_circuit`: the failures that were counted are forgotten.
pub(crate) async fn reset_circuit(
    change: &mut Change<'_>,
    reader: &mut Reader<'_>,
) -> Result<(), GatewayError> {
    if !change.triggered("_reset_circuit") {
        return Ok(());
    }
    let name = format!("{CIRCUIT_COUNTER}{}", change.key.id);
    let failures = reader.snapshot.counter(&name).await?;
    change.set.count(name, -failures, 0..=i64::MAX);
    Ok(())
}

/// How far addresses may lead.
fn targets(gateway: &Gateway) -> Targets {
    let outward = gateway.outward();
    outward.map_or(Targets::Public, |outward| outward.outbound.targets())
}
