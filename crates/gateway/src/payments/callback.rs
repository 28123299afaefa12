//! What Klarna calls about a payment source: the shopper approved, an order was placed, a fraud decision fell.
//!
//! Invariant: nothing here is signed, so nothing is believed: each callback is a reason to read Klarna, and only what
//! is read counts. The closed browser is served by the first of them.

use kassa_commerce::klarna_payment::{self, KlarnaPayment};
use kassa_commerce::payment_source::PaymentSource;
use kassa_commerce::states::OrderStatus;
use kassa_klarna_api::{
    AuthorizationCallback, FraudEvent, FraudNotification, FraudStatus, KlarnaError, Order,
    PreparedRequest, reply,
};
use kassa_storage::{ClaimKey, Key, OperationStatus, QueueChange, Realm, Scope, Timer};
use serde_json::json;

use super::exchange::Exchange;
use super::klarna_payment::APPROVAL_CLAIM;
use super::operation::{self, Context, Intent};
use super::verdict::{self, Answer, Verdict};
use super::{callback_urls, credentials, fraud, settle};
use crate::error::GatewayError;
use crate::gateway::{Gateway, Outcome, Rounds};
use crate::jobs::After;
use crate::shop::order::{self, LoadedOrder};

/// Kind of the timer that places an order whose browser was closed.
pub const AUTO_PLACE: &str = "auto_place";

/// Business seconds that the browser has to place the order itself. Plugins of Klarna's wait as long.
const BROWSER_SECONDS: i64 = 120;

/// Business seconds until an approval that could not be used is tried again.
const AGAIN_SECONDS: i64 = 120;

/// The realm that a ticket names: that of a callback which was accepted with it.
#[must_use]
pub fn realm_of(ticket: &str) -> Option<Realm> {
    callback_urls::parse_ticket(ticket).map(|(realm, _)| realm)
}

/// `POST /klarna/authorizations/{source}/{ticket}`: the shopper approved.
///
/// # Errors
/// Not found for a wrong secret or a token that Klarna does not show; unavailable when Klarna cannot be read, so
/// that it calls again.
pub async fn authorized(
    gateway: &Gateway,
    source_id: &str,
    ticket: &str,
    callback: &AuthorizationCallback,
) -> Result<(), GatewayError> {
    let mut rounds = Rounds::new();
    loop {
        let (realm, loaded, payment) = find(gateway, source_id, ticket).await?;
        let editable = loaded.aggregate.order.status.editable();
        let known = payment.auth_token.as_ref() == Some(&callback.authorization_token);
        if !editable {
            // The browser was faster, or the order is gone: nothing is left to do.
            return Ok(());
        }
        if !known && !is_shown(gateway, &realm, &payment, callback).await? {
            return Err(GatewayError::not_found("authorizations", source_id));
        }
        let mut after = loaded.aggregate.clone();
        if let Some(PaymentSource::Klarna(payment)) = &mut after.payment_source {
            let token = callback.authorization_token.expose_secret();
            klarna_payment::approve(payment, token, &loaded.parties, loaded.now)?;
        }
        let order_id = loaded.aggregate.order.id.as_str();
        let mut set = gateway.change_set(&realm);
        let claim = ClaimKey::new(APPROVAL_CLAIM, callback.authorization_token.expose_secret());
        set.claims.push((claim, order_id.to_owned()));
        if places_unattended(&loaded) {
            set.queues.push(QueueChange::Set(Timer {
                id: auto_place_id(order_id),
                kind: AUTO_PLACE.to_owned(),
                subject: order_id.to_owned(),
                payload: json!({}),
                due_at: gateway.now_us(&realm) + BROWSER_SECONDS * 1_000_000,
                attempts: 0,
            }));
        }
        loaded.write(&after, gateway.now_us(&set.realm), &mut set);
        match gateway.commit(set).await? {
            Outcome::Done => return Ok(()),
            Outcome::Conflict(key) => rounds.again(&key).await?,
            Outcome::Refused(refusal) => return Err(crate::gateway::refused(&refusal)),
        }
    }
}

/// `POST /klarna/pushes/{source}/{ticket}/{order id}`: an order was placed. The second source for a placing whose
/// answer was lost.
///
/// # Errors
/// Not found for a wrong secret; unavailable when Klarna cannot be read.
pub async fn pushed(
    gateway: &Gateway,
    source_id: &str,
    ticket: &str,
    klarna_order_id: &str,
) -> Result<(), GatewayError> {
    let (realm, loaded, payment) = find(gateway, source_id, ticket).await?;
    let order_id = loaded.aggregate.order.id.as_str();
    let operations = {
        let mut snapshot = gateway.snapshot(&Scope::realm(realm.clone())).await?;
        snapshot.operations(order_id).await?
    };
    let open = operations.into_iter().rev().find(|operation| {
        operation.kind == "place_order"
            && matches!(
                operation.status,
                OperationStatus::Pending | OperationStatus::NeedsPerson
            )
    });
    let Some(operation) = open else {
        return Ok(());
    };
    let context = operation::context_of(&operation)?;
    let mut exchange = exchange(gateway, &realm, &payment).await?;
    let order = match verdict::read_order(&mut exchange, klarna_order_id).await {
        Ok(order) => order,
        Err(KlarnaError::Refused { status: 404, .. }) => {
            return Err(GatewayError::not_found("klarna_orders", klarna_order_id));
        }
        Err(error) => return Err(GatewayError::Unavailable(error.to_string())),
    };
    if !is_ours(&order, order_id, &context) {
        return Err(GatewayError::not_found("klarna_orders", klarna_order_id));
    }
    let calls = exchange.story(operation.outcome.as_ref());
    let answer = placed_as(order);
    settle::settle(
        gateway,
        &realm,
        &operation,
        &Verdict::Happened(answer),
        &calls,
    )
    .await?;
    Ok(())
}

/// `POST /klarna/notifications/{source}/{ticket}`: a fraud decision fell. Klarna repeats it until it gets a 200.
///
/// # Errors
/// Not found for a wrong secret or order; unavailable when Klarna cannot be read.
pub async fn notified(
    gateway: &Gateway,
    source_id: &str,
    ticket: &str,
    notification: &FraudNotification,
) -> Result<(), GatewayError> {
    let (realm, loaded, payment) = find(gateway, source_id, ticket).await?;
    if payment.klarna_order_id.as_deref() != Some(notification.order_id.as_str()) {
        return Err(GatewayError::not_found(
            "klarna_orders",
            &notification.order_id,
        ));
    }
    let mut exchange = exchange(gateway, &realm, &payment).await?;
    let order = verdict::read_order(&mut exchange, &notification.order_id)
        .await
        .map_err(|error| GatewayError::Unavailable(error.to_string()))?;
    let status = match (&notification.event_type, order.fraud_status) {
        // Older accounts stop an accepted order without changing what the order shows.
        (FraudEvent::FraudRiskStopped, Some(FraudStatus::Accepted) | None) => FraudStatus::Stopped,
        (_, Some(status)) => status,
        (_, None) => return Ok(()),
    };
    fraud::decided(gateway, &realm, loaded.aggregate.order.id.as_str(), &status).await
}

/// The timer: places an order whose shopper approved and whose browser did not come back.
pub(crate) async fn auto_place(
    gateway: &Gateway,
    realm: &Realm,
    timer: &Timer,
) -> Result<After, GatewayError> {
    // On the heap: a whole placing is too large for the stack of whoever runs timers.
    let placing = Box::pin(super::place::place_unattended(
        gateway,
        realm,
        &timer.subject,
    ));
    match placing.await {
        Ok(()) => Ok(After::Done),
        // Not complete, refused, gone: the shopper has to come back, and the approval ends by itself.
        Err(GatewayError::Invalid(violations)) => {
            tracing::info!(order = %timer.subject, reasons = violations.len(), "not placed unattended");
            try_again(gateway, realm, timer).await
        }
        Err(GatewayError::NotFound { .. }) => Ok(After::Done),
        Err(error) => Err(error),
    }
}

/// An approval that outlived a refused call (Klarna could not be reached, or turned it away at the door) is tried again
/// while it lasts: nobody else will.
async fn try_again(gateway: &Gateway, realm: &Realm, timer: &Timer) -> Result<After, GatewayError> {
    let scope = Scope::realm(realm.clone());
    let mut snapshot = gateway.snapshot(&scope).await?;
    let order_id = &timer.subject;
    let loaded = order::load_with(gateway, snapshot.as_mut(), &scope, order_id, &[]).await?;
    let operations = snapshot.operations(order_id).await?;
    drop(snapshot);
    let source = loaded.aggregate.payment_source.as_ref();
    let approved = source
        .and_then(PaymentSource::klarna)
        .is_some_and(|payment| {
            payment.auth_token.is_some() && !payment.approval_expired(loaded.now)
        });
    let last = operations
        .iter()
        .rfind(|operation| operation.kind == "place_order");
    let failed = last.is_some_and(|operation| operation.status == OperationStatus::Failed);
    if loaded.aggregate.order.status != OrderStatus::Pending || !approved || !failed {
        return Ok(After::Done);
    }
    // The intent has cancelled the timer that runs now, so it is set anew instead of put off.
    let mut set = gateway.change_set(realm);
    set.checks.push((loaded.key(), loaded.version()));
    set.queues.push(QueueChange::Set(Timer {
        due_at: gateway.now_us(realm) + AGAIN_SECONDS * 1_000_000,
        attempts: 0,
        ..timer.clone()
    }));
    match gateway.commit(set).await? {
        Outcome::Done | Outcome::Conflict(_) => Ok(After::Done),
        Outcome::Refused(refusal) => Err(crate::gateway::refused(&refusal)),
    }
}

/// The id of that timer.
pub(crate) fn auto_place_id(order_id: &str) -> String {
    format!("{AUTO_PLACE}:{order_id}")
}

/// The source that a callback is about, with its order, if the secret is right.
async fn find(
    gateway: &Gateway,
    source_id: &str,
    ticket: &str,
) -> Result<(Realm, Box<LoadedOrder>, KlarnaPayment), GatewayError> {
    let unknown = || GatewayError::not_found("klarna_payments", source_id);
    let (realm, secret) = callback_urls::parse_ticket(ticket).ok_or_else(unknown)?;
    let scope = Scope::realm(realm.clone());
    let mut snapshot = gateway.snapshot(&scope).await?;
    let record = snapshot
        .record(&Key::new("klarna_payments", source_id))
        .await?;
    let record = record.ok_or_else(unknown)?;
    if !callback_urls::is_secret(record.text("callback_secret"), secret) {
        return Err(unknown());
    }
    let order_id = record.root.id.clone();
    let loaded = order::load_with(gateway, snapshot.as_mut(), &scope, &order_id, &[]).await?;
    let payment = match &loaded.aggregate.payment_source {
        Some(PaymentSource::Klarna(payment)) if payment.id.as_str() == source_id => payment.clone(),
        _ => return Err(unknown()),
    };
    Ok((realm, loaded, payment))
}

async fn exchange<'a>(
    gateway: &'a Gateway,
    realm: &Realm,
    payment: &KlarnaPayment,
) -> Result<Exchange<'a>, GatewayError> {
    let id = payment.payment_gateway_id.as_deref().unwrap_or_default();
    let mut snapshot = gateway.snapshot(&Scope::realm(realm.clone())).await?;
    let endpoint = credentials::endpoint(gateway, realm, snapshot.as_mut(), id).await?;
    Ok(Exchange::new(gateway, endpoint))
}

/// Whether Klarna's session shows this approval.
async fn is_shown(
    gateway: &Gateway,
    realm: &Realm,
    payment: &KlarnaPayment,
    callback: &AuthorizationCallback,
) -> Result<bool, GatewayError> {
    let Some(session_id) = &payment.session_id else {
        return Ok(false);
    };
    if callback
        .session_id
        .as_ref()
        .is_some_and(|named| named != session_id)
    {
        return Ok(false);
    }
    let mut exchange = exchange(gateway, realm, payment).await?;
    let answer = exchange
        .send(&PreparedRequest::read_session(session_id))
        .await;
    match answer.and_then(|answer| reply::decode_session(&answer)) {
        Ok(session) => {
            Ok(session.authorization_token.as_ref() == Some(&callback.authorization_token))
        }
        Err(KlarnaError::Refused { status: 404, .. }) => Ok(false),
        Err(error) => Err(GatewayError::Unavailable(error.to_string())),
    }
}

/// What placing would have answered, from the order that it made.
pub(crate) fn placed_as(order: Order) -> Answer {
    Answer::Placed(kassa_klarna_api::CreateOrderResponse {
        order_id: order.order_id,
        redirect_url: None,
        fraud_status: order.fraud_status,
        authorized_payment_method: None,
    })
}

/// A Klarna order is the one being placed when it carries our references and amount.
pub(crate) fn is_ours(order: &Order, order_id: &str, context: &Context) -> bool {
    let Intent::Place(intent) = &context.intent else {
        return false;
    };
    order.merchant_reference2.as_deref() == Some(order_id)
        && order.original_order_amount == intent.amount
}

/// The switch on the payment method: off unless `auto_place` was set.
fn places_unattended(loaded: &LoadedOrder) -> bool {
    let method = loaded.aggregate.order.payment_method_id.as_ref();
    method
        .and_then(|id| loaded.catalogue.payment_method(id))
        .is_some_and(|method| method.auto_place)
}
