//! Klarna payment sources: opens a session, keeps it in step with the order, records the shopper's approval.
//!
//! Invariant: a lost answer is harmless here, since a session nobody knows about costs nothing; so there is no
//! intent before the call, and a race with another writer simply asks again.

use kassa_commerce::aggregate::OrderAggregate;
use kassa_commerce::error::CommerceError;
use kassa_commerce::klarna_payment::{self, KlarnaPayment, SourceUpdate};
use kassa_commerce::payment_source::PaymentSource;
use kassa_commerce::states::OrderStatus;
use kassa_environment::base62;
use kassa_klarna_api::{AuthorizationToken, KlarnaError, PreparedRequest, reply};
use kassa_storage::{ChangeSet, ClaimKey, Operation, OperationStatus, Refusal};
use serde_json::{Value, json};

use super::exchange::Exchange;
use super::{approvals, callback_urls, credentials, refusal};
use crate::caller::Caller;
use crate::error::{GatewayError, Violation};
use crate::gateway::{Gateway, Outcome, Rounds};
use crate::shop::graph::Draft;
use crate::shop::order::{self, LoadedOrder};

/// One shop order per session.
pub(crate) const SESSION_CLAIM: &str = "klarna_session";

/// One shop order per approval.
pub(crate) const APPROVAL_CLAIM: &str = "authorization_token";

/// Longest token taken from outside; Klarna's have 36 characters.
const TOKEN_CHARACTERS: usize = 255;

/// Opens a session for the order and makes it the order's payment source; returns the new source's id.
pub(crate) async fn create(
    gateway: &Gateway,
    caller: &Caller,
    order_id: &str,
    draft: &Draft,
) -> Result<String, GatewayError> {
    let id = gateway.new_id();
    let secret = base62(gateway.entropy().as_ref(), 43);
    let mut rounds = Rounds::new();
    loop {
        let loaded = order::load(gateway, &caller.scope(), order_id).await?;
        let urls = callback_urls::for_source(gateway, &caller.realm, &id, &secret);
        let decision = klarna_payment::create(
            id.clone().into(),
            secret.clone(),
            &loaded.aggregate,
            &loaded.catalogue,
            urls,
        )?;
        let mut payment = decision.payment;
        let mut set = gateway.change_set(&caller.realm);
        if let Some(request) = &decision.request {
            let (answer, calls) = call(gateway, caller, &payment, request).await?;
            let created = answer.and_then(|answer| reply::decode_session_created(&answer));
            tell(
                gateway, caller, order_id, request, &created, calls, &mut set,
            )
            .await?;
            let created = created.map_err(|error| refusal::refused(&error))?;
            payment = klarna_payment::session_created(payment, &created, loaded.now);
            let claim = ClaimKey::new(SESSION_CLAIM, created.session_id);
            set.claims.push((claim, order_id.to_owned()));
        }
        plain_attributes(&mut payment.extra, draft);
        let mut after = loaded.aggregate.clone();
        after.set_payment_source(PaymentSource::Klarna(payment));
        match save(gateway, &loaded, &after, set).await? {
            Saved::Yes => return Ok(id),
            Saved::Again(key) => rounds.again(&key).await?,
        }
    }
}

/// Records an approval, brings the session up to date, or both.
pub(crate) async fn update(
    gateway: &Gateway,
    caller: &Caller,
    order_id: &str,
    draft: &Draft,
) -> Result<(), GatewayError> {
    let change = asked(draft)?;
    let mut rounds = Rounds::new();
    let mut shown: Option<Shown> = None;
    loop {
        let loaded = order::load(gateway, &caller.scope(), order_id).await?;
        let mut set = gateway.change_set(&caller.realm);
        let mut payment = match &loaded.aggregate.payment_source {
            Some(PaymentSource::Klarna(payment)) => payment.clone(),
            _ => return Err(CommerceError::PaymentSourceMissing.into()),
        };
        let known = payment.auth_token.clone();
        if change != SourceUpdate::default() {
            let decision = klarna_payment::update(
                &loaded.aggregate,
                &loaded.parties,
                &loaded.catalogue,
                &change,
                loaded.now,
            )?;
            payment = decision.payment;
            if let Some(request) = &decision.request {
                payment = resync(gateway, caller, order_id, payment, request, &mut set).await?;
            }
            if let Some(token) = &decision.cancel_approval {
                let via = payment.payment_gateway_id.clone().unwrap_or_default();
                approvals::give_back(gateway, &mut set, order_id, &via, token)?;
            }
            if let Some(token) = &payment.auth_token {
                let own = if known.as_ref() == Some(token) {
                    Shown::This
                } else if let Some(shown) = shown {
                    shown
                } else {
                    *shown.insert(look(gateway, caller, &payment, token).await?)
                };
                let claim = ClaimKey::new(APPROVAL_CLAIM, token.expose_secret());
                claim_approval(gateway, caller, order_id, own, claim, &mut set).await?;
            }
        }
        ensure_not_placing(&loaded)?;
        plain_attributes(&mut payment.extra, draft);
        let mut after = loaded.aggregate.clone();
        after.set_payment_source(PaymentSource::Klarna(payment));
        loaded.write(&after, gateway.now_us(&set.realm), &mut set);
        match gateway.commit(set).await? {
            Outcome::Done => return Ok(()),
            Outcome::Conflict(key) => rounds.again(&key).await?,
            Outcome::Refused(refusal) => return Err(taken(&refusal)),
        }
    }
}

/// What the source's session says about a token that a browser sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    /// It is the session's approval.
    This,
    /// The session was approved with another one.
    Another,
    /// No approval is shown, or the session cannot be read: placing will tell.
    Nothing,
}

async fn look(
    gateway: &Gateway,
    caller: &Caller,
    payment: &KlarnaPayment,
    token: &AuthorizationToken,
) -> Result<Shown, GatewayError> {
    let Some(session_id) = &payment.session_id else {
        return Ok(Shown::Nothing);
    };
    let read = PreparedRequest::read_session(session_id);
    let (answer, _) = call(gateway, caller, payment, &read).await?;
    let session = answer.and_then(|answer| reply::decode_session(&answer));
    Ok(
        match session.ok().and_then(|session| session.authorization_token) {
            Some(shown) if shown == *token => Shown::This,
            Some(_) => Shown::Another,
            None => Shown::Nothing,
        },
    )
}

/// Claims a token for the order once its session shows it. One that is not shown may be another order's approval on
/// its way: it is recorded, and only placing claims it, so that nobody is locked out of a token of their own.
async fn claim_approval(
    gateway: &Gateway,
    caller: &Caller,
    order_id: &str,
    shown: Shown,
    claim: ClaimKey,
    set: &mut ChangeSet,
) -> Result<(), GatewayError> {
    match shown {
        Shown::This => set.claims.push((claim, order_id.to_owned())),
        Shown::Another => {
            let message = "is not the approval of this session";
            let violation = Violation::attribute("auth_token", "invalid", message);
            return Err(GatewayError::violation(violation));
        }
        Shown::Nothing => {
            let mut snapshot = gateway.snapshot(&caller.scope()).await?;
            let owner = snapshot.claim(&claim).await?;
            if owner.is_some_and(|owner| owner != order_id) {
                return Err(token_taken());
            }
        }
    }
    Ok(())
}

/// Sends the fresh data and reads back what may have changed with it.
async fn resync(
    gateway: &Gateway,
    caller: &Caller,
    order_id: &str,
    payment: KlarnaPayment,
    request: &PreparedRequest,
    set: &mut ChangeSet,
) -> Result<KlarnaPayment, GatewayError> {
    let (answer, calls) = call(gateway, caller, &payment, request).await?;
    let updated = answer.and_then(|answer| reply::decode_session_updated(&answer));
    tell(gateway, caller, order_id, request, &updated, calls, set).await?;
    updated.map_err(|error| refusal::refused(&error))?;
    let session_id = payment.session_id.clone().unwrap_or_default();
    let read = PreparedRequest::read_session(&session_id);
    let (answer, _) = call(gateway, caller, &payment, &read).await?;
    match answer.and_then(|answer| reply::decode_session(&answer)) {
        Ok(session) => Ok(klarna_payment::session_read(payment, &session)),
        // The update went through; categories that cannot be read again stay as they were.
        Err(error) => {
            tracing::warn!(%error, "a session cannot be read after its update");
            Ok(payment)
        }
    }
}

/// Nobody writes an order while it is being placed, not even its caller's own data.
pub(super) fn ensure_not_placing(loaded: &LoadedOrder) -> Result<(), GatewayError> {
    if loaded.aggregate.order.status == OrderStatus::Placing {
        return Err(CommerceError::OrderBeingPlaced.into());
    }
    Ok(())
}

fn asked(draft: &Draft) -> Result<SourceUpdate, GatewayError> {
    let auth_token = match draft.attributes.get("auth_token") {
        None => None,
        Some(Value::Null) => Some(String::new()),
        Some(Value::String(token)) if token.chars().count() <= TOKEN_CHARACTERS => {
            Some(token.clone())
        }
        Some(other) => {
            let violation =
                Violation::attribute("auth_token", "invalid", "is not a token of klarna's");
            return Err(GatewayError::violation(
                violation.with_value(shortened(other)),
            ));
        }
    };
    let update = draft.triggers.get("_update").and_then(Value::as_bool) == Some(true);
    Ok(SourceUpdate { auth_token, update })
}

fn shortened(value: &Value) -> Value {
    value
        .to_string()
        .chars()
        .take(40)
        .collect::<String>()
        .into()
}

/// `reference`, `reference_origin` and `metadata`: the caller's own data.
pub(super) fn plain_attributes(extra: &mut serde_json::Map<String, Value>, draft: &Draft) {
    for name in ["reference", "reference_origin", "metadata"] {
        if let Some(value) = draft.attributes.get(name) {
            extra.insert(name.to_owned(), value.clone());
        }
    }
}

async fn call(
    gateway: &Gateway,
    caller: &Caller,
    payment: &KlarnaPayment,
    request: &PreparedRequest,
) -> Result<(Result<kassa_klarna_api::KlarnaReply, KlarnaError>, Value), GatewayError> {
    let id = payment.payment_gateway_id.as_deref().unwrap_or_default();
    let endpoint = {
        let scope = kassa_storage::Scope::realm(caller.realm.clone());
        let mut snapshot = gateway.snapshot(&scope).await?;
        credentials::endpoint(gateway, &caller.realm, snapshot.as_mut(), id).await?
    };
    let mut exchange = Exchange::new(gateway, endpoint);
    let answer = exchange.send(request).await;
    Ok((answer, exchange.story(None)))
}

/// Adds the call to the order's story: with the change it led to, or on its own when it led to none.
async fn tell<T>(
    gateway: &Gateway,
    caller: &Caller,
    order_id: &str,
    request: &PreparedRequest,
    result: &Result<T, KlarnaError>,
    calls: Value,
    set: &mut ChangeSet,
) -> Result<(), GatewayError> {
    let now_us = gateway.now_us(&caller.realm);
    let mut outcome = json!({ "calls": calls });
    if let Err(error) = result {
        outcome["error"] = error.to_string().into();
    }
    let operation = Operation {
        id: gateway.new_ordered_id(),
        order_id: order_id.to_owned(),
        kind: request.operation.as_str().to_owned(),
        status: match result {
            Ok(_) => OperationStatus::Succeeded,
            Err(_) => OperationStatus::Failed,
        },
        // Never sent again, so neither token nor personal data needs to be kept.
        request: json!({ "method": request.method, "path": request.redacted_path() }),
        context: Value::Null,
        outcome: Some(outcome),
        attempts: 1,
        created_at: now_us,
        updated_at: now_us,
    };
    if result.is_ok() {
        set.operations.push(operation);
        return Ok(());
    }
    let mut alone = gateway.change_set(&caller.realm);
    alone.operations.push(operation);
    gateway.commit_once(alone).await
}

/// What became of a save.
pub(super) enum Saved {
    Yes,
    /// Somebody else wrote this meanwhile.
    Again(kassa_storage::Key),
}

/// Writes the order with its new source and gives back an approval of the old one.
pub(super) async fn save(
    gateway: &Gateway,
    loaded: &LoadedOrder,
    after: &OrderAggregate,
    mut set: ChangeSet,
) -> Result<Saved, GatewayError> {
    approvals::give_back_unused(gateway, &mut set, &loaded.aggregate, Some(after))?;
    loaded.write(after, gateway.now_us(&set.realm), &mut set);
    match gateway.commit(set).await? {
        Outcome::Done => Ok(Saved::Yes),
        Outcome::Conflict(key) => Ok(Saved::Again(key)),
        Outcome::Refused(refusal) => Err(taken(&refusal)),
    }
}

fn taken(refusal: &Refusal) -> GatewayError {
    match refusal {
        Refusal::Taken { claim, .. } if claim.kind == APPROVAL_CLAIM => token_taken(),
        other => crate::gateway::refused(other),
    }
}

fn token_taken() -> GatewayError {
    let message = "belongs to another order";
    GatewayError::violation(Violation::attribute("auth_token", "taken", message))
}
