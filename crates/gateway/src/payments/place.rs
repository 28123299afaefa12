//! Placing an order: the intent is stored, Klarna or the shop's own gateway is asked, the answer is folded in.
//!
//! Invariant: one Klarna order per approval, one authorization per placing. Between the two change sets the order is `placing` and nobody else
//! writes it; a second `_place` waits for the first and returns its outcome; whoever stops half-way is replaced by
//! somebody who waits, or by the finisher.

mod asking;
mod outcome;

use jiff::SignedDuration;
use kassa_commerce::cart::{self, CartContext};
use kassa_commerce::error::CommerceError;
use kassa_commerce::klarna_payment::KlarnaPayment;
use kassa_commerce::payment_source::PaymentSource;
use kassa_commerce::place::{self, PlaceAnswer, PlaceInput, Placing};
use kassa_commerce::reservation::STOCK_COUNTER;
use kassa_environment::{Elapsed, timeout};
use kassa_klarna_api::MerchantUrls;
use kassa_storage::{
    ChangeSet, ClaimKey, Key, Operation, OperationStatus, QueueChange, Realm, Refusal as Refused,
    Scope,
};
use serde_json::Value;

use super::drive::{self, PATIENCE};
use super::operation;
use super::{approvals, callback, callback_urls, capture, customer_token, ledger};
use crate::caller::Caller;
use crate::error::{GatewayError, Violation};
use crate::gateway::{Gateway, Outcome, Rounds};
use crate::shop::order::{self, LoadedOrder};

pub(crate) use asking::token_callout;
pub(crate) use outcome::fold;

/// Places the order; a placed one is left as it is.
///
/// # Errors
/// 422 when a condition does not hold, when Klarna refuses, and on `status` with `pending` when the outcome is not
/// known in time: the finisher decides then.
pub async fn place(gateway: &Gateway, caller: &Caller, order_id: &str) -> Result<(), GatewayError> {
    run(gateway, &caller.scope(), order_id, None).await
}

/// The same for an approval that came without the browser.
pub(crate) async fn place_unattended(
    gateway: &Gateway,
    realm: &Realm,
    order_id: &str,
) -> Result<(), GatewayError> {
    run(gateway, &Scope::realm(realm.clone()), order_id, None).await
}

/// The same for a copy that somebody may call off: it is placed only while `relied` stands at its version.
///
/// # Errors
/// Those of [`place()`], and 422 with `busy` when `relied` has changed.
pub(crate) async fn place_relying(
    gateway: &Gateway,
    realm: &Realm,
    order_id: &str,
    relied: Option<&(Key, i64)>,
) -> Result<(), GatewayError> {
    run(gateway, &Scope::realm(realm.clone()), order_id, relied).await
}

/// Whether the last placing of an order was refused at Klarna's door, for who asks or how often, and not for what was
/// asked: the same may well be accepted later.
pub(crate) async fn was_turned_away(
    gateway: &Gateway,
    realm: &Realm,
    order_id: &str,
) -> Result<bool, GatewayError> {
    let operations = {
        let mut snapshot = gateway.snapshot(&Scope::realm(realm.clone())).await?;
        snapshot.operations(order_id).await?
    };
    let mut placings = operations.iter().rev();
    let last = placings.find(|operation| operation.kind == "place_order");
    let outcome = last.and_then(|operation| operation.outcome.as_ref());
    let status = outcome.and_then(|outcome| outcome["refusal"]["status"].as_u64());
    Ok(status.is_some_and(|status| matches!(status, 401 | 429 | 500..)))
}

async fn run(
    gateway: &Gateway,
    scope: &Scope,
    order_id: &str,
    relied: Option<&(Key, i64)>,
) -> Result<(), GatewayError> {
    let realm = &scope.realm;
    let deadline = gateway.machine().now() + PATIENCE;
    let mut rounds = Rounds::new();
    loop {
        let loaded = order::load(gateway, scope, order_id).await?;
        asking::ensure_chargeable(gateway, realm, &loaded).await?;
        let operation_id = gateway.new_ordered_id();
        let input = input(gateway, realm, &loaded, &operation_id)?;
        let context = CartContext {
            parties: &loaded.parties,
            catalogue: &loaded.catalogue,
            now: loaded.now,
        };
        let mut new_id = || gateway.new_id();
        let begun = place::begin(loaded.aggregate.clone(), input, &context, &mut new_id);
        if begun.as_ref().is_err_and(is_about_the_amount) {
            show_what_changed(gateway, realm, &loaded, &context).await?;
        }
        let intent = match begun? {
            Placing::AlreadyPlaced(_) => return Ok(()),
            Placing::InProgress { operation_id } => {
                let Some(operation_id) = operation_id else {
                    return Err(outcome::pending());
                };
                let ended = drive::await_end(gateway, realm, &operation_id, deadline);
                return outcome::answer(&Box::pin(ended).await?);
            }
            Placing::Begin(intent) => *intent,
        };
        let started = start(
            gateway,
            realm,
            &loaded,
            intent,
            &operation_id,
            deadline,
            relied,
        );
        match started.await? {
            Started::Ended(operation) => return outcome::answer(&operation),
            Started::NothingToAsk => return Ok(()),
            Started::Again(Some(key)) if relied.is_some_and(|(own, _)| *own == key) => {
                let message = "what the placing relied on was changed";
                return Err(GatewayError::violation(Violation::base("busy", message)));
            }
            Started::Again(Some(key)) => rounds.again(&key).await?,
            Started::Again(None) => {}
        }
    }
}

/// Whether a refusal means that the order is worth something else today.
fn is_about_the_amount(error: &CommerceError) -> bool {
    use CommerceError::{CodeLost, MismatchedAmounts};
    matches!(error, MismatchedAmounts { .. } | CodeLost { .. })
}

/// Writes down what a refused placing found out: the order as it is worth today, without the source that stands for
/// another sum. Otherwise whoever reads it would see nothing wrong and send the same again.
async fn show_what_changed(
    gateway: &Gateway,
    realm: &Realm,
    loaded: &LoadedOrder,
    context: &CartContext<'_>,
) -> Result<(), GatewayError> {
    if !loaded.aggregate.order.autorefresh {
        return Ok(());
    }
    let mut new_id = || gateway.new_id();
    let after = cart::refresh(loaded.aggregate.clone(), context, &mut new_id)?.aggregate;
    let mut set = gateway.change_set(realm);
    approvals::give_back_unused(gateway, &mut set, &loaded.aggregate, Some(&after))?;
    loaded.write(&after, gateway.now_us(realm), &mut set);
    // Whoever wrote the order meanwhile has brought it up to date as well.
    gateway.commit(set).await.map(|_| ())
}

/// How a placing went on after its intent.
enum Started {
    /// Somebody was asked.
    Ended(Box<Operation>),
    /// Nothing had to be asked: placed.
    NothingToAsk,
    /// Decide again: this root changed, or the order number was taken.
    Again(Option<Key>),
}

/// Change set 1, the call, change set 2.
async fn start(
    gateway: &Gateway,
    realm: &Realm,
    loaded: &LoadedOrder,
    intent: place::PlaceIntent,
    operation_id: &str,
    deadline: jiff::Timestamp,
    relied: Option<&(Key, i64)>,
) -> Result<Started, GatewayError> {
    let order_id = intent.aggregate.order.id.as_str().to_owned();
    let mut set = reserving(gateway, realm, loaded, &intent)?;
    set.checks.extend(relied.cloned());
    if intent.request.is_none() && intent.external().is_none() {
        let committed = place_at_once(gateway, realm, loaded, &intent, operation_id, set).await?;
        return Ok(committed.map_or(Started::NothingToAsk, Started::Again));
    }
    if let Some(entry) = &intent.ledger {
        set.ledger.push(ledger::reserve(
            gateway,
            &set.realm,
            operation_id,
            &order_id,
            entry,
        ));
    }
    let now_us = gateway.now_us(realm);
    // On the heap: writing what an external gateway is told reads the order once more.
    let operation = Box::pin(asking::operation(
        gateway,
        realm,
        loaded,
        &intent,
        operation_id,
    ));
    let operation = operation.await?;
    set.queues.push(operation::finisher(&operation));
    set.operations.push(operation);
    loaded.write(&intent.aggregate, now_us, &mut set);
    // Taken before the intent can be seen, so that whoever waits knows that somebody drives.
    let driver = gateway.running.take(operation_id);
    if let Some(again) = committed(gateway, loaded, &intent, set).await? {
        return Ok(Started::Again(again));
    }
    let left = left(gateway, deadline);
    let operation = match driver {
        Some(driver) => Box::pin(drive::drive(gateway, realm, driver, true, left)).await?,
        None => Box::pin(drive::await_end(gateway, realm, operation_id, deadline)).await?,
    };
    if operation.status == OperationStatus::Succeeded {
        follow_up(gateway, realm, &operation, deadline).await;
    }
    Ok(Started::Ended(Box::new(operation)))
}

/// What the intent takes besides the order itself: rows it relied on, claims.
fn reserving(
    gateway: &Gateway,
    realm: &Realm,
    loaded: &LoadedOrder,
    intent: &place::PlaceIntent,
) -> Result<ChangeSet, GatewayError> {
    let order_id = intent.aggregate.order.id.as_str();
    let mut set = gateway.change_set(realm);
    set.checks = loaded.checks();
    for claim in &intent.claims {
        let key = ClaimKey::new(claim.kind, claim.value.clone());
        set.claims.push((key, order_id.to_owned()));
    }
    set.queues.push(QueueChange::Cancel {
        id: callback::auto_place_id(order_id),
    });
    if let Some(token) = &intent.cancel_approval {
        let via = klarna_gateway(loaded);
        approvals::give_back(gateway, &mut set, order_id, &via, token)?;
    }
    Ok(set)
}

/// What placing leaves to be done is tried at once; whatever fails is left to its timer.
async fn follow_up(
    gateway: &Gateway,
    realm: &Realm,
    operation: &Operation,
    deadline: jiff::Timestamp,
) {
    let fact = |name: &str| {
        let outcome = operation.outcome.as_ref()?;
        outcome.get(name).and_then(Value::as_str).map(str::to_owned)
    };
    if let Some(token_operation) = fact("customer_token_operation")
        && let Some(driver) = gateway.running.take(&token_operation)
    {
        let left = left(gateway, deadline);
        let driven = drive::drive(gateway, realm, driver, true, left);
        if let Err(error) = Box::pin(driven).await {
            tracing::warn!(%error, "the customer token is left to the finisher");
        }
    }
    if fact("capture_now").is_some() {
        let capture = capture::capture_at_once(gateway, realm, &operation.order_id);
        match timeout(left(gateway, deadline), capture).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "the automatic capture is left to its timer"),
            Err(Elapsed) => tracing::warn!("the automatic capture is left to its timer"),
        }
    }
}

/// Wire transfers and orders that cost nothing: one change set does it all. `Some` means to decide again.
async fn place_at_once(
    gateway: &Gateway,
    realm: &Realm,
    loaded: &LoadedOrder,
    intent: &place::PlaceIntent,
    operation_id: &str,
    mut set: ChangeSet,
) -> Result<Option<Option<Key>>, GatewayError> {
    let customer = match &loaded.aggregate.order.customer_id {
        Some(id) => {
            let mut snapshot = gateway.snapshot(&Scope::realm(realm.clone())).await?;
            snapshot.record(&Key::new("customers", id.as_str())).await?
        }
        None => None,
    };
    let mut new_id = || gateway.new_id();
    let placed = place::finish(
        intent.aggregate.clone(),
        PlaceAnswer::NothingAsked,
        outcome::finish_context(loaded),
        loaded.now,
        &mut new_id,
    )?;
    if let Some(entry) = &intent.ledger {
        let order_id = intent.aggregate.order.id.as_str();
        set.ledger.push(ledger::fact(
            gateway,
            &set.realm,
            operation_id,
            order_id,
            entry,
        ));
    }
    if placed.capture_now.is_some() {
        let order_id = intent.aggregate.order.id.as_str();
        set.queues
            .push(capture::auto_capture_timer(gateway, realm, order_id, 0));
    }
    outcome::write_consequences(gateway, &mut set, customer.as_ref(), &placed);
    loaded.write(&placed.aggregate, gateway.now_us(&set.realm), &mut set);
    committed(gateway, loaded, intent, set).await
}

/// Commits an intent. `None` is done, `Some` means to decide again.
async fn committed(
    gateway: &Gateway,
    loaded: &LoadedOrder,
    intent: &place::PlaceIntent,
    set: ChangeSet,
) -> Result<Option<Option<Key>>, GatewayError> {
    match gateway.commit(set).await? {
        Outcome::Done => Ok(None),
        Outcome::Conflict(key) => Ok(Some(Some(key))),
        // A coupon or a promotion was used up, or a gift card spent, at this very moment: deciding again sees it.
        Outcome::Refused(Refused::Bound { counter, .. })
            if loaded.aggregate.order.autorefresh && outcome::is_offer(&counter) =>
        {
            Ok(Some(None))
        }
        Outcome::Refused(Refused::Taken { claim, .. })
            if claim.kind == place::CLAIM_ORDER_NUMBER
                && loaded.aggregate.order.number.is_none() =>
        {
            Ok(Some(None))
        }
        // Somebody else was quicker with the last pieces there; another location may have more.
        Outcome::Refused(Refused::Bound { counter, .. })
            if counter.starts_with(STOCK_COUNTER) && loaded.aggregate.order.autorefresh =>
        {
            let id = counter.trim_start_matches(STOCK_COUNTER);
            Ok(Some(Some(Key::new("stock_items", id))))
        }
        Outcome::Refused(refusal) => Err(outcome::refused(loaded, intent, &refusal)),
    }
}

fn input(
    gateway: &Gateway,
    realm: &Realm,
    loaded: &LoadedOrder,
    operation_id: &str,
) -> Result<PlaceInput, GatewayError> {
    let mut urls = MerchantUrls::default();
    let mut token = None;
    if let Some(payment) = klarna_source(loaded) {
        let secret = payment.callback_secret.as_deref().unwrap_or_default();
        urls = callback_urls::for_source(gateway, realm, payment.id.as_str(), secret);
        urls.authorization = None;
        if payment.auth_token.is_none() {
            token = customer_token::opened(gateway, payment)?;
        }
    }
    Ok(PlaceInput {
        operation_id: operation_id.to_owned(),
        order_number: order_number(gateway),
        urls,
        customer_token: token,
    })
}

/// Eight digits that tell nobody how many orders there are; a claim keeps them unique.
fn order_number(gateway: &Gateway) -> String {
    (10_000_000 + gateway.entropy().next_u64() % 90_000_000).to_string()
}

fn klarna_source(loaded: &LoadedOrder) -> Option<&KlarnaPayment> {
    loaded
        .aggregate
        .payment_source
        .as_ref()
        .and_then(PaymentSource::klarna)
}

fn klarna_gateway(loaded: &LoadedOrder) -> String {
    klarna_source(loaded)
        .and_then(|payment| payment.payment_gateway_id.clone())
        .unwrap_or_default()
}

fn left(gateway: &Gateway, deadline: jiff::Timestamp) -> std::time::Duration {
    let left: SignedDuration = deadline.duration_since(gateway.machine().now());
    std::time::Duration::try_from(left).unwrap_or_default()
}
