//! Placing an order: the intent is stored, Klarna is asked, the answer is folded in.
//!
//! Invariant: one Klarna order per approval. Between the two change sets the order is `placing` and nobody else
//! writes it; a second `_place` waits for the first and returns its outcome; whoever stops half-way is replaced by
//! somebody who waits, or by the finisher.

use jiff::SignedDuration;
use kassa_commerce::body::Entity;
use kassa_commerce::cart::CartContext;
use kassa_commerce::customer::Customer;
use kassa_commerce::error::CommerceError;
use kassa_commerce::klarna_payment::KlarnaPayment;
use kassa_commerce::payment_source::PaymentSource;
use kassa_commerce::place::{self, FinishContext, PlaceAnswer, PlaceInput, Placed, Placing};
use kassa_commerce::reservation::Reservation;
use kassa_commerce::transaction::Refusal;
use kassa_klarna_api::MerchantUrls;
use kassa_storage::{
    ChangeSet, ClaimKey, CounterChange, Guard, Operation, OperationStatus, Put, QueueChange, Realm,
    Record, Refusal as Refused, Scope,
};
use serde_json::{Value, json};

use super::drive::{self, PATIENCE};
use super::operation::{self, Context, Intent, PlaceIntent};
use super::settle::{self, Folded, Folding};
use super::verdict::{Answer, Verdict};
use super::{
    approvals, callback, callback_urls, capture, carry_out, customer_token, deadline, ledger,
};
use crate::caller::Caller;
use crate::error::{GatewayError, Violation};
use crate::gateway::{Gateway, Outcome, Rounds};
use crate::shop::order::{self, LoadedOrder};

/// Places the order; a placed one is left as it is.
///
/// # Errors
/// 422 when a condition does not hold, when Klarna refuses, and on `status` with `pending` when the outcome is not
/// known in time: the finisher decides then.
pub async fn place(gateway: &Gateway, caller: &Caller, order_id: &str) -> Result<(), GatewayError> {
    run(gateway, &caller.scope(), order_id).await
}

/// The same for an approval that came without the browser.
pub(crate) async fn place_unattended(
    gateway: &Gateway,
    realm: &Realm,
    order_id: &str,
) -> Result<(), GatewayError> {
    run(gateway, &Scope::realm(realm.clone()), order_id).await
}

async fn run(gateway: &Gateway, scope: &Scope, order_id: &str) -> Result<(), GatewayError> {
    let realm = &scope.realm;
    let deadline = gateway.machine().now() + PATIENCE;
    let mut rounds = Rounds::new();
    loop {
        let loaded = order::load(gateway, scope, order_id).await?;
        let operation_id = gateway.new_ordered_id();
        let input = input(gateway, realm, &loaded, &operation_id)?;
        let context = CartContext {
            parties: &loaded.parties,
            catalogue: &loaded.catalogue,
            now: loaded.now,
        };
        let mut new_id = || gateway.new_id();
        let intent = match place::begin(loaded.aggregate.clone(), input, &context, &mut new_id)? {
            Placing::AlreadyPlaced(_) => return Ok(()),
            Placing::InProgress { operation_id } => {
                let Some(operation_id) = operation_id else {
                    return Err(pending());
                };
                let ended = drive::await_end(gateway, realm, &operation_id, deadline).await?;
                return answer(&ended);
            }
            Placing::Begin(intent) => *intent,
        };
        match start(gateway, realm, &loaded, intent, &operation_id, deadline).await? {
            Started::Ended(operation) => return answer(&operation),
            Started::NothingToAsk => return Ok(()),
            Started::Again(Some(key)) => rounds.again(&key).await?,
            Started::Again(None) => {}
        }
    }
}

/// How a placing went on after its intent.
enum Started {
    /// Klarna was asked.
    Ended(Operation),
    /// Nothing had to be asked: placed.
    NothingToAsk,
    /// Decide again: this root changed, or the order number was taken.
    Again(Option<kassa_storage::Key>),
}

/// Change set 1, the call, change set 2.
async fn start(
    gateway: &Gateway,
    realm: &Realm,
    loaded: &LoadedOrder,
    intent: place::PlaceIntent,
    operation_id: &str,
    deadline: jiff::Timestamp,
) -> Result<Started, GatewayError> {
    let order_id = intent.aggregate.order.id.as_str().to_owned();
    let mut set = gateway.change_set(realm);
    set.checks = loaded.checks();
    set.claims = intent
        .claims
        .iter()
        .map(|claim| {
            (
                ClaimKey::new(claim.kind, claim.value.clone()),
                order_id.clone(),
            )
        })
        .collect();
    set.counters = intent.reservations.iter().map(counter).collect();
    set.queues.push(QueueChange::Cancel {
        id: callback::auto_place_id(&order_id),
    });
    let via = klarna_gateway(loaded);
    if let Some(token) = &intent.cancel_approval {
        approvals::give_back(gateway, &mut set, &order_id, &via, token)?;
    }
    let amount = intent
        .ledger
        .as_ref()
        .map_or(0, |entry| entry.amount.minor());
    let Some(request) = &intent.request else {
        let committed = place_at_once(gateway, realm, loaded, &intent, operation_id, set).await?;
        return Ok(committed.map_or(Started::NothingToAsk, Started::Again));
    };
    if let Some(entry) = &intent.ledger {
        set.ledger
            .push(ledger::reserve(gateway, operation_id, &order_id, entry));
    }
    let context = Context {
        klarna_gateway_id: via,
        klarna_order_id: None,
        hinted_order_id: None,
        intent: Intent::Place(PlaceIntent {
            amount,
            token_request: intent.token_request.clone(),
        }),
    };
    let now_us = gateway.now_us();
    let operation = operation::begin(
        operation_id.to_owned(),
        &order_id,
        request,
        &context,
        now_us,
    )?;
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
        Some(driver) => drive::drive(gateway, realm, driver, true, left).await?,
        None => drive::await_end(gateway, realm, operation_id, deadline).await?,
    };
    if operation.status == OperationStatus::Succeeded {
        follow_up(gateway, realm, &operation, deadline).await;
    }
    Ok(Started::Ended(operation))
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
        if let Err(error) = drive::drive(gateway, realm, driver, true, left).await {
            tracing::warn!(%error, "the customer token is left to the finisher");
        }
    }
    if fact("capture_now").is_some() {
        let order_id = &operation.order_id;
        if let Err(error) = capture::capture_at_once(gateway, realm, order_id).await {
            tracing::warn!(%error, "the automatic capture is left to its timer");
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
) -> Result<Option<Option<kassa_storage::Key>>, GatewayError> {
    let customer = match &loaded.aggregate.order.customer_id {
        Some(id) => {
            let mut snapshot = gateway.snapshot(&Scope::realm(realm.clone())).await?;
            snapshot
                .record(&kassa_storage::Key::new("customers", id.as_str()))
                .await?
        }
        None => None,
    };
    let mut new_id = || gateway.new_id();
    let placed = place::finish(
        intent.aggregate.clone(),
        PlaceAnswer::NothingAsked,
        finish_context(loaded),
        loaded.now,
        &mut new_id,
    )?;
    if let Some(entry) = &intent.ledger {
        let order_id = intent.aggregate.order.id.as_str();
        set.ledger
            .push(ledger::fact(gateway, operation_id, order_id, entry));
    }
    write_consequences(gateway, &mut set, customer.as_ref(), &placed);
    loaded.write(&placed.aggregate, gateway.now_us(), &mut set);
    committed(gateway, loaded, intent, set).await
}

/// Commits an intent. `None` is done, `Some` means to decide again.
async fn committed(
    gateway: &Gateway,
    loaded: &LoadedOrder,
    intent: &place::PlaceIntent,
    set: ChangeSet,
) -> Result<Option<Option<kassa_storage::Key>>, GatewayError> {
    match gateway.commit(set).await? {
        Outcome::Done => Ok(None),
        Outcome::Conflict(key) => Ok(Some(Some(key))),
        Outcome::Refused(Refused::Taken { claim, .. })
            if claim.kind == place::CLAIM_ORDER_NUMBER
                && loaded.aggregate.order.number.is_none() =>
        {
            Ok(Some(None))
        }
        Outcome::Refused(refusal) => Err(refused(loaded, intent, &refusal)),
    }
}

/// Folds Klarna's answer in.
pub(crate) fn fold(folding: &mut Folding<'_>, verdict: &Verdict) -> Result<Folded, GatewayError> {
    let gateway = folding.gateway;
    let answer = match verdict {
        Verdict::Happened(Answer::Placed(response)) => PlaceAnswer::Klarna(response.clone()),
        Verdict::DidNot(error) => PlaceAnswer::Refused(Refusal::of(error).unwrap_or_default()),
        other => {
            return Err(GatewayError::Internal(format!(
                "placing ended with {other:?}"
            )));
        }
    };
    let klarna_order_id = match &answer {
        PlaceAnswer::Klarna(response) => Some(response.order_id.clone()),
        _ => None,
    };
    let mut new_id = || gateway.new_id();
    let placed = place::finish(
        folding.loaded.aggregate.clone(),
        answer,
        finish_context(folding.loaded),
        folding.loaded.now,
        &mut new_id,
    )?;
    write_consequences(gateway, folding.set, folding.customer, &placed);
    let mut facts = json!({ "klarna_order_id": klarna_order_id });
    let amount = place_intent(folding.context).map_or(0, |intent| intent.amount);
    let operation_id = folding.operation.id.clone();
    if let Some(refusal) = &placed.refusal {
        folding
            .set
            .ledger
            .extend((amount != 0).then(|| ledger::void(&operation_id)));
        facts["not_placed"] = refusal.to_string().into();
    } else {
        folding
            .set
            .ledger
            .extend((amount != 0).then(|| ledger::post(&operation_id)));
        follow(folding, &placed, klarna_order_id.as_deref(), &mut facts)?;
    }
    if let Some(rejected) = &placed.cancel_klarna_order {
        cancel_rejected(folding, rejected)?;
    }
    Ok(Folded {
        after: placed.aggregate,
        facts,
    })
}

/// What a placed order leaves to be done: customer token, automatic capture, the end of the authorization.
fn follow(
    folding: &mut Folding<'_>,
    placed: &Placed,
    klarna_order_id: Option<&str>,
    facts: &mut Value,
) -> Result<(), GatewayError> {
    let gateway = folding.gateway;
    let order_id = placed.aggregate.order.id.as_str();
    let token_request =
        place_intent(folding.context).and_then(|intent| intent.token_request.clone());
    if let (Some(request), Some(klarna_order_id)) = (token_request, klarna_order_id) {
        let id = customer_token::intend(folding, &request, klarna_order_id)?;
        facts["customer_token_operation"] = id.into();
    }
    if let Some(amount) = placed.capture_now {
        folding
            .set
            .queues
            .push(capture::auto_capture_timer(gateway, order_id));
        facts["capture_now"] = amount.minor().to_string().into();
    }
    let end = placed
        .aggregate
        .authorization()
        .and_then(|row| row.expires_at);
    if let Some(end) = end {
        folding.set.queues.push(deadline::timer(order_id, end));
    }
    Ok(())
}

fn cancel_rejected(folding: &mut Folding<'_>, klarna_order_id: &str) -> Result<(), GatewayError> {
    let gateway = folding.gateway;
    let id = gateway.new_ordered_id();
    let request = kassa_klarna_api::PreparedRequest::cancel_order(klarna_order_id, &id);
    let context = Context {
        klarna_gateway_id: folding.context.klarna_gateway_id.clone(),
        klarna_order_id: Some(klarna_order_id.to_owned()),
        hinted_order_id: None,
        intent: Intent::CancelRejected,
    };
    let order_id = folding.loaded.aggregate.order.id.as_str();
    let operation = operation::begin(id, order_id, &request, &context, gateway.now_us())?;
    folding.set.queues.push(operation::finisher(&operation));
    folding.set.operations.push(operation);
    Ok(())
}

/// Events, the customer's new status, and what goes back into the shared counters.
fn write_consequences(
    gateway: &Gateway,
    set: &mut ChangeSet,
    customer: Option<&Record>,
    placed: &Placed,
) {
    settle::tell(gateway, set, &placed.events);
    set.counters.extend(placed.give_back.iter().map(counter));
    if let (Some(before), Some(after)) = (customer, &placed.customer) {
        set.puts.push(Put {
            guard: Guard::At(before.version),
            record: Record {
                body: Customer::to_body(after),
                updated_at: gateway.now_us(),
                ..before.clone()
            },
        });
    }
}

fn finish_context(loaded: &LoadedOrder) -> FinishContext<'_> {
    let method = loaded.aggregate.order.payment_method_id.as_ref();
    FinishContext {
        customer: loaded.parties.customer.as_ref(),
        payment_method: method.and_then(|id| loaded.catalogue.payment_method(id)),
    }
}

fn place_intent(context: &Context) -> Option<&PlaceIntent> {
    match &context.intent {
        Intent::Place(intent) => Some(intent),
        _ => None,
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

pub(crate) fn counter(reservation: &Reservation) -> CounterChange {
    CounterChange {
        name: reservation.counter.clone(),
        delta: reservation.delta,
        min: reservation.min,
        max: reservation.max,
    }
}

/// What a refused intent means to the shopper.
fn refused(loaded: &LoadedOrder, intent: &place::PlaceIntent, refusal: &Refused) -> GatewayError {
    match refusal {
        Refused::Bound { counter, value } => {
            let item = counter.strip_prefix("stock:").and_then(|id| {
                loaded
                    .catalogue
                    .stock_items
                    .iter()
                    .find(|item| item.id.as_str() == id)
            });
            let Some(item) = item else {
                return crate::gateway::refused(refusal);
            };
            let wanted = intent
                .reservations
                .iter()
                .find(|own| own.counter == *counter);
            CommerceError::OutOfStock {
                sku_code: item.sku_code.clone(),
                requested: wanted.map_or(0, |own| own.delta.saturating_neg()),
                available: *value,
            }
            .into()
        }
        Refused::Taken { claim, .. } if claim.kind == place::CLAIM_AUTHORIZATION_TOKEN => {
            let message = "was used for another order";
            GatewayError::violation(Violation::attribute("auth_token", "taken", message))
        }
        other => crate::gateway::refused(other),
    }
}

/// What an ended (or not yet ended) placing tells whoever asked for it.
fn answer(operation: &Operation) -> Result<(), GatewayError> {
    match operation.status {
        OperationStatus::Succeeded => match fact(operation, "not_placed") {
            None => Ok(()),
            Some(reason) => Err(CommerceError::PaymentRefused {
                code: "REJECTED".to_owned(),
                message: reason,
            }
            .into()),
        },
        OperationStatus::Failed => Err(refusal_of(operation)),
        OperationStatus::Pending | OperationStatus::NeedsPerson => Err(pending()),
    }
}

fn refusal_of(operation: &Operation) -> GatewayError {
    let outcome = operation.outcome.as_ref();
    let code = outcome
        .and_then(|outcome| outcome["refusal"]["code"].as_str())
        .unwrap_or_default();
    if code == "NOT_FOUND" || code == "SESSION_COMPLETED" {
        // The word on which front ends drop the source and start again.
        return CommerceError::ApprovalExpired.into();
    }
    carry_out::refusal_of(operation)
}

fn fact(operation: &Operation, name: &str) -> Option<String> {
    let outcome = operation.outcome.as_ref()?;
    outcome.get(name).and_then(Value::as_str).map(str::to_owned)
}

fn pending() -> GatewayError {
    CommerceError::OrderBeingPlaced.into()
}

fn left(gateway: &Gateway, deadline: jiff::Timestamp) -> std::time::Duration {
    let left: SignedDuration = deadline.duration_since(gateway.machine().now());
    std::time::Duration::try_from(left).unwrap_or_default()
}
