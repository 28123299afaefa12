//! Shipments: how they travel, chosen by the shopper, and how far they are, told by the shop.

use kassa_commerce::Patch;
use kassa_commerce::shipment::{Shipment, change};
use kassa_commerce::states::{OrderStatus, ShipmentStatus};
use kassa_commerce::stock_reservation::StockOf;
use kassa_storage::Key;
use serde_json::{Map, Value};

use super::configuration::{refuse, triggered};
use super::resources::shipment::DESCRIPTOR;
use super::{line_item, order_write, stock, validate};
use crate::caller::Caller;
use crate::error::{GatewayError, Violation};
use crate::gateway::{Gateway, Outcome, Rounds};
use crate::shop::graph::{Draft, LinkInput};
use crate::webhooks;

/// Triggers that move a shipment, and where to.
const STEPS: &[(&str, ShipmentStatus)] = &[
    ("_upcoming", ShipmentStatus::Upcoming),
    ("_cancel", ShipmentStatus::Cancelled),
    ("_on_hold", ShipmentStatus::OnHold),
    ("_picking", ShipmentStatus::Picking),
    ("_packing", ShipmentStatus::Packing),
    ("_ready_to_ship", ShipmentStatus::ReadyToShip),
    ("_ship", ShipmentStatus::Shipped),
    ("_deliver", ShipmentStatus::Delivered),
];

/// Changes a shipment.
pub(crate) async fn update(
    gateway: &Gateway,
    caller: &Caller,
    id: &str,
    draft: &Draft,
) -> Result<Key, GatewayError> {
    let (steps, moves) = (steps(caller, draft)?, stock::asked(draft));
    let body = validate::body(&DESCRIPTOR, draft, Some(&Map::new()))?;
    let method = match draft.relationships.get("shipping_method") {
        None => Patch::Keep,
        Some(LinkInput::One(Some((_, method)))) => Patch::Set(method.as_str().into()),
        Some(_) => Patch::Clear,
    };
    if let Some(name) = draft
        .relationships
        .keys()
        .find(|name| *name != "shipping_method")
    {
        // Everything else about a shipment follows from the order and the inventory model.
        let violation = Violation::relationship(name, "invalid", "follows from the order");
        return Err(GatewayError::violation(violation));
    }
    let mut rounds = Rounds::new();
    loop {
        let loaded = line_item::load(gateway, caller, &DESCRIPTOR, id).await?;
        let mut aggregate = loaded.aggregate.clone();
        // Integrations may move the shipments of a bought order; nobody writes one that is being placed.
        if !caller.is_integration() || aggregate.order.status == OrderStatus::Placing {
            aggregate.ensure_editable()?;
        }
        let model = loaded.catalogue.inventory_model.clone();
        let mut events = Vec::new();
        if !method.is_keep() {
            let mut new_id = || gateway.new_id();
            let context = line_item::context(&loaded);
            let refreshed = change::choose_shipping_method(
                aggregate,
                &id.into(),
                method.clone(),
                &context,
                &mut new_id,
            )?;
            aggregate = refreshed.aggregate;
        }
        for step in &steps {
            let (moved, told) = change::advance(aggregate, &id.into(), *step, &model, loaded.now)?;
            aggregate = moved;
            events.extend(told);
        }
        let of = StockOf::Shipment(id.into());
        aggregate = stock::apply(gateway, &loaded, aggregate, &of, &moves)?;
        let part = aggregate.shipments.iter_mut();
        if let Some(shipment) = part.into_iter().find(|own| own.id.as_str() == id) {
            write_own_data(shipment, &body);
        }
        let mut set = gateway.change_set(&caller.realm);
        webhooks::tell(gateway, &mut set, &events);
        match order_write::commit(gateway, &loaded, &aggregate, set).await? {
            Outcome::Done => return Ok(Key::new(DESCRIPTOR.kind, id)),
            Outcome::Conflict(key) => rounds.again(&key).await?,
            Outcome::Refused(refusal) => return Err(stock::refused(&loaded, &aggregate, &refusal)),
        }
    }
}

/// The number, and the caller's own data.
fn write_own_data(shipment: &mut Shipment, body: &Map<String, Value>) {
    if let Some(number) = body.get("number").and_then(Value::as_str) {
        number.clone_into(&mut shipment.number);
    }
    for (name, value) in body {
        if matches!(name.as_str(), "metadata" | "reference" | "reference_origin") {
            shipment.extra.insert(name.clone(), value.clone());
        }
    }
}

/// The steps that were asked for, in the order a shipment takes them.
fn steps(caller: &Caller, draft: &Draft) -> Result<Vec<ShipmentStatus>, GatewayError> {
    let mut steps = Vec::new();
    for (name, status) in STEPS {
        if triggered(draft, name) {
            steps.push(*status);
        }
    }
    if !steps.is_empty() && !caller.is_integration() {
        return Err(GatewayError::Denied(
            "shipments are moved by integrations".to_owned(),
        ));
    }
    let known = |name: &str| {
        STEPS.iter().any(|(step, _)| *step == name)
            || stock::MOVES.iter().any(|(own, _)| *own == name)
    };
    match draft
        .triggers
        .keys()
        .find(|name| !known(name) && triggered(draft, name))
    {
        None => Ok(steps),
        Some(name) => Err(refuse(name, "invalid", "is not served")),
    }
}
