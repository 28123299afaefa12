//! Orders: made, changed, put away and deleted; what places and pays them is handed to payments.
//!
//! Invariant: a plain change and the triggers of one request are separate steps, the change first, so that placing
//! sees what was sent with it.

use kassa_commerce::address::Address;
use kassa_commerce::aggregate::{OrderAggregate, Parties};
use kassa_commerce::cart::CartContext;
use kassa_commerce::order::Order;
use kassa_commerce::order::change::{self, OrderChanged};
use kassa_commerce::reservation::Reservation;
use kassa_storage::{ChangeSet, Guard, Key, Put, Record, Refusal};
use serde_json::Value;

use super::configuration::{refuse, triggered};
use super::order::{LoadedOrder, counter};
use super::{
    address, catalogue, customer, noun, order_change, order_code, order_trigger, stock_reservation,
};
use crate::caller::Caller;
use crate::error::{GatewayError, Violation};
use crate::gateway::{Gateway, Outcome, Rounds, refused};
use crate::payments::approvals;
use crate::shop::graph::{Draft, LinkInput};
use crate::shop::read::Reader;

/// Creates an order in the market of the scope.
pub(crate) async fn create(
    gateway: &Gateway,
    caller: &Caller,
    draft: &Draft,
) -> Result<Key, GatewayError> {
    let password = password_hash(gateway, draft).await?;
    let id = gateway.new_id();
    let mut rounds = Rounds::new();
    loop {
        let mut reader = Reader::open(gateway, caller).await?;
        let market = market_of(&mut reader, draft).await?;
        let found = catalogue::configuration(
            &gateway.configurations,
            reader.snapshot.as_mut(),
            &caller.realm,
            &market,
        )
        .await?
        .ok_or_else(|| GatewayError::violation(no_market()))?;
        if found.catalogue.market.disabled_at.is_some() {
            return Err(GatewayError::violation(no_market()));
        }
        let mut order = Order::new(
            id.as_str().into(),
            market.as_str().into(),
            noun::page_token(gateway),
        );
        order.guest = caller.customer_id.is_none() && !draft.relationships.contains_key("customer");
        let now = gateway.business_now(&caller.realm);
        let mut loaded = LoadedOrder::unsaved(
            order,
            Parties::default(),
            found.catalogue.clone(),
            found.versions.clone(),
            now,
        );
        // A customer's own order is adopted from the start.
        loaded.aggregate.order.guest |= caller.customer_id.is_some();
        let mut set = gateway.change_set(&caller.realm);
        let changed = changed(
            &mut reader,
            &mut loaded,
            draft,
            password.as_deref(),
            &mut set,
            true,
        )
        .await?;
        drop(reader);
        match save(gateway, &loaded, changed, set).await? {
            Outcome::Done => return Ok(loaded.key()),
            Outcome::Conflict(key) => rounds.again(&key).await?,
            Outcome::Refused(refusal) => same_email(&refusal, &mut rounds).await?,
        }
    }
}

/// Somebody else made the same customer at this moment: deciding again finds it. Any other refusal is final.
async fn same_email(refusal: &Refusal, rounds: &mut Rounds) -> Result<(), GatewayError> {
    match refusal {
        Refusal::Taken { claim, owner } if claim.kind == customer::email_claim("").kind => {
            rounds.again(&customer::key(owner)).await
        }
        other => Err(refused(other)),
    }
}

/// Changes an order and runs its triggers.
pub(crate) async fn update(
    gateway: &Gateway,
    caller: &Caller,
    id: &str,
    draft: &Draft,
) -> Result<Key, GatewayError> {
    let plan = order_trigger::plan(draft)?;
    let password = password_hash(gateway, draft).await?;
    if !draft.attributes.is_empty() || !draft.relationships.is_empty() || plan.changes_cart(draft) {
        change_order(gateway, caller, id, draft, password.as_deref()).await?;
    } else {
        ensure_visible(gateway, caller, id, draft).await?;
    }
    Box::pin(order_trigger::run(gateway, caller, id, draft, &plan)).await?;
    Ok(Key::new("orders", id))
}

/// Judges a request that only carries triggers.
async fn ensure_visible(
    gateway: &Gateway,
    caller: &Caller,
    id: &str,
    draft: &Draft,
) -> Result<(), GatewayError> {
    let mut reader = Reader::open(gateway, caller).await?;
    let record = reader.row(&super::resources::order::DESCRIPTOR, id).await?;
    ensure_open_for(caller, record.text("status").unwrap_or_default(), draft)
}

async fn change_order(
    gateway: &Gateway,
    caller: &Caller,
    id: &str,
    draft: &Draft,
    password: Option<&str>,
) -> Result<(), GatewayError> {
    let mut rounds = Rounds::new();
    loop {
        let mut reader = Reader::open(gateway, caller).await?;
        let record = reader.row(&super::resources::order::DESCRIPTOR, id).await?;
        ensure_open_for(caller, record.text("status").unwrap_or_default(), draft)?;
        let mut loaded = reader.loaded(id, &[]).await?;
        ensure_same_market(&loaded, draft)?;
        let mut set = gateway.change_set(&caller.realm);
        let changed = changed(&mut reader, &mut loaded, draft, password, &mut set, false).await?;
        drop(reader);
        match save(gateway, &loaded, changed, set).await? {
            Outcome::Done => return Ok(()),
            Outcome::Conflict(key) => rounds.again(&key).await?,
            Outcome::Refused(refusal) => same_email(&refusal, &mut rounds).await?,
        }
    }
}

/// Sales channels write open orders only; afterwards a few triggers are left to them.
fn ensure_open_for(caller: &Caller, status: &str, draft: &Draft) -> Result<(), GatewayError> {
    if caller.is_integration() || matches!(status, "draft" | "pending" | "placing") {
        return Ok(());
    }
    let plain = !draft.attributes.is_empty() || !draft.relationships.is_empty();
    let late = draft
        .triggers
        .keys()
        .all(|name| order_trigger::LATE.contains(&name.as_str()));
    if !plain && late {
        return Ok(());
    }
    if order_trigger::shapes_cart(draft) {
        // The rules name the status; a shopper who comes too late is told so.
        return Err(GatewayError::violation(Violation::attribute(
            "status",
            "not_editable",
            format!("order is {status} and cannot be changed"),
        )));
    }
    Err(GatewayError::Denied(format!(
        "a sales channel may not change an order that is {status}"
    )))
}

/// Applies the draft by the rules.
async fn changed(
    reader: &mut Reader<'_>,
    loaded: &mut LoadedOrder,
    draft: &Draft,
    password: Option<&str>,
    set: &mut ChangeSet,
    creating: bool,
) -> Result<OrderChanged, GatewayError> {
    let aggregate = loaded.aggregate.clone();
    let mut wanted = order_change::read(reader, draft, &aggregate, password, set).await?;
    Box::pin(order_code::read(
        reader.snapshot.as_mut(),
        loaded,
        draft,
        &mut wanted,
    ))
    .await?;
    // A new order takes its currency and tax mode from the market at once.
    wanted.refresh |= creating;
    let now = kassa_commerce::body::iso_timestamp(loaded.now);
    if triggered(draft, "_archive") {
        wanted
            .attributes
            .insert("archived_at".to_owned(), now.into());
    }
    if triggered(draft, "_unarchive") {
        wanted
            .attributes
            .insert("archived_at".to_owned(), Value::Null);
    }
    let context = CartContext {
        parties: &loaded.parties,
        catalogue: &loaded.catalogue,
        now: loaded.now,
    };
    let mut new_id = || reader.gateway.new_id();
    Ok(change::update(aggregate, wanted, &context, &mut new_id)?)
}

/// Writes a changed order with the addresses that were copied for it.
async fn save(
    gateway: &Gateway,
    loaded: &LoadedOrder,
    changed: OrderChanged,
    mut set: ChangeSet,
) -> Result<Outcome, GatewayError> {
    let now_us = gateway.now_us(&set.realm);
    put_addresses(&changed.created_addresses, now_us, &mut set);
    commit(gateway, loaded, &changed.refreshed.aggregate, set).await
}

/// Writes addresses that were copied for an order.
pub(crate) fn put_addresses(copies: &[Address], now_us: i64, set: &mut ChangeSet) {
    for copy in copies {
        let mut body = kassa_commerce::body::Entity::to_body(copy);
        address::write_names(copy, &mut body);
        let record = Record::root(Key::new("addresses", copy.id.as_str()), body, now_us);
        set.puts.push(Put {
            record,
            guard: Guard::New,
        });
    }
}

/// Writes an order and gives an approval back that it does not use any more.
pub(crate) async fn commit(
    gateway: &Gateway,
    loaded: &LoadedOrder,
    new: &OrderAggregate,
    mut set: ChangeSet,
) -> Result<Outcome, GatewayError> {
    approvals::give_back_unused(gateway, &mut set, &loaded.aggregate, Some(new))?;
    loaded.write(new, gateway.now_us(&set.realm), &mut set);
    gateway.commit(set).await
}

/// Deletes an open order with everything it owns.
pub(crate) async fn delete(
    gateway: &Gateway,
    caller: &Caller,
    id: &str,
) -> Result<(), GatewayError> {
    let mut rounds = Rounds::new();
    loop {
        let mut reader = Reader::open(gateway, caller).await?;
        reader.row(&super::resources::order::DESCRIPTOR, id).await?;
        let loaded = reader.loaded(id, &[]).await?;
        drop(reader);
        loaded.aggregate.ensure_deletable()?;
        let mut set = gateway.change_set(&caller.realm);
        approvals::give_back_unused(gateway, &mut set, &loaded.aggregate, None)?;
        set.deletes
            .push((loaded.key(), Guard::At(loaded.version())));
        for key in loaded.parts() {
            set.deletes.push((key, Guard::ByRoot));
        }
        let held = &loaded.aggregate.order.reservations;
        let back = held.iter().map(Reservation::undone);
        set.counters.extend(back.map(|change| counter(&change)));
        set.queues.push(stock_reservation::no_timer(id));
        if let Some(number) = &loaded.aggregate.order.number {
            let claim =
                kassa_storage::ClaimKey::new(kassa_commerce::place::CLAIM_ORDER_NUMBER, number);
            set.releases.push((claim, id.to_owned()));
        }
        match gateway.commit(set).await? {
            Outcome::Done => return Ok(()),
            Outcome::Conflict(key) => rounds.again(&key).await?,
            Outcome::Refused(refusal) => return Err(refused(&refusal)),
        }
    }
}

async fn password_hash(gateway: &Gateway, draft: &Draft) -> Result<Option<String>, GatewayError> {
    match draft
        .attributes
        .get("customer_password")
        .and_then(Value::as_str)
    {
        None => Ok(None),
        Some(_) if !draft.attributes.contains_key("customer_email") => Err(refuse(
            "customer_email",
            "blank",
            "can't be blank when a customer_password is sent",
        )),
        Some(password) => customer::password_hash(gateway, "customer_password", password)
            .await
            .map(Some),
    }
}

/// The market of a new order: named in the draft, or the one in scope.
async fn market_of(reader: &mut Reader<'_>, draft: &Draft) -> Result<String, GatewayError> {
    let caller = reader.caller;
    let named = match draft.relationships.get("market") {
        Some(LinkInput::One(Some((_, id)))) => Some(id.clone()),
        _ => None,
    };
    match (named, caller.market_ids.first()) {
        (Some(id), _) if caller.sees_market(&id) => {
            let key = Key::new("markets", id.as_str());
            if reader.snapshot.record(&key).await?.is_none() {
                return Err(GatewayError::violation(no_market()));
            }
            Ok(id)
        }
        (Some(_), _) => Err(GatewayError::Denied(
            "the market is not in this token's scope".to_owned(),
        )),
        (None, Some(id)) => Ok(id.clone()),
        (None, None) => Err(GatewayError::violation(Violation::relationship(
            "market",
            "blank",
            "can't be blank",
        ))),
    }
}

fn no_market() -> Violation {
    Violation::relationship("market", "invalid", "does not exist or is disabled")
}

/// An order stays in its market: its prices, taxes and payment methods come from there.
fn ensure_same_market(loaded: &LoadedOrder, draft: &Draft) -> Result<(), GatewayError> {
    let own = loaded
        .aggregate
        .order
        .market_id
        .as_ref()
        .map(|id| id.as_str());
    match draft.relationships.get("market") {
        None => Ok(()),
        Some(LinkInput::One(Some((_, id)))) if own == Some(id.as_str()) => Ok(()),
        Some(_) => Err(GatewayError::violation(Violation::relationship(
            "market",
            "invalid",
            "cannot change once the order exists",
        ))),
    }
}
