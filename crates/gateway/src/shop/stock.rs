//! Triggers that hold stock, let it go or take it off, on whatever part of an order they are sent to.

use kassa_commerce::aggregate::OrderAggregate;
use kassa_commerce::error::CommerceError;
use kassa_commerce::reservation::STOCK_COUNTER;
use kassa_commerce::stock_reservation::{self, StockOf};
use kassa_storage::{Key, Refusal};
use serde_json::Map;

use super::configuration::{refuse, triggered};
use super::order::LoadedOrder;
use super::resources::stock_line_item::DESCRIPTOR as STOCK_LINE;
use super::{line_item, order_write, validate};
use crate::caller::Caller;
use crate::error::GatewayError;
use crate::gateway::{Gateway, Outcome, Rounds};
use crate::shop::graph::Draft;

/// What a trigger does with the stock of its goods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Move {
    Reserve,
    Release,
    Decrement,
}

/// The triggers, in the order in which several of one request run.
pub(crate) const MOVES: &[(&str, Move)] = &[
    ("_reserve_stock", Move::Reserve),
    ("_release_stock", Move::Release),
    ("_decrement_stock", Move::Decrement),
];

/// What a draft asks for. That only integrations may is in the descriptors.
pub(crate) fn asked(draft: &Draft) -> Vec<Move> {
    let sent = MOVES.iter().filter(|(name, _)| triggered(draft, name));
    sent.map(|(_, own)| *own).collect()
}

/// Does it.
pub(crate) fn apply(
    gateway: &Gateway,
    loaded: &LoadedOrder,
    aggregate: OrderAggregate,
    of: &StockOf,
    moves: &[Move],
) -> Result<OrderAggregate, GatewayError> {
    let mut aggregate = aggregate;
    for own in moves {
        aggregate = match own {
            Move::Reserve => {
                let mut new_id = || gateway.new_id();
                let catalogue = &loaded.catalogue;
                stock_reservation::reserve(aggregate, of, catalogue, loaded.now, &mut new_id)?
            }
            Move::Release => stock_reservation::release(aggregate, of)?,
            Move::Decrement => stock_reservation::decrement(aggregate, of)?,
        };
    }
    Ok(aggregate)
}

/// What the store's refusal of `new` means: somebody else was quicker with the last pieces, if it is about stock.
pub(crate) fn refused(
    loaded: &LoadedOrder,
    new: &OrderAggregate,
    refusal: &Refusal,
) -> GatewayError {
    let Refusal::Bound { counter, value } = refusal else {
        return crate::gateway::refused(refusal);
    };
    let mut items = loaded.catalogue.stock_items.iter();
    let item = counter
        .strip_prefix(STOCK_COUNTER)
        .and_then(|id| items.find(|item| item.id.as_str() == id));
    let Some(item) = item else {
        return crate::gateway::refused(refusal);
    };
    let mut taken = new.order.reservations.iter();
    let wanted = taken.find(|own| own.counter == *counter);
    CommerceError::OutOfStock {
        sku_code: item.sku_code.clone(),
        requested: wanted.map_or(0, |own| own.delta.saturating_neg()),
        available: *value,
    }
    .into()
}

/// What the store's refusal of a move by hand means, if it is about stock: less can be sold than it takes.
pub(crate) fn short(refusal: &Refusal) -> Option<GatewayError> {
    let Refusal::Bound { counter, value } = refusal else {
        return None;
    };
    counter.strip_prefix(STOCK_COUNTER)?;
    let message = format!("takes more than can be sold: {value}");
    Some(refuse("quantity", "less_than_or_equal_to", &message))
}

/// Changes a stock line item: its triggers, and the caller's own data. All else follows from the order.
pub(crate) async fn update_line(
    gateway: &Gateway,
    caller: &Caller,
    id: &str,
    draft: &Draft,
) -> Result<Key, GatewayError> {
    let body = validate::body(&STOCK_LINE, draft, Some(&Map::new()))?;
    let fixed = draft.relationships.keys().map(String::as_str);
    let fixed = fixed.chain(body.keys().map(String::as_str));
    if let Some(name) = { fixed }.find(|name| !line_item::OWN.contains(name)) {
        return Err(refuse(name, "invalid", "follows from the order"));
    }
    let moves = asked(draft);
    let mut rounds = Rounds::new();
    loop {
        let loaded = line_item::load(gateway, caller, &STOCK_LINE, id).await?;
        let of = StockOf::StockLine(id.into());
        let mut after = apply(gateway, &loaded, loaded.aggregate.clone(), &of, &moves)?;
        let mut lines = after.stock_line_items.iter_mut();
        if let Some(line) = lines.find(|own| own.id.as_str() == id) {
            line.extra.extend(body.clone());
        }
        let set = gateway.change_set(&caller.realm);
        match order_write::commit(gateway, &loaded, &after, set).await? {
            Outcome::Done => return Ok(Key::new(STOCK_LINE.kind, id)),
            Outcome::Conflict(key) => rounds.again(&key).await?,
            Outcome::Refused(refusal) => return Err(refused(&loaded, &after, &refusal)),
        }
    }
}
