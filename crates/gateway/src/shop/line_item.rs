//! Line items and their options: changed through their order, which follows at once.
//!
//! Invariant: every change of a line moves the order's version, so two requests cannot both miss each other.

use kassa_commerce::Patch;
use kassa_commerce::cart::{CartContext, Refreshed};
use kassa_commerce::line_item::change::{self, LineItemChange};
use kassa_commerce::line_item::option::{self, NewOption, OptionChange};
use kassa_commerce::stock_reservation::StockOf;
use kassa_money::MinorUnits;
use kassa_storage::{Descriptor, Key};
use serde_json::{Map, Value, json};

use super::configuration::refuse;
use super::order::LoadedOrder;
use super::resources::{line_item::DESCRIPTOR as LINE, line_item_option::DESCRIPTOR as OPTION};
use super::{new_line, order_write, stock, validate};
use crate::caller::Caller;
use crate::error::{GatewayError, Violation};
use crate::gateway::{Gateway, Outcome, Rounds};
use crate::shop::graph::{Draft, LinkInput};
use crate::shop::read::Reader;

/// Attributes of the caller's own, kept as they are.
pub(crate) const OWN: &[&str] = &["metadata", "reference", "reference_origin"];

/// Adds a line to an order.
pub(crate) async fn create(
    gateway: &Gateway,
    caller: &Caller,
    draft: &Draft,
) -> Result<Key, GatewayError> {
    let body = validate::body(&LINE, draft, None)?;
    let order_id = required(draft, "order")?;
    // `_reset_restocked_quantity` asks for nothing: a line keeps no count of what went back, the stock itself does.
    let moves = stock::asked(draft);
    let mut rounds = Rounds::new();
    loop {
        let mut reader = Reader::open(gateway, caller).await?;
        ensure_order(&mut reader, &order_id, "order").await?;
        let wanted = new_line::read(&mut reader, draft, &body).await?;
        let new = wanted.line;
        let mut loaded = reader.loaded(&order_id, wanted.sku_id.as_slice()).await?;
        if let Some(bundle) = &wanted.bundle_id {
            loaded.add_bundle(reader.snapshot.as_mut(), bundle).await?;
        }
        drop(reader);
        let mut new_id = || gateway.new_id();
        let aggregate = loaded.aggregate.clone();
        let (mut refreshed, id) = change::add(aggregate, new, &context(&loaded), &mut new_id)?;
        let of = StockOf::Line(id.clone());
        refreshed.aggregate = stock::apply(gateway, &loaded, refreshed.aggregate, &of, &moves)?;
        if save(gateway, caller, &loaded, refreshed, &mut rounds).await? {
            return Ok(Key::new(LINE.kind, id.as_str()));
        }
    }
}

/// Changes a line.
pub(crate) async fn update(
    gateway: &Gateway,
    caller: &Caller,
    id: &str,
    draft: &Draft,
) -> Result<Key, GatewayError> {
    let body = validate::body(&LINE, draft, Some(&Map::new()))?;
    if let Some(name) = ["sku_code", "bundle_code"]
        .iter()
        .find(|name| body.contains_key(**name))
    {
        return Err(refuse(
            name,
            "invalid",
            "cannot change: delete the line and add another",
        ));
    }
    let moves = stock::asked(draft);
    let mut rounds = Rounds::new();
    loop {
        let loaded = load(gateway, caller, &LINE, id).await?;
        let mut new_id = || gateway.new_id();
        let change = LineItemChange {
            quantity: body.get("quantity").and_then(Value::as_i64),
            unit_amount_cents: patch(draft, "unit_amount_cents", amount),
            compare_at_amount_cents: patch(draft, "compare_at_amount_cents", amount),
            options_amount_cents: patch(draft, "options_amount_cents", amount),
            name: patch(draft, "name", text),
            image_url: patch(draft, "image_url", text),
            frequency: patch(draft, "frequency", text),
            extra: own(&body),
        };
        let line = id.into();
        let aggregate = loaded.aggregate.clone();
        let mut refreshed =
            change::update(aggregate, &line, change, &context(&loaded), &mut new_id)?;
        let of = StockOf::Line(line);
        refreshed.aggregate = stock::apply(gateway, &loaded, refreshed.aggregate, &of, &moves)?;
        if save(gateway, caller, &loaded, refreshed, &mut rounds).await? {
            return Ok(Key::new(LINE.kind, id));
        }
    }
}

/// Removes a line.
pub(crate) async fn delete(
    gateway: &Gateway,
    caller: &Caller,
    id: &str,
) -> Result<(), GatewayError> {
    let mut rounds = Rounds::new();
    loop {
        let loaded = load(gateway, caller, &LINE, id).await?;
        let mut new_id = || gateway.new_id();
        let aggregate = loaded.aggregate.clone();
        let refreshed = change::remove(aggregate, &id.into(), &context(&loaded), &mut new_id)?;
        if save(gateway, caller, &loaded, refreshed, &mut rounds).await? {
            return Ok(());
        }
    }
}

/// Adds an option to a line.
pub(crate) async fn create_option(
    gateway: &Gateway,
    caller: &Caller,
    draft: &Draft,
) -> Result<Key, GatewayError> {
    let body = validate::body(&OPTION, draft, None)?;
    let line_id = required(draft, "line_item")?;
    let option_id = required(draft, "sku_option")?;
    let new = NewOption {
        line_item_id: line_id.as_str().into(),
        sku_option_id: option_id.as_str().into(),
        quantity: body.get("quantity").and_then(Value::as_i64).unwrap_or(1),
        unit_amount_cents: body.get("unit_amount_cents").and_then(amount),
        name: body.get("name").and_then(text),
        options: body.get("options").cloned().unwrap_or_else(|| json!({})),
        extra: own(&body),
    };
    let mut rounds = Rounds::new();
    loop {
        let loaded = match load(gateway, caller, &LINE, &line_id).await {
            Err(GatewayError::NotFound { .. }) => {
                let violation = Violation::relationship("line_item", "invalid", "does not exist");
                return Err(GatewayError::violation(violation));
            }
            other => other?,
        };
        let mut new_id = || gateway.new_id();
        let aggregate = loaded.aggregate.clone();
        let (refreshed, id) = option::add(aggregate, new.clone(), &context(&loaded), &mut new_id)?;
        if save(gateway, caller, &loaded, refreshed, &mut rounds).await? {
            return Ok(Key::new(OPTION.kind, id.as_str()));
        }
    }
}

/// Changes an option.
pub(crate) async fn update_option(
    gateway: &Gateway,
    caller: &Caller,
    id: &str,
    draft: &Draft,
) -> Result<Key, GatewayError> {
    let body = validate::body(&OPTION, draft, Some(&Map::new()))?;
    if draft.relationships.contains_key("sku_option") {
        let violation = Violation::relationship("sku_option", "invalid", "cannot change");
        return Err(GatewayError::violation(violation));
    }
    let wanted = OptionChange {
        quantity: body.get("quantity").and_then(Value::as_i64),
        unit_amount_cents: patch(draft, "unit_amount_cents", amount),
        name: body.get("name").and_then(text),
        options: body.get("options").cloned(),
        extra: own(&body),
    };
    let mut rounds = Rounds::new();
    loop {
        let loaded = load(gateway, caller, &OPTION, id).await?;
        let aggregate = loaded.aggregate.clone();
        let mut new_id = || gateway.new_id();
        let (own, context) = (id.into(), context(&loaded));
        let refreshed = option::change(aggregate, &own, wanted.clone(), &context, &mut new_id)?;
        if save(gateway, caller, &loaded, refreshed, &mut rounds).await? {
            return Ok(Key::new(OPTION.kind, id));
        }
    }
}

/// Removes an option.
pub(crate) async fn delete_option(
    gateway: &Gateway,
    caller: &Caller,
    id: &str,
) -> Result<(), GatewayError> {
    let mut rounds = Rounds::new();
    loop {
        let loaded = load(gateway, caller, &OPTION, id).await?;
        let mut new_id = || gateway.new_id();
        let aggregate = loaded.aggregate.clone();
        let refreshed = option::remove(aggregate, &id.into(), &context(&loaded), &mut new_id)?;
        if save(gateway, caller, &loaded, refreshed, &mut rounds).await? {
            return Ok(());
        }
    }
}

/// The order of a part that the caller may see, read whole.
pub(crate) async fn load(
    gateway: &Gateway,
    caller: &Caller,
    descriptor: &'static Descriptor,
    id: &str,
) -> Result<Box<LoadedOrder>, GatewayError> {
    let mut reader = Reader::open(gateway, caller).await?;
    let record = reader.row(descriptor, id).await?;
    reader.loaded(&record.root.id, &[]).await
}

/// What a decision about the cart looks at.
pub(crate) fn context(loaded: &LoadedOrder) -> CartContext<'_> {
    CartContext {
        parties: &loaded.parties,
        catalogue: &loaded.catalogue,
        now: loaded.now,
    }
}

/// Writes the order; `false` asks for another round.
pub(crate) async fn save(
    gateway: &Gateway,
    caller: &Caller,
    loaded: &LoadedOrder,
    refreshed: Refreshed,
    rounds: &mut Rounds,
) -> Result<bool, GatewayError> {
    let set = gateway.change_set(&caller.realm);
    match order_write::commit(gateway, loaded, &refreshed.aggregate, set).await? {
        Outcome::Done => Ok(true),
        Outcome::Conflict(key) => {
            rounds.again(&key).await?;
            Ok(false)
        }
        Outcome::Refused(refusal) => Err(stock::refused(loaded, &refreshed.aggregate, &refusal)),
    }
}

/// Refuses a relationship to an order that does not exist or is not for this caller.
pub(crate) async fn ensure_order(
    reader: &mut Reader<'_>,
    order_id: &str,
    name: &str,
) -> Result<(), GatewayError> {
    match reader
        .row(&super::resources::order::DESCRIPTOR, order_id)
        .await
    {
        Ok(_) => Ok(()),
        Err(GatewayError::NotFound { .. }) => {
            let violation = Violation::relationship(name, "invalid", "does not exist");
            Err(GatewayError::violation(
                violation.with_value(order_id.into()),
            ))
        }
        Err(other) => Err(other),
    }
}

/// The id that a required relationship names.
pub(crate) fn required(draft: &Draft, name: &str) -> Result<String, GatewayError> {
    match draft.relationships.get(name) {
        Some(LinkInput::One(Some((_, id)))) => Ok(id.clone()),
        _ => Err(GatewayError::violation(Violation::relationship(
            name,
            "blank",
            "can't be blank",
        ))),
    }
}

pub(crate) fn own(body: &Map<String, Value>) -> Map<String, Value> {
    OWN.iter()
        .filter_map(|name| Some(((*name).to_owned(), body.get(*name)?.clone())))
        .collect()
}

fn amount(value: &Value) -> Option<MinorUnits> {
    value.as_i64().map(MinorUnits)
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(ToOwned::to_owned)
}

fn patch<T>(draft: &Draft, name: &str, read: impl Fn(&Value) -> Option<T>) -> Patch<T> {
    match draft.attributes.get(name) {
        None => Patch::Keep,
        Some(value) => read(value).map_or(Patch::Clear, Patch::Set),
    }
}
