//! Payment sources of every kind: created, updated and deleted through their own resource, owned by their order.
//!
//! Invariant: one source per order; a new one replaces the old one, whose unused approval is given back.

use kassa_commerce::payment_method::PaymentSourceKind;
use kassa_storage::{Key, Record, Scope};

use super::klarna_payment::{Saved, save};
use super::{external_payment, klarna_payment, wire_transfer};
use crate::caller::Caller;
use crate::error::{GatewayError, Violation};
use crate::gateway::{Gateway, Rounds};
use crate::shop::graph::{Draft, LinkInput};
use crate::shop::order;

/// Creates a payment source of type `kind` for the order that `draft` names.
///
/// # Errors
/// 422 when the order does not take it, when Klarna refuses or cannot be reached, and for types that are not
/// served, naming `external_payments`.
pub async fn create_source(
    gateway: &Gateway,
    caller: &Caller,
    kind: &str,
    draft: &Draft,
) -> Result<Key, GatewayError> {
    let source = PaymentSourceKind::parse(kind)?;
    let order_id = order_of(draft)?;
    let id = match source {
        PaymentSourceKind::Klarna => {
            klarna_payment::create(gateway, caller, &order_id, draft).await?
        }
        PaymentSourceKind::WireTransfer => {
            wire_transfer::create(gateway, caller, &order_id, draft).await?
        }
        PaymentSourceKind::External => {
            external_payment::create(gateway, caller, &order_id, draft).await?
        }
    };
    Ok(Key::new(source.word(), id))
}

/// Updates the source `id`: for Klarna, `auth_token` and `_update`.
///
/// # Errors
/// 422 for a blank or foreign token, an expired session or a source of a placed order; not found.
pub async fn update_source(
    gateway: &Gateway,
    caller: &Caller,
    kind: &str,
    id: &str,
    draft: &Draft,
) -> Result<(), GatewayError> {
    let source = PaymentSourceKind::parse(kind)?;
    let order_id = find(gateway, &caller.scope(), source, id).await?.root.id;
    match source {
        PaymentSourceKind::Klarna => {
            klarna_payment::update(gateway, caller, &order_id, draft).await
        }
        PaymentSourceKind::WireTransfer => {
            wire_transfer::update(gateway, caller, &order_id, draft).await
        }
        PaymentSourceKind::External => {
            external_payment::update(gateway, caller, &order_id, draft).await
        }
    }
}

/// Takes the source off its order and gives its unused approval back.
///
/// # Errors
/// 422 when the order is not editable any more; not found.
pub async fn delete_source(
    gateway: &Gateway,
    caller: &Caller,
    kind: &str,
    id: &str,
) -> Result<(), GatewayError> {
    let source = PaymentSourceKind::parse(kind)?;
    let order_id = find(gateway, &caller.scope(), source, id).await?.root.id;
    let mut rounds = Rounds::new();
    loop {
        let loaded = order::load(gateway, &caller.scope(), &order_id).await?;
        loaded.aggregate.ensure_source_open()?;
        let is_it = loaded
            .aggregate
            .payment_source
            .as_ref()
            .is_some_and(|own| own.id() == id);
        if !is_it {
            return Err(GatewayError::not_found(kind, id));
        }
        let mut after = loaded.aggregate.clone();
        after.payment_source = None;
        after.order.payment_source_id = None;
        after.order.payment_source_type = None;
        let set = gateway.change_set(&caller.realm);
        match save(gateway, &loaded, &after, set).await? {
            Saved::Yes => return Ok(()),
            Saved::Again(key) => rounds.again(&key).await?,
        }
    }
}

async fn find(
    gateway: &Gateway,
    scope: &Scope,
    source: PaymentSourceKind,
    id: &str,
) -> Result<Record, GatewayError> {
    let mut snapshot = gateway.snapshot(scope).await?;
    let key = Key::new(source.word(), id);
    snapshot
        .record(&key)
        .await?
        .ok_or_else(|| GatewayError::not_found(source.word(), id))
}

fn order_of(draft: &Draft) -> Result<String, GatewayError> {
    match draft.relationships.get("order") {
        Some(LinkInput::One(Some((_, id)))) => Ok(id.clone()),
        _ => Err(GatewayError::violation(Violation::relationship(
            "order",
            "blank",
            "can't be blank",
        ))),
    }
}
