//! Rows that name addresses to be called: webhooks and external gateways. What they are told, and when to stop.
//!
//! Invariant: an address that could never be called is refused when it is written, and looked at again at each call.

use kassa_outbound::circuit::Step;
use kassa_outbound::{Circuit, Target, Targets};
use kassa_storage::{ChangeSet, Descriptor, Key, Realm, Record, Refusal, Scope, Snapshot};
use serde_json::{Map, Value};

use super::configuration::{Change, refuse};
use super::graph::{IncludeTree, Selection};
use super::read::{Reader, include};
use crate::caller::{ApplicationKind, Caller, Role};
use crate::error::GatewayError;
use crate::gateway::{Gateway, Outcome, Rounds, refused};
use crate::webhooks::Outward;

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
    let name = circuit_counter(&change.key);
    let failures = reader.snapshot.counter(&name).await?;
    change.set.count(name, -failures, 0..=i64::MAX);
    Ok(())
}

/// The counter of failures in a row of a row that has a circuit.
pub(crate) fn circuit_counter(key: &Key) -> String {
    format!("{CIRCUIT_COUNTER}{}", key.id)
}

/// Adds a call of the row `key` to `set`: one failure more, or none any more.
pub(crate) async fn count(
    snapshot: &mut dyn Snapshot,
    set: &mut ChangeSet,
    key: &Key,
    succeeded: bool,
) -> Result<Step, GatewayError> {
    let name = circuit_counter(key);
    let step = Circuit::new(snapshot.counter(&name).await?).after(succeeded);
    if step.delta != 0 {
        set.count(name, step.delta, 0..=i64::MAX);
    }
    Ok(step)
}

/// Says on a row that it is called no more.
pub(crate) fn open_circuit(gateway: &Gateway, set: &mut ChangeSet, mut row: Record) {
    row.body.insert("circuit_state".to_owned(), "open".into());
    row.updated_at = gateway.now_us(&set.realm);
    set.put(row);
}

/// Counts a call of the row `key` in a change set of its own; tells whether that opened its circuit.
pub(crate) async fn count_alone(
    gateway: &Gateway,
    realm: &Realm,
    key: &Key,
    succeeded: bool,
) -> Result<bool, GatewayError> {
    let mut rounds = Rounds::new();
    loop {
        let mut set = gateway.change_set(realm);
        let mut snapshot = gateway.snapshot(&Scope::realm(realm.clone())).await?;
        let Some(row) = snapshot.record(key).await? else {
            return Ok(false);
        };
        let step = count(snapshot.as_mut(), &mut set, key, succeeded).await?;
        drop(snapshot);
        if step.delta == 0 {
            return Ok(false);
        }
        if step.opened {
            open_circuit(gateway, &mut set, row);
        }
        match gateway.commit(set).await? {
            Outcome::Done => return Ok(step.opened),
            Outcome::Conflict(key) => rounds.again(&key).await?,
            // Another call of the same row ended at this moment.
            Outcome::Refused(Refusal::Bound { .. }) => rounds.again(key).await?,
            Outcome::Refused(refusal) => return Err(refused(&refusal)),
        }
    }
}

/// What a document is about.
pub(crate) enum About {
    /// The row as it is now.
    Key(Key),
    /// The row as it was, or as it is going to be.
    Record(Record),
}

/// The document that a GET by a back office would answer; `None` for a row that is gone.
pub(crate) async fn document(
    gateway: &Gateway,
    outward: &Outward,
    realm: &Realm,
    trace_id: &str,
    about: About,
    include: IncludeTree,
) -> Result<Option<Vec<u8>>, GatewayError> {
    let caller = Caller {
        realm: realm.clone(),
        organization_slug: String::new(),
        application_id: String::new(),
        kind: ApplicationKind::Integration,
        role: Role::Admin,
        customer_id: None,
        market_ids: Vec::new(),
        stock_location_ids: Vec::new(),
        store_id: None,
        trace_id: trace_id.to_owned(),
    };
    let selection = Selection {
        include,
        ..Selection::default()
    };
    let mut reader = Reader::open(gateway, &caller).await?;
    let record = match about {
        About::Record(record) => Some(record),
        About::Key(key) => reader.snapshot.record(&key).await?,
    };
    let Some(record) = record else {
        return Ok(None);
    };
    let graph = reader.answer(Some(record), &selection).await?;
    (outward.render)(gateway, &caller, &selection, &graph).map(Some)
}

/// How far addresses may lead.
fn targets(gateway: &Gateway) -> Targets {
    let outward = gateway.outward();
    outward.map_or(Targets::Public, |outward| outward.outbound.targets())
}
