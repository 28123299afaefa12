//! Stock transfers: those of an order go on with it; those that a shop makes by itself move stock from one location to
//! another.
//!
//! Invariant: a transfer made by hand keeps what it has moved so far, so that each step moves only the difference.

use kassa_commerce::body::iso_timestamp;
use kassa_commerce::reservation::{Reservation, arrive, decrement, difference, hold};
use kassa_commerce::states::StockTransferStatus as Status;
use kassa_commerce::stock_transfer;
use kassa_storage::{Guard, Key, Put, Record};
use serde_json::{Map, Value};

use super::configuration::{self, Change, refuse, triggered};
use super::resources::stock_item::DESCRIPTOR as STOCK_ITEM;
use super::resources::stock_transfer::DESCRIPTOR;
use super::{line_item, order, order_write, stock, unique, validate, write};
use crate::caller::Caller;
use crate::error::{GatewayError, Violation};
use crate::gateway::{Gateway, Outcome, Rounds};
use crate::shop::graph::Draft;
use crate::shop::read::Reader;
use crate::webhooks;

/// Triggers that move a transfer, and where to, in the order in which several of one request run.
const STEPS: &[(&str, Status)] = &[
    ("_upcoming", Status::Upcoming),
    ("_on_hold", Status::OnHold),
    ("_picking", Status::Picking),
    ("_in_transit", Status::InTransit),
    ("_complete", Status::Completed),
    ("_cancel", Status::Cancelled),
];

/// What a transfer made by hand has moved so far. Not part of the API.
const MOVED: &str = "moved";

/// Stock items of one SKU that are looked at.
const ROWS: u64 = 10_000;

/// Whether a trigger is one of a transfer's.
pub(super) fn serves(trigger: &str) -> bool {
    STEPS.iter().any(|(name, _)| *name == trigger)
}

fn asked(draft: &Draft) -> impl Iterator<Item = Status> {
    let sent = STEPS.iter().filter(|(name, _)| triggered(draft, name));
    sent.map(|(_, to)| *to)
}

/// Changes a transfer and moves it on.
pub(super) async fn update(
    gateway: &Gateway,
    caller: &Caller,
    id: &str,
    draft: &Draft,
) -> Result<Key, GatewayError> {
    let record = Reader::open(gateway, caller)
        .await?
        .row(&DESCRIPTOR, id)
        .await?;
    if record.is_root() {
        return configuration::update(gateway, caller, &DESCRIPTOR, id, draft).await;
    }
    let body = validate::body(&DESCRIPTOR, draft, Some(&Map::new()))?;
    let fixed = draft.relationships.keys().map(String::as_str);
    let fixed = fixed.chain(body.keys().map(String::as_str));
    if let Some(name) = { fixed }.find(|name| !line_item::OWN.contains(name)) {
        return Err(refuse(name, "invalid", "follows from the order"));
    }
    let mut rounds = Rounds::new();
    loop {
        let loaded = line_item::load(gateway, caller, &DESCRIPTOR, id).await?;
        let mut after = loaded.aggregate.clone();
        let mut events = Vec::new();
        for to in asked(draft) {
            let (moved, told) = stock_transfer::advance(after, &id.into(), to, loaded.now)?;
            after = moved;
            events.extend(told);
        }
        let mut transfers = after.stock_transfers.iter_mut();
        if let Some(transfer) = transfers.find(|own| own.id.as_str() == id) {
            transfer.extra.extend(body.clone());
        }
        let mut set = gateway.change_set(&caller.realm);
        webhooks::tell(gateway, &mut set, &events);
        match order_write::commit(gateway, &loaded, &after, set).await? {
            Outcome::Done => return Ok(record.key),
            Outcome::Conflict(key) => rounds.again(&key).await?,
            Outcome::Refused(refusal) => return Err(stock::refused(&loaded, &after, &refusal)),
        }
    }
}

/// Deletes a transfer that moves nothing: a draft, or one that is over.
pub(super) async fn delete(
    gateway: &Gateway,
    caller: &Caller,
    id: &str,
) -> Result<(), GatewayError> {
    let record = Reader::open(gateway, caller)
        .await?
        .row(&DESCRIPTOR, id)
        .await?;
    if !record.is_root() {
        return Err(write::follows(&DESCRIPTOR));
    }
    match status(&record.body) {
        Status::Draft | Status::Completed | Status::Cancelled => {
            configuration::delete(gateway, caller, &DESCRIPTOR, id).await
        }
        open => Err(GatewayError::Locked(format!(
            "stock_transfers/{id} is {}; cancel it first",
            open.word()
        ))),
    }
}

/// Completes and judges a transfer made by hand, and moves its stock.
pub(super) async fn complete(
    change: &mut Change<'_>,
    reader: &mut Reader<'_>,
) -> Result<(), GatewayError> {
    let Some(old) = &change.old else {
        let sku = change.row("skus").and_then(|sku| sku.text("code"));
        if let Some(code) = sku.map(ToOwned::to_owned) {
            change.set_field("sku_code", code);
        }
        return ensure_sense(change);
    };
    let mut at = status(&old.body);
    if at != Status::Draft {
        ensure_unchanged(&old.body, &change.body)?;
    }
    ensure_sense(change)?;
    let before: Vec<Reservation> = moved(&change.body);
    let mut after = before.clone();
    for to in asked(change.draft) {
        if at == to {
            continue;
        }
        at = at.advance(to)?;
        step(change, reader, to, &mut after).await?;
        let now = iso_timestamp(change.gateway.business_now(&change.caller.realm));
        if !matches!(to, Status::Draft | Status::Upcoming) {
            change.set_field(&format!("{}_at", to.word()), now);
        }
        let event = kassa_commerce::Event {
            topic: stock_transfer::topic(to),
            resource_type: DESCRIPTOR.kind,
            resource_id: change.key.id.clone(),
        };
        webhooks::tell(change.gateway, &mut change.set, &[event]);
    }
    change.set_field("status", at.word());
    let written = serde_json::to_value(&after);
    let written = written.map_err(|error| GatewayError::Internal(error.to_string()))?;
    change.set_field(MOVED, written);
    let moves = difference(&before, &after);
    change.set.counters.extend(moves.iter().map(order::counter));
    Ok(())
}

/// What reaching a status moves.
async fn step(
    change: &mut Change<'_>,
    reader: &mut Reader<'_>,
    to: Status,
    moves: &mut Vec<Reservation>,
) -> Result<(), GatewayError> {
    let quantity = change.body.get("quantity").and_then(Value::as_i64);
    let quantity = quantity.unwrap_or_default();
    match to {
        Status::Upcoming if moves.is_empty() => {
            let origin = find(change, reader, "origin_stock_location_id").await?;
            let origin = origin.ok_or_else(|| {
                let message = "has no stock item of this SKU";
                let violation =
                    Violation::relationship("origin_stock_location", "invalid", message);
                GatewayError::violation(violation)
            })?;
            hold(moves, &origin, quantity);
        }
        Status::InTransit => {
            let origin = find(change, reader, "origin_stock_location_id").await?;
            decrement(moves, &origin.unwrap_or_default(), quantity);
        }
        Status::Completed => {
            let destination = match find(change, reader, "destination_stock_location_id").await? {
                Some(id) => id,
                None => new_stock_item(change),
            };
            arrive(moves, &destination, quantity);
        }
        Status::Cancelled => moves.clear(),
        Status::Draft | Status::Upcoming | Status::OnHold | Status::Picking => {}
    }
    Ok(())
}

/// The stock item of the transfer's SKU at one of its locations.
async fn find(
    change: &Change<'_>,
    reader: &mut Reader<'_>,
    location: &str,
) -> Result<Option<String>, GatewayError> {
    let sku = [change.text("sku_id").unwrap_or_default().to_owned()];
    let items = reader
        .snapshot
        .inverse(&[STOCK_ITEM.kind], "sku", &sku, ROWS)
        .await?;
    let place = change.text(location);
    let mut here = items
        .into_iter()
        .filter(|item| item.text("stock_location_id") == place);
    Ok(here.next().map(|item| item.key.id))
}

/// The first pieces of a SKU at a location: somebody has to count them there.
fn new_stock_item(change: &mut Change<'_>) -> String {
    let id = change.gateway.new_id();
    let key = Key::new(STOCK_ITEM.kind, id.clone());
    let field = |name: &str| change.body.get(name).cloned().unwrap_or_default();
    let body: Map<String, Value> = [
        ("sku_code", field("sku_code")),
        ("sku_id", field("sku_id")),
        ("stock_location_id", field("destination_stock_location_id")),
        ("metadata", Value::Object(Map::new())),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect();
    change
        .set
        .claims
        .extend(unique::claims(&STOCK_ITEM, &key, &body));
    change.set.puts.push(Put {
        record: Record::root(key, body, change.now_us),
        guard: Guard::New,
    });
    id
}

fn moved(body: &Map<String, Value>) -> Vec<Reservation> {
    let written = body.get(MOVED).cloned().unwrap_or_default();
    serde_json::from_value(written).unwrap_or_default()
}

fn status(body: &Map<String, Value>) -> Status {
    let word = body.get("status").cloned().unwrap_or_default();
    serde_json::from_value(word).unwrap_or_default()
}

/// A transfer moves something from one place to another.
fn ensure_sense(change: &Change<'_>) -> Result<(), GatewayError> {
    let quantity = change.body.get("quantity").and_then(Value::as_i64);
    if quantity.unwrap_or_default() < 1 {
        return Err(refuse("quantity", "greater_than", "must be greater than 0"));
    }
    if change.text("origin_stock_location_id") == change.text("destination_stock_location_id") {
        let message = "must differ from the origin";
        let violation = Violation::relationship("destination_stock_location", "invalid", message);
        return Err(GatewayError::violation(violation));
    }
    Ok(())
}

/// What has begun to move cannot become something else.
fn ensure_unchanged(
    old: &Map<String, Value>,
    new: &Map<String, Value>,
) -> Result<(), GatewayError> {
    for (field, name) in [
        ("quantity", "quantity"),
        ("sku_id", "sku"),
        ("origin_stock_location_id", "origin_stock_location"),
        (
            "destination_stock_location_id",
            "destination_stock_location",
        ),
    ] {
        if old.get(field) != new.get(field) {
            return Err(refuse(
                name,
                "not_editable",
                "is fixed once the transfer has begun",
            ));
        }
    }
    Ok(())
}
