//! Line items and their options: changed through their order, which follows at once.
//!
//! Invariant: every change of a line moves the order's version, so two requests cannot both miss each other.

use kassa_commerce::Patch;
use kassa_commerce::cart::{CartContext, Refreshed};
use kassa_commerce::line_item::change::{self, LineItemChange};
use kassa_commerce::stock_reservation::StockOf;
use kassa_money::MinorUnits;
use kassa_storage::{Descriptor, Key};
use serde_json::{Map, Value, json};

use super::configuration::{refuse, triggered};
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
    let moves = moves(draft)?;
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

/// What a draft asks of the stock behind its line.
fn moves(draft: &Draft) -> Result<Vec<stock::Move>, GatewayError> {
    // It belongs to returns, which are not served.
    let name = "_reset_restocked_quantity";
    if triggered(draft, name) {
        return Err(refuse(name, "invalid", "is not served"));
    }
    Ok(stock::asked(draft))
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
    let moves = moves(draft)?;
    let mut rounds = Rounds::new();
    loop {
        let loaded = load(gateway, caller, &LINE, id).await?;
        let mut new_id = || gateway.new_id();
        let change = LineItemChange {
            quantity: body.get("quantity").and_then(Value::as_i64),
            unit_amount_cents: patch(draft, "unit_amount_cents", |value| {
                value.as_i64().map(MinorUnits)
            }),
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
    let quantity = body.get("quantity").and_then(Value::as_i64).unwrap_or(1);
    let options = body.get("options").cloned().unwrap_or_else(|| json!({}));
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
        let (mut refreshed, id) = change::add_option(
            loaded.aggregate.clone(),
            &line_id.as_str().into(),
            &option_id.as_str().into(),
            quantity,
            options.clone(),
            &context(&loaded),
            &mut new_id,
        )?;
        let added = refreshed
            .aggregate
            .line_item_options
            .iter_mut()
            .find(|own| own.id == id);
        if let Some(added) = added {
            added.extra.extend(own(&body));
            if let Some(name) = body.get("name").and_then(Value::as_str) {
                added.name = Some(name.to_owned());
            }
        }
        if save(gateway, caller, &loaded, refreshed, &mut rounds).await? {
            return Ok(Key::new(OPTION.kind, id.as_str()));
        }
    }
}

/// Changes an option's quantity or what was typed into it.
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
    let mut rounds = Rounds::new();
    loop {
        let loaded = load(gateway, caller, &OPTION, id).await?;
        let mut aggregate = loaded.aggregate.clone();
        aggregate.ensure_editable()?;
        let option = aggregate
            .line_item_options
            .iter_mut()
            .find(|own| own.id.as_str() == id);
        let option = option.ok_or_else(|| GatewayError::not_found(OPTION.kind, id))?;
        if let Some(quantity) = body.get("quantity").and_then(Value::as_i64) {
            if quantity < 1 {
                return Err(refuse("quantity", "greater_than", "must be greater than 0"));
            }
            option.quantity = quantity;
        }
        if let Some(options) = body.get("options") {
            option.options = Some(options.clone());
        }
        if let Some(name) = body.get("name").and_then(Value::as_str) {
            option.name = Some(name.to_owned());
        }
        option.extra.extend(own(&body));
        let mut new_id = || gateway.new_id();
        let refreshed =
            kassa_commerce::cart::after_change(aggregate, &context(&loaded), &mut new_id)?;
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
        let refreshed =
            change::remove_option(aggregate, &id.into(), &context(&loaded), &mut new_id)?;
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

fn text(value: &Value) -> Option<String> {
    value.as_str().map(ToOwned::to_owned)
}

fn patch<T>(draft: &Draft, name: &str, read: impl Fn(&Value) -> Option<T>) -> Patch<T> {
    match draft.attributes.get(name) {
        None => Patch::Keep,
        Some(value) => read(value).map_or(Patch::Clear, Patch::Set),
    }
}
