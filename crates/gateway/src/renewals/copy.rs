//! Carries a copy whose target order is made: places it, and says how that went.
//!
//! Invariant: placing is the existing use case, so a charge is recorded before it is tried and never sent twice under
//! another key. A failure is technical when the same order may well be placed later: only then is it tried again.

use kassa_commerce::cart::{self, CartContext};
use kassa_commerce::order_copy::{CopyError, OrderCopy};
use kassa_commerce::order_subscription::OrderSubscription;
use kassa_commerce::states::OrderStatus;
use kassa_storage::{Key, Realm, Scope};

use super::wallet::{self, Payer};
use crate::error::{Field, GatewayError, Violation};
use crate::gateway::{Gateway, Outcome};
use crate::payments::place;
use crate::shop::order;
use crate::shop::wallet::NOT_CHARGED_AGAIN;

/// How a copy stands after it was carried on.
#[derive(Debug)]
pub(super) enum Step {
    /// The order is what it was to be.
    Done,
    /// It never will be.
    Failed(Vec<CopyError>),
    /// Something technical stands in the way.
    SetBack(Vec<CopyError>),
    /// Klarna was asked, and nobody knows the answer yet.
    Undecided,
    /// What the intent relied on has changed: look again.
    Moved,
}

/// Carries the copy on. Nobody is charged unless `relied` still stands at its version.
pub(super) async fn carry(
    gateway: &Gateway,
    realm: &Realm,
    copy: &OrderCopy,
    subscription: Option<&OrderSubscription>,
    relied: Option<(Key, i64)>,
) -> Result<Step, GatewayError> {
    let order_id = copy.target_order_id.as_ref().map(|id| id.as_str());
    let Some(order_id) = order_id else {
        return Ok(failed("target_order", "was not made"));
    };
    match status(gateway, realm, order_id).await? {
        None => return Ok(failed("target_order", "was deleted")),
        Some(OrderStatus::Draft | OrderStatus::Pending) if !copy.options.place_target_order => {
            return Ok(Step::Done);
        }
        Some(OrderStatus::Draft | OrderStatus::Pending | OrderStatus::Placing) => {}
        Some(_) => return Ok(Step::Done),
    }
    let placed = place_once(gateway, realm, order_id, relied.as_ref()).await;
    let outgrown = matches!(&placed, Err(GatewayError::Invalid(found)) if is_outgrown(found));
    if outgrown && copy.options.reuse_wallet {
        // It is worth something else than when it was made: the wallet pays what it costs today.
        let payer = renew_source(gateway, realm, copy, subscription, order_id).await?;
        if matches!(payer, Payer::Refused) {
            return Ok(failed("payment_source", NOT_CHARGED_AGAIN));
        }
        let placed = place_once(gateway, realm, order_id, relied.as_ref()).await;
        return judged(gateway, realm, order_id, placed).await;
    }
    judged(gateway, realm, order_id, placed).await
}

/// Where the target order stands; `None` when it is gone.
pub(super) async fn status(
    gateway: &Gateway,
    realm: &Realm,
    order_id: &str,
) -> Result<Option<OrderStatus>, GatewayError> {
    let mut snapshot = gateway.snapshot(&Scope::realm(realm.clone())).await?;
    let record = snapshot.record(&Key::new("orders", order_id)).await?;
    let word = record.as_ref().map(|record| record.text("status"));
    let known = |word: &str| OrderStatus::ALL.into_iter().find(|own| own.word() == word);
    Ok(word.map(|word| word.and_then(known).unwrap_or_default()))
}

async fn place_once(
    gateway: &Gateway,
    realm: &Realm,
    order_id: &str,
    relied: Option<&(Key, i64)>,
) -> Result<(), GatewayError> {
    // On the heap: a whole placing is too large for the stack of whoever runs timers.
    Box::pin(place::place_relying(gateway, realm, order_id, relied)).await
}

async fn judged(
    gateway: &Gateway,
    realm: &Realm,
    order_id: &str,
    placed: Result<(), GatewayError>,
) -> Result<Step, GatewayError> {
    let violations = match placed {
        Ok(()) => return Ok(Step::Done),
        Err(GatewayError::Invalid(violations)) => violations,
        Err(GatewayError::NotFound { .. }) => return Ok(failed("target_order", "was deleted")),
        Err(other) => return Err(other),
    };
    let is = |word: &str| violations.iter().any(|own| own.error == word);
    if is("pending") {
        return Ok(Step::Undecided);
    }
    if is("busy") {
        return Ok(Step::Moved);
    }
    let errors = told(&violations);
    let at_the_door = is("refused") && place::was_turned_away(gateway, realm, order_id).await?;
    if is("gateway_unreachable") || at_the_door {
        return Ok(Step::SetBack(errors));
    }
    Ok(Step::Failed(errors))
}

/// Whether the order has no source that can pay it as it is today, for what its codes pay too.
fn is_outgrown(violations: &[Violation]) -> bool {
    violations.iter().any(|own| match &own.field {
        Field::Relationship(name) => {
            name == "payment_source"
                && matches!(
                    &*own.error,
                    "mismatched_amounts" | "blank" | "token_refused"
                )
        }
        Field::Attribute(name) => matches!(&**name, "coupon_code" | "gift_card_code"),
        Field::Base => false,
    })
}

/// Brings the order up to date and puts the wallet's source on it again; tells who pays now.
async fn renew_source(
    gateway: &Gateway,
    realm: &Realm,
    copy: &OrderCopy,
    subscription: Option<&OrderSubscription>,
    order_id: &str,
) -> Result<Payer, GatewayError> {
    let scope = Scope::realm(realm.clone());
    let mut snapshot = gateway.snapshot(&scope).await?;
    let loaded = order::load_with(gateway, snapshot.as_mut(), &scope, order_id, &[]).await?;
    if !loaded.aggregate.order.status.editable() {
        return Ok(Payer::Nobody);
    }
    let source_id = copy.source_order_id.as_str();
    let source = order::load_with(gateway, snapshot.as_mut(), &scope, source_id, &[]).await?;
    let payer = wallet::find(gateway, snapshot.as_mut(), subscription, &source).await?;
    drop(snapshot);
    let context = CartContext {
        parties: &loaded.parties,
        catalogue: &loaded.catalogue,
        now: loaded.now,
    };
    let mut new_id = || gateway.new_id();
    let today = cart::refresh(loaded.aggregate.clone(), &context, &mut new_id)?.aggregate;
    let after = payer.attach(gateway, today, &loaded)?;
    let mut set = gateway.change_set(realm);
    loaded.write(&after, gateway.now_us(realm), &mut set);
    match gateway.commit(set).await? {
        Outcome::Done | Outcome::Conflict(_) => Ok(payer),
        Outcome::Refused(refusal) => Err(crate::gateway::refused(&refusal)),
    }
}

/// What is wrong with an order, as a copy remembers it; `None` when the machine is at fault.
pub(super) fn faults(error: &GatewayError) -> Option<Vec<CopyError>> {
    match error {
        GatewayError::Invalid(violations) => Some(told(violations)),
        GatewayError::NotFound { kind, .. } => {
            Some(vec![(kind.clone(), "does not exist".to_owned())])
        }
        _ => None,
    }
}

fn told(violations: &[Violation]) -> Vec<CopyError> {
    let about = |field: &Field| match field {
        Field::Attribute(name) | Field::Relationship(name) => name.clone(),
        Field::Base => "base".to_owned(),
    };
    let each = violations.iter();
    each.map(|own| (about(&own.field), own.message.clone()))
        .collect()
}

fn failed(about: &str, message: &str) -> Step {
    Step::Failed(vec![(about.to_owned(), message.to_owned())])
}
